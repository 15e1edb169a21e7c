# %% [markdown]
# # Do embeddings predict better than hand-made features?
#
# Two representations of the same clips, on the same splits, before the same predictor. Both are made up here: yours
# come as columns of one table, or by `raymer add C FILE --name NAME`.

# %%
from dataclasses import replace

import numpy as np
import pandas as pd

import raymer
from raymer.corpora.base import Corpus

rng = np.random.default_rng(1)
mood = rng.normal(size=150)
ids = [f"clip{k:03}" for k in range(150)]


def corpus_of(prefix: str, strength: float, width: int) -> Corpus:
    """Return a corpus whose features tell the mood with this strength."""
    values = rng.normal(size=(150, width)) + strength * mood[:, None] * rng.normal(size=width)
    frame = pd.DataFrame(values, columns=[f"{prefix}{k}" for k in range(width)]).assign(clip=ids, arousal=mood)
    return raymer.Corpus.from_frame(frame, id="clip", numbers="arousal", feature=f"{prefix}*")


embedded, opensmile = corpus_of("embedding", 0.5, 32), corpus_of("opensmile", 0.2, 20)
corpus = replace(embedded, inputs={})
for name, source in (("embeddings", embedded), ("opensmile", opensmile)):
    corpus = corpus.with_input(replace(source.input(), name=name))

# %% [markdown]
# Each is scaled inside the fold, on its train part.

# %%
systems = {"on embeddings": "ridge", "on openSMILE": "ridge"}
inputs = {"on embeddings": "embeddings", "on openSMILE": "opensmile"}
scores = raymer.cross_validate(corpus, systems, raymer.RepeatedKFold(5, repeats=2, seed=0), inputs=inputs)
print(scores)
print(raymer.compare(scores, "on embeddings", "on openSMILE"))
