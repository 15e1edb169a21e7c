# %% [markdown]
# # From a CSV of your own to a verdict
#
# A table with a row a clip: an id, who made it, what it was rated, and its features. Here it is made up, so that the
# page runs anywhere; put your own in its place.

# %%
import numpy as np
import pandas as pd

import raymer

rng = np.random.default_rng(0)
features = pd.DataFrame(rng.normal(size=(120, 12)), columns=[f"mfcc_{k}" for k in range(12)])
table = features.assign(
    song=[f"song{k}" for k in range(120)],
    artist=[f"artist{k // 4}" for k in range(120)],
    valence=features["mfcc_0"] + 0.5 * features["mfcc_1"] ** 2 + rng.normal(scale=0.5, size=120),
)
table.to_csv("mine.csv", index=False)

# %% [markdown]
# Every column gets a role; what is doubtful is asked for, and never guessed.

# %%
corpus = raymer.Corpus.from_frame(
    pd.read_csv("mine.csv"), id="song", group="artist", numbers="valence", feature="mfcc_*", name="mine"
)
print(raymer.audit(corpus))

# %% [markdown]
# Folds divide no artist. Scalers and reducers are made new in each and see train rows only.

# %%
systems = {
    "svr": "svr",
    "pca": raymer.preset("pca-svr", {"width": 4}),
    "triplet net": raymer.preset("tnn-svr", {"width": 4, "steps": 100}),
}
scores = raymer.cross_validate(corpus, systems, raymer.GroupKFold(5, seed=0))
print(scores)

# %% [markdown]
# What may be claimed: the corrected test allows for train parts that overlap, and p is Holm's over all pairs.

# %%
print(raymer.compare_all(scores))
