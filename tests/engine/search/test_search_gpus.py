"""Shares of a GPU for trials, on a Ray that is only told of a GPU: each asks for its share, and for no more."""

import functools
import json

import pytest
import ray

from raymer.engine.machine import Machine
from raymer.engine.search.nested import run_nested
from raymer.engine.search.run import executor, run_search
from raymer.errors import RaymerError, UsageError
from raymer.experiments.loading import parse_experiment
from raymer.learners.system import System
from raymer.results.store import ResultStore
from raymer.studies.search.plan import plan_search

pytestmark = pytest.mark.slow

REDUCER = '''
import json
import os
from pathlib import Path

from sklearn.base import BaseEstimator, TransformerMixin


class Telling(TransformerMixin, BaseEstimator):
    """Writes down what Ray has given to the process that it is fitted in."""

    def __init__(self, width=2):
        self.width = width

    def fit(self, X, y):
        import ray

        told = ray.get_runtime_context().get_assigned_resources() if ray.is_initialized() else {}
        told["pid"] = os.getpid()
        (Path(WHERE) / f"{os.getpid()}-{os.urandom(4).hex()}.json").write_text(json.dumps(told))
        return self

    def transform(self, X):
        return X[:, : self.width]
'''
EXPERIMENT = """
name: shares
title: shares
corpus: synthetic
targets: [valence]
protocols: {folds: {folds: 3}}
systems: [{system: Telling, steps: [{use: "telling_classes:Telling"}, ridge]}]
search:
  system: Telling
  trials: 2
  space: {predictor: {alpha: [0.1, 10.0]}}
"""


@pytest.fixture
def planned(tmp_path, corpus):
    from raymer.components.plugins import bring_files

    (tmp_path / "told").mkdir()
    (tmp_path / "telling_classes.py").write_text(f"WHERE = {str(tmp_path / 'told')!r}\n{REDUCER}")
    bring_files([tmp_path / "telling_classes.py"])
    return plan_search(parse_experiment(EXPERIMENT, "shares.yaml"), corpus, stopping=False)


def told(tmp_path) -> list[dict]:
    return [json.loads(path.read_text()) for path in (tmp_path / "told").iterdir()]


def test_each_trial_asks_for_its_share_and_so_does_what_is_scored_outside(planned, tmp_path, monkeypatch):
    monkeypatch.setattr(ray, "init", functools.partial(ray.init, num_gpus=1))
    monkeypatch.setattr(System, "wants_gpu", True)
    store = ResultStore(str(tmp_path / "S"))
    with executor(Machine(workers=1, gpus_per_fit=0.5)) as execute:
        nested = run_nested(planned, 2, store, execute, score=execute.score, on_progress=lambda progress: None)
    assert len(nested.outer) == 2
    given = told(tmp_path)
    assert given
    assert all((one["CPU"], one["GPU"]) == (1.0, 0.5) for one in given)


def test_where_no_system_wants_a_gpu_or_none_is_there_it_is_one_line(planned, tmp_path, monkeypatch):
    store = ResultStore(str(tmp_path / "S"))
    with pytest.raises(UsageError, match="gpus_per_fit=0.5: no system here asks for a GPU"):
        run_search(planned, store, machine=Machine(gpus_per_fit=0.5))
    monkeypatch.setattr(System, "wants_gpu", True)
    monkeypatch.setattr(ray, "init", functools.partial(ray.init, num_gpus=0))
    with pytest.raises(RaymerError, match="no GPU for gpus_per_fit=0.5: the Ray at 'here' has no room"):
        run_search(planned, store, machine=Machine(gpus_per_fit=0.5))
    assert not told(tmp_path)
