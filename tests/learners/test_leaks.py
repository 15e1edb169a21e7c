"""find_leaks on functions that leak, each in its own way, and on honest ones."""

import numpy as np
import pytest
from leaking import HONEST, LEAKS, SPLITS, fit_predict, make_memory_on_disk, pipeline, scaler_on_all
from sklearn.ensemble import RandomForestRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from raymer.learners.leaks import find_leaks


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 8)) * np.arange(1, 9)
    return X, X[:, 0] + 0.3 * X[:, 1] + 0.5 * rng.normal(size=60)


def ids_of(functions):
    return [f"{number}-{function.__qualname__.split('.')[0]}" for number, function in enumerate(functions)]


@pytest.mark.parametrize(("evaluate", "kind"), LEAKS.items(), ids=ids_of(LEAKS))
def test_a_leak_is_found(evaluate, kind, data):
    found = find_leaks(evaluate, *data, SPLITS)
    assert any(leak.startswith(kind) for leak in found), found


def test_a_cache_on_disk_is_found(data, tmp_path):
    found = find_leaks(make_memory_on_disk(tmp_path), *data, SPLITS)
    assert any(leak.startswith(("blind", "state")) for leak in found), found


@pytest.mark.parametrize("evaluate", HONEST, ids=ids_of(HONEST))
def test_an_honest_function_passes(evaluate, data):
    assert find_leaks(evaluate, *data, SPLITS) == []


def test_classes_are_looked_at_too(data):
    X, y = data
    moods = np.where(y > 0, "glad", "sad")

    def honest(X, y, train, test):
        return fit_predict(X, y, train, test, SVC())

    def on_all(X, y, train, test):
        return SVC().fit(X, y).predict(X[test])

    assert find_leaks(honest, X, moods, SPLITS) == []
    assert any(leak.startswith("test labels") for leak in find_leaks(on_all, X, moods, SPLITS))


def test_what_has_no_seed_is_called_unseeded(data):
    def by_the_system(X, y, train, test):
        return fit_predict(X, y, train, test) + 1e-3 * np.random.default_rng().normal(size=len(test))

    def by_globals(X, y, train, test):
        return fit_predict(X, y, train, test, RandomForestRegressor(5))

    def by_globals_and_leaks(X, y, train, test):
        return fit_predict(StandardScaler().fit_transform(X), y, train, test, SVR()) + 1e-3 * np.random.normal()

    found = find_leaks(by_the_system, *data, SPLITS)
    assert [leak.partition(":")[0] for leak in found] == ["unseeded"]
    assert "differ from call to call" in found.cannot_see[-1]
    assert [leak.partition(":")[0] for leak in find_leaks(by_globals, *data, SPLITS)] == ["unseeded"]
    kinds = {leak.partition(":")[0] for leak in find_leaks(by_globals_and_leaks, *data, SPLITS)}
    assert kinds == {"unseeded", "test features"}


def test_predictions_without_a_number_are_called_nan(data):
    def evaluate(X, y, train, test):
        predicted = fit_predict(X, y, train, test)
        predicted[0] = np.nan
        return predicted

    found = find_leaks(evaluate, *data, SPLITS)
    assert [leak.partition(":")[0] for leak in found] == ["nan"]


def test_a_leak_on_the_last_split_only_is_found(data):
    def evaluate(X, y, train, test):
        known = StandardScaler().fit(X if 2 in test else X[train])
        return fit_predict(known.transform(X), y, train, test, SVR())

    assert any(leak.startswith("test features") for leak in find_leaks(evaluate, *data, SPLITS))


def test_what_cannot_be_seen_is_said(data):
    assert any("raymer audit" in line for line in find_leaks(pipeline, *data, SPLITS).cannot_see)


def test_a_leak_is_not_hidden_by_what_is_kept_of_it(data):
    kept = {}

    def evaluate(X, y, train, test):
        return kept.setdefault(tuple(test), scaler_on_all(X, y, train, test) + 0.1 * y[test].mean())

    assert {leak.split(":")[0] for leak in find_leaks(evaluate, *data, SPLITS)} >= {"test labels", "test features"}


def test_what_is_kept_of_changed_data_alone_is_a_state(data):
    """Calls on changed data share a process: what differs there, and not as the first call of its own, is a state."""
    seen = []

    def evaluate(X, y, train, test):
        seen.append(np.abs(X).max() > 100)  # only ever so on changed features
        return fit_predict(X, y, train, test) + sum(seen[:-1])

    (leak,) = find_leaks(evaluate, *data, SPLITS)
    assert leak.startswith("state: after calls on changed data, the predictions of split 0 differ")
    assert seen == []


def test_an_error_is_the_functions_own(data):
    def evaluate(X, y, train, test):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        find_leaks(evaluate, *data, SPLITS)
    with pytest.raises(ValueError, match="two splits"):
        find_leaks(pipeline, *data, SPLITS[:1])


def test_nothing_stays_behind_in_this_process(data):
    calls = []

    def evaluate(X, y, train, test):
        calls.append(1)
        return fit_predict(X, y, train, test)

    find_leaks(evaluate, *data, SPLITS)
    assert calls == []
