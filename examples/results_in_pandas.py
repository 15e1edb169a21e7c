# %% [markdown]
# # Reading results in pandas
#
# A store holds a Parquet file a fit, which needs nothing of raymer's to be read; `to_frame` has a row a system and
# target.

# %%
from pathlib import Path

import pandas as pd

import raymer

EXPERIMENT = """
name: reading
title: Reading results
corpus: synthetic
targets: [valence, arousal]
protocols: {folds: {kind: kfold, folds: 5, shuffle: true}}
systems:
  - {system: SVR, method: svr}
  - {system: PCA-SVR, method: pca-svr, reducer: {width: 5}}
"""
Path("reading.yaml").write_text(EXPERIMENT)
study = raymer.open_study("reading.yaml", raymer.make_synthetic(100, 20, seed=0), "S")
ran = study.run()
print(ran)

# %%
table = ran.to_frame()
print(table[["system", "target", "metric", "mean", "sd", "folds"]])

# %% [markdown]
# The predictions themselves: true and predicted value of every test clip.

# %%
fits = sorted(Path("S").glob("fits/*/*.parquet"))
predictions = pd.concat([pd.read_parquet(path).assign(fit=path.stem) for path in fits], ignore_index=True)
print(predictions.assign(error=lambda rows: (rows["predicted"] - rows["true"]).abs()).nlargest(5, "error"))
