"""An installed package brings components by its entry points: they are listed, and they work."""

import importlib
import json
import sys

import pytest

from raymer.components.catalogue import Catalogue
from raymer.corpora.folder import load_corpus
from raymer.protocols import scoring

MODULE = '''
import numpy as np
from pathlib import Path
from sklearn.base import BaseEstimator, TransformerMixin
from raymer.corpora.base import Corpus, Input, Target
from raymer.corpora.info import CorpusInfo
from raymer.features.audio import read_audio
from raymer.features.extractor import TableExtractor
import pandas as pd


class Halves(TransformerMixin, BaseEstimator):
    """Every second feature."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X[:, ::2]


class WorstError:
    """The greatest absolute error."""

    kind = "number"
    higher_is_better = False

    def score(self, true, predicted):
        return float(np.abs(true - predicted).max())


class Loudness(TableExtractor):
    """The root mean square of a clip."""

    columns = ("rms", "peak")

    def extract(self, path):
        samples = read_audio(path, 22050)
        return np.array([[np.sqrt(np.mean(samples**2)), np.abs(samples).max()]], dtype=np.float32)


class Tiny:
    """Twelve clips that a file counts."""

    INFO = CorpusInfo(
        name="tiny", title="Tiny", where="here", licence="none", layout="a file", faults=(), options=()
    )

    @staticmethod
    def read(src, options):
        ids = [f"c{k}" for k in range(int(Path(src).read_text()))]
        rng = np.random.default_rng(0)
        clips = pd.DataFrame({"clip_id": ids, "group": ids, "joy": rng.normal(size=len(ids))})
        item = Input("features", np.array(ids), rng.normal(size=(len(ids), 4)), ("a", "b", "c", "d"))
        return Corpus("tiny", clips, (Target("joy"),), {"features": item})
'''

ENTRIES = """[raymer.reducers]
halves = guest_package:Halves
[raymer.metrics]
worst_error = guest_package:WorstError
[raymer.extractors]
loudness = guest_package:Loudness
[raymer.corpora]
tiny = guest_package:Tiny
"""


@pytest.fixture
def guest_package(tmp_path, monkeypatch):
    """A package on the path, with its entry points; catalogues forget it afterwards."""
    root = tmp_path / "site"
    facts = root / "guest_package-1.2.dist-info"
    facts.mkdir(parents=True)
    (root / "guest_package.py").write_text(MODULE)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: guest-package\nVersion: 1.2\n")
    (facts / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(str(root))
    importlib.invalidate_caches()
    _forget()
    yield
    monkeypatch.undo()
    sys.modules.pop("guest_package", None)
    _forget()


def _forget():
    from raymer.api.catalogues import CATALOGUES

    for catalogue in CATALOGUES.values():
        vars(catalogue).pop("_entry_points", None)
        catalogue._found.clear()
    scoring._FOREIGN.clear()
    assert all(isinstance(catalogue, Catalogue) for catalogue in CATALOGUES.values())


def test_all_four_are_listed(guest_package, cli):
    found = {one["name"]: one for one in json.loads(cli("components", "--json").stdout)}
    for name, role in (("halves", "reducer"), ("worst_error", "metric"), ("loudness", "extractor"), ("tiny", "corpus")):
        assert (found[name]["role"], found[name]["origin"]) == (role, "guest-package 1.2")
    assert found["halves"]["what"] == "Every second feature."


def test_a_class_without_an_entry_point_is_not_used(guest_package, cli, tmp_path, corpus_folder):
    text = "name: e\ntitle: e\ncorpus: synthetic\ntargets: [valence]\nprotocols: {f: {folds: 3}}\nsystems:\n"
    (tmp_path / "e.yaml").write_text(text + '  - {system: S, steps: [{use: "guest_package:Halves"}, svr]}\n')
    result = cli("run", tmp_path / "e.yaml", "-c", corpus_folder, "-s", tmp_path / "S", "--serial")
    assert result.exit_code == 2
    assert "needs an entry point" in result.stderr


def test_reducer_metric_and_corpus_work_together(guest_package, cli, tmp_path):
    (tmp_path / "count.txt").write_text("12")
    made = cli("import", "tiny", tmp_path / "count.txt", "-o", tmp_path / "C")
    assert made.exit_code == 0, made.stderr
    text = (
        "name: e\ntitle: e\ncorpus: tiny\ntargets: [joy]\nmetric: worst_error\nprotocols: {f: {folds: 3}}\nsystems:\n"
    )
    (tmp_path / "e.yaml").write_text(
        text + "  - {system: Halves, method: halves-svr}\n  - {system: SVR, method: svr}\n"
    )
    ran = cli("run", tmp_path / "e.yaml", "-c", tmp_path / "C", "-s", tmp_path / "S", "--serial", "--json")
    assert ran.exit_code == 0, ran.stderr
    rows = json.loads(ran.stdout)
    assert [(row["method"], row["metric"]) for row in rows] == [("halves-svr", "worst_error"), ("svr", "worst_error")]
    assert all(row["mean"] > 0 for row in rows)


def test_the_extractor_makes_an_input(guest_package, cli, tmp_path):
    from raymer.corpora.synthetic_audio import LABELS, write_audio

    write_audio(tmp_path / "A", 20, seed=0)
    words = ["--labels", tmp_path / "A" / LABELS, "--target", "valence", "--target", "arousal", "--group", "artist"]
    assert cli("import", "audio_folder", tmp_path / "A", "-o", tmp_path / "C", *words).exit_code == 0
    made = cli("features", tmp_path / "C", "--use", "loudness", "--serial", "--json")
    assert made.exit_code == 0, made.stderr
    assert json.loads(made.stdout)["input"] == "loudness"
    item = load_corpus(tmp_path / "C").input("loudness")
    assert item.columns == ("rms", "peak")
    assert item.values.shape == (20, 2)
    assert (item.values > 0).all()
    refused = cli("features", tmp_path / "C", "--use", "loudnes", "--serial")
    assert refused.exit_code == 2
    assert "did you mean 'loudness'" in refused.stderr
