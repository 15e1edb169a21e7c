"""Model folders: every file and every array of eleven kinds of models spoilt and sealed anew, and `raymer predict`."""

import json
import math
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

from beds.fuzz.case import Case
from beds.fuzz.spoil import json_text, spoil_bytes, spoil_json
from beds.fuzz.spoil_model import spoil_skops, spoil_tensors

SIZE = 2000
PLUGIN = '''
import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin


class Nearest(RegressorMixin, BaseEstimator):
    """The label of the nearest row of the train part."""

    def fit(self, X, y):
        self.rows_, self.labels_ = np.asarray(X), np.asarray(y)
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        return self.labels_[((X[:, None] - self.rows_) ** 2).sum(axis=2).argmin(axis=1)]
'''
NUMBERS = {
    "svr": "method: svr",
    "gbm": "method: gbm, predictor: {n_estimators: 8, min_child_samples: 3}",
    "gbm_sklearn": "method: gbm_sklearn, predictor: {n_estimators: 5}",
    "gp": "method: gp, predictor: {tuning_rows: 12}",
    "tnn": "method: tnn-svr, reducer: {width: 4, steps: 20}",
    "plugin": 'steps: [{use: scale}, {use: "mine:Nearest"}]',
}
CLASSES = {
    "svc": "method: svc",
    "gbm-classes": "method: gbm, predictor: {n_estimators: 4, min_child_samples: 3}",
    "gbm_sklearn-classes": "method: gbm_sklearn, predictor: {n_estimators: 3}",
    "knn": "method: knn",
}
FRAMES = {"gru": "method: fl, reducer: {hidden: [8, 4], excerpt: 10}"}
KINDS = (*NUMBERS, *CLASSES, *FRAMES)
CLIPS = ("clip03.wav", "clip17.wav")


def prepare(whole: Path) -> None:
    prepare_kinds(whole, KINDS)


def prepare_kinds(whole: Path, wanted: Sequence[str]) -> None:
    """Fit and save the models of the kinds that are wanted, each with what it says of CLIPS."""
    import model_corpus

    from raymer.components.plugins import bring_files
    from raymer.models.final import fit_final
    from raymer.models.loading import load_model

    (whole / "mine.py").write_text(PLUGIN)
    bring_files([whole / "mine.py"])
    folder = model_corpus.make_audio_corpus(whole)
    of_classes = {"targets": "mood", "metric": "accuracy"}
    for kinds, settings in (
        (NUMBERS, {"features": "logmel-summary"}),
        (CLASSES, {"features": "logmel-summary", **of_classes}),
        (FRAMES, {"features": "logmel"}),
    ):
        names = [name for name in kinds if name in wanted]
        if not names:
            continue
        systems = [f"system: {name}, {kinds[name]}" for name in names]
        study, corpus = model_corpus.study_of(folder, systems, **settings)
        for row, name in enumerate(names):
            fit_final(study, corpus, row).save(whole / name)
            rows = load_model(whole / name).predict([whole / "wav" / clip for clip in CLIPS]).records()
            (whole / f"{name}.said").write_text(json.dumps(rows))


def case(rng: random.Random, number: int, whole: Path) -> Case:
    kind = KINDS[number % len(KINDS)]
    own = random.Random(rng.random())
    files = [path.relative_to(whole / kind) for path in sorted((whole / kind).rglob("*")) if path.is_file()]
    data = [path for path in files if path.suffix in (".skops", ".safetensors")]
    file = own.choice([*files, *data, *data, *data])
    is_bytes = own.random() < 0.15

    def make(folder: Path) -> None:
        from raymer.learners.saved import MANIFEST, seal

        shutil.copytree(whole / kind, folder / "M")
        path = folder / "M" / file
        if is_bytes or path.suffix == ".md":
            path.write_bytes(spoil_bytes(path.read_bytes(), own)[1])
        elif path.suffix == ".json":
            path.write_text(json_text(spoil_json(json.loads(path.read_text()), own)[1]))
        else:
            (spoil_skops if path.suffix == ".skops" else spoil_tensors)(path, own)
        if path.name != MANIFEST:
            (folder / "M" / MANIFEST).unlink()
            seal(folder / "M")

    def is_right(folder: Path, said: str) -> bool:
        return _same(json.loads(said), json.loads((whole / f"{kind}.said").read_text()))

    plugin = ("--plugin", str(whole / "mine.py")) if kind == "plugin" else ()
    clips = [str(whole / "wav" / clip) for clip in CLIPS]
    words = ("predict", "M", *clips, "--serial", "--json", *plugin)
    return Case(f"{kind}: {file.name}, {'bytes' if is_bytes else 'its content'}", make, words, is_right=is_right)


def _same(rows: list[dict], expected: list[dict]) -> bool:
    """Say whether predictions are those of the model that was saved; clips are called by their paths."""
    if len(rows) != len(expected) or any(set(a) != set(b) for a, b in zip(rows, expected, strict=True)):
        return False
    pairs = [(a[key], b[key]) for a, b in zip(rows, expected, strict=True) for key in a if key != "clip"]
    return all(math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-7) if isinstance(a, float) else a == b for a, b in pairs)
