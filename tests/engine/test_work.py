"""Units of work: leaks caught, sharing without a changed bit, failures loud."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVR

from raymer.engine.machine import SERIAL
from raymer.engine.run import run_plan
from raymer.identity import array_hash
from raymer.learners.leaks import find_leaks
from raymer.learners.predictors import PREDICTORS
from raymer.learners.presets import preset, preset_names
from raymer.learners.reducers import REDUCERS
from raymer.learners.triplet import TripletReducer
from raymer.protocols.metrics import CATALOGUE
from raymer.protocols.splits import KFold, Split
from raymer.results.store import ResultStore
from raymer.studies.fit import Fit, plan, units
from raymer.studies.samples import Samples, label_fingerprint, make_samples
from raymer.studies.unit import run_fit, run_unit

ROWS = np.arange(60)
SPLITS = [(ROWS[15:], ROWS[:15]), (ROWS[:45], ROWS[45:])]


def samples_of(X, y):
    ids = np.array([f"c{k}" for k in range(len(y))])
    names = tuple(f"f{k}" for k in range(X.shape[1]))
    return Samples("t", "x", ids, ids, X, names, {"t": y}, array_hash(X), {"t": label_fingerprint(y)})


@pytest.fixture
def data(corpus):
    return corpus.input().values, corpus.clips["valence"].to_numpy()


SMALL = {"tnn": {"width": 3, "steps": 20}, "ae": {"width": 3, "max_epochs": 3}}


CLASSES = np.array(["high", "low", "middle"])


def kind_of(system):
    """Kind of target that a system on a table is tried on: numbers where it can."""
    reducer = system.main_step and REDUCERS[system.main_step.use]
    can = bool(PREDICTORS[system.predictor.use].path) and (reducer is None or "number" in reducer.kinds)
    return "number" if can else "class"


def each_component_once():
    """Presets on tables in which every predictor stands alone, and every reducer before an SVM.

    Pairs bring nothing new, since a predictor sees a reducer's output alone; and each costs seconds, in processes of
    its own.
    """
    tables = [name for name in preset_names() if preset(name).network is None]
    return [name for name in tables if "-" not in name or name.endswith(("-svr", "-svc"))]


@pytest.mark.parametrize("name", each_component_once())
def test_no_method_leaks(name, data):
    reducer, _, predictor = name.rpartition("-")
    params = SMALL.get(reducer, {"width": 2} if reducer else None)  # three classes leave no room for more
    trees = {"n_estimators": 10} if predictor.startswith("gbm") else None
    system = preset(name, params, trees)
    kind, thirds = kind_of(system), np.quantile(data[1], [1 / 3, 2 / 3])

    def evaluate(X, y, train, test):
        samples = samples_of(X, y if kind == "number" else CLASSES[np.digitize(y, thirds)])
        split = Split(0, 0, samples.clip_ids[train], samples.clip_ids[test])
        fit = Fit("same", "same", system, ("t",), split.id, 0)  # one identity, so that only the data differs
        predicted = run_fit(fit, samples, split).predicted
        return predicted if kind == "number" else np.searchsorted(CLASSES, predicted).astype(float)

    assert find_leaks(evaluate, *data, SPLITS) == []


def predict(X, y, train, test, scaler, labels, reducer):
    Z = scaler.transform(X)
    reducer.fit(Z[train], y[train])
    model = SVR().fit(reducer.transform(Z[train]), labels.transform(y[train, None])[:, 0])
    return labels.inverse_transform(model.predict(reducer.transform(Z[test]))[:, None])[:, 0]


def scaler_on_all_rows(X, y, train, test):
    return predict(X, y, train, test, StandardScaler().fit(X), MinMaxScaler().fit(y[train, None]), PCA(3))


def labels_on_all_rows(X, y, train, test):
    return predict(X, y, train, test, StandardScaler().fit(X[train]), MinMaxScaler().fit(y[:, None]), PCA(3))


class KeepsItsWeights(TripletReducer):
    """The notebook's fault: built once, and every fit goes on from the weights of the one before."""

    def fit(self, X, y):
        before = getattr(self, "weight_", 0.0)
        super().fit(X, y)
        self.weight_ = self.weight_ + before
        return self


def make_stateful():
    reducer = KeepsItsWeights(3, steps=10, random_state=0)

    def evaluate(X, y, train, test):
        scaler, labels = StandardScaler().fit(X[train]), MinMaxScaler().fit(y[train, None])
        return predict(X, y, train, test, scaler, labels, reducer)

    return evaluate


@pytest.mark.parametrize(
    ("evaluate", "caught"),
    [(scaler_on_all_rows, "test features"), (labels_on_all_rows, "test labels"), (make_stateful(), "state")],
)
def test_a_planted_leak_is_caught(evaluate, caught, data):
    assert any(leak.startswith(caught) for leak in find_leaks(evaluate, *data, SPLITS))


def test_an_honest_evaluation_is_not_accused(data):
    def honest(X, y, train, test):
        scaler, labels = StandardScaler().fit(X[train]), MinMaxScaler().fit(y[train, None])
        return predict(X, y, train, test, scaler, labels, PCA(3))

    assert find_leaks(honest, *data, SPLITS) == []
    with pytest.raises(ValueError, match="two splits"):
        find_leaks(honest, *data, SPLITS[:1])


@pytest.fixture
def planned(corpus):
    names = ("tnn-svr", "tnn-gbm", "ae-svr", "ae-gbm")
    pairs = [(preset(n, SMALL[n[: n.index("-")]]), KFold(2)) for n in names]
    return plan(make_samples(corpus, None, "table", ["valence", "arousal"]), pairs, ["valence", "arousal"])


def test_sharing_a_training_changes_no_bit(planned, tmp_path):
    store = ResultStore(str(tmp_path))
    assert run_plan(planned, store, machine=SERIAL).ran == len(planned.fits) == 16
    shared = 0
    for fit in planned.fits:
        stored, alone = store.get(fit.id), run_fit(fit, planned.samples, planned.splits[fit.split])
        assert stored.predicted.tobytes() == alone.predicted.tobytes()
        shared += stored.seconds["shared"]
    assert shared == 16 - (2 * 2 + 2)  # a TNN a target and split, an autoencoder a split


def test_what_exists_is_not_run_again(planned, tmp_path):
    store = ResultStore(str(tmp_path))
    first = run_plan(replace(planned, fits=planned.fits[:5]), store, machine=SERIAL)
    marks = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    rest = run_plan(planned, store, machine=SERIAL)
    assert (first.ran, rest.ran, rest.reused) == (5, 11, 5)
    assert all(path.stat().st_mtime_ns == mark for path, mark in marks.items())
    assert run_plan(planned, store, machine=SERIAL).ran == 0


def test_a_failed_fit_is_recorded_and_the_rest_goes_on(corpus, tmp_path):
    pairs = [(preset("pca-svr", {"width": 500}), KFold(2)), (preset("svr"), KFold(2))]
    planned = plan(make_samples(corpus, None, "table", ["valence"]), pairs, ["valence"])
    store = ResultStore(str(tmp_path))
    summary = run_plan(planned, store, machine=SERIAL)
    assert (summary.ran, len(summary.failed)) == (2, 2)
    failure = store.failures(summary.failed)[0]
    assert failure["message"].startswith("ValueError: n_components=500")
    assert "Traceback" in failure["traceback"]
    assert run_plan(planned, store, machine=SERIAL).failed == summary.failed, "a failed fit is tried again"


def test_a_prediction_that_is_not_finite_is_a_failure(planned, tmp_path, monkeypatch):
    monkeypatch.setattr(SVR, "predict", lambda self, X: np.full(len(X), np.nan))
    store = ResultStore(str(tmp_path))
    unit = next(unit for unit in units(planned.fits) if unit[0].system.name.startswith("tnn"))
    failed = run_unit(unit, planned.samples, planned.splits[unit[0].split], store)
    assert failed == [fit.id for fit in unit if fit.system.name == "tnn-svr"]
    assert store.done() == {fit.id for fit in unit if fit.system.name == "tnn-gbm"}


def test_learners_cannot_write_through_to_others(planned):
    planned.samples.features.setflags(write=False)
    fit = planned.fits[0]
    run_fit(fit, planned.samples, planned.splits[fit.split])


@pytest.mark.slow
@pytest.mark.parametrize("target", ["valence", "arousal"])
def test_shuffled_labels_are_not_predicted(target):
    """Every system of table IV at its own widths, with labels that have nothing to do with the features."""
    from raymer.corpora.synthetic import make_synthetic
    from raymer.experiments.loading import load_experiment

    corpus = make_synthetic(300, 120, seed=5)
    y = np.random.default_rng(7).permutation(corpus.clips[target].to_numpy())
    samples = samples_of(corpus.input().values, y)
    for system in load_experiment("cheuk2020-deam").systems:
        planned = plan(samples, [(system.build(), KFold(5))], ["t"])
        made = [run_fit(fit, samples, planned.splits[fit.split]) for fit in planned.fits]
        values = [CATALOGUE["r2"].score(one.true, one.predicted) for one in made]
        assert np.mean(values) <= 0.05, system.system
