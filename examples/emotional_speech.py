# %% [markdown]
# # Classes, and groups that must not be divided: emotional speech
#
# raymer is not for music alone. Here ten speakers say sentences in four emotions; a model that knows a speaker's voice
# from the train part seems better than it is. So folds are made by speaker, and beside them without, to see what that
# is worth. Features are made up; a folder of audio comes by `raymer import audio_folder`.

# %%
import numpy as np
import pandas as pd

import raymer

rng = np.random.default_rng(2)
emotions, speakers = ["anger", "joy", "neutral", "sadness"], [f"speaker{k}" for k in range(10)]
voice = {speaker: rng.normal(scale=2.0, size=16) for speaker in speakers}
habit = {(speaker, emotion): rng.normal(size=16) for speaker in speakers for emotion in emotions}
tone = {emotion: rng.normal(scale=0.6, size=16) for emotion in emotions}
rows = [
    {"sentence": f"{speaker}-{emotion}-{k}", "speaker": speaker, "emotion": emotion}
    | {f"f{j}": value for j, value in enumerate(voice[speaker] + habit[speaker, emotion] + tone[emotion] + noise)}
    for speaker in speakers
    for emotion in emotions
    for k, noise in enumerate(rng.normal(scale=0.5, size=(5, 16)))
]
corpus = raymer.Corpus.from_frame(
    pd.DataFrame(rows), id="sentence", group="speaker", classes="emotion", feature="f*", name="speech"
)

# %%
systems = {"svc": "svc", "lda": raymer.preset("lda-svc", {"width": 3}), "most frequent": "no_information"}
for title, protocol in (
    ("speakers on both sides", raymer.KFold(5, shuffle=True, seed=0)),
    ("by speaker", raymer.GroupKFold(5, seed=0)),
):
    scores = raymer.cross_validate(corpus, systems, protocol, metric="balanced_accuracy")
    print(title, scores, sep="\n")
