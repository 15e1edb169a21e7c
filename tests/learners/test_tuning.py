"""Tuning inside a fit: among which values, on which inner splits, and that it is what scikit-learn would choose."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from raymer.errors import UsageError
from raymer.learners.system import System
from raymer.learners.tuning import Tuning

SEEDS = (1, 2)


def choose(steps, X, y, *, groups=None, kind="number"):
    return Tuning(X, groups).choose(System.of(steps), "t", y, kind, seeds=SEEDS)


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ([{"use": "svr", "tune": {"c": [1, 2]}}], "unknown parameter 'c'"),
        ([{"use": "svr", "tune": {"C": [1]}}], "two values or more"),
        ([{"use": "svr", "tune": {"C": 1}}], "two values or more"),
        ([{"use": "svr", "tune": {"C": [1, 1]}}], "stands twice"),
        ([{"use": "svr", "tune": {"C": [1, -1]}}], "above 0"),
        ([{"use": "svr", "C": 1, "tune": {"C": [1, 2]}}], "set and tuned"),
        ([{"use": "svr", "tune": [1, 2]}], "values to try"),
        ([{"use": "gru", "tune": {"units": [[4], [8]]}}, "svm"], "raymer tune"),
        ([{"use": "gru", "objective": "rbf"}, {"use": "svm", "tune": {"C": [1, 2]}}], "raymer tune"),
    ],
)
def test_what_cannot_be_tuned_is_one_line(steps, why):
    with pytest.raises(UsageError, match=why) as caught:
        System.of(steps)
    assert "\n" not in str(caught.value)


def test_a_tuned_system_comes_back_from_its_record():
    system = System.of([{"use": "pca", "tune": {"width": [2, 4]}}, {"use": "svr", "tune": {"C": [1, 10]}}])
    assert System.from_dict(system.to_dict()) == system
    assert [values for _, values in system.candidates()] == [
        {"pca.width": width, "svr.C": C} for width in (2, 4) for C in (1, 10)
    ]
    assert system.width == 4


def test_ridge_is_chosen_as_grid_search_chooses(regression):
    X, y = regression
    alphas = [0.01, 1.0, 100.0, 10000.0]
    chosen, values = choose(["scale", {"use": "ridge", "tune": {"alpha": alphas}}], X, y)
    # raymer brings labels to [-1, 1] on the rows of each inner fit, which moves no ridge that has an intercept.
    peer = GridSearchCV(
        make_pipeline(StandardScaler(), Ridge()),
        {"ridge__alpha": alphas},
        cv=KFold(5, shuffle=True, random_state=0),
        scoring="neg_mean_squared_error",
    ).fit(X, y)
    assert values == {"ridge.alpha": peer.best_params_["ridge__alpha"]}
    assert not chosen.is_tuned


@given(st.integers(0, 10_000))
def test_the_least_error_over_all_inner_rows_wins(seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(25, 3)), rng.normal(size=25)
    counts = [1, 3, 7]
    _, values = choose([{"use": "knn", "tune": {"n_neighbors": counts}}], X, y)
    inner = KFold(5, shuffle=True, random_state=0)
    errors = [
        np.sum((cross_val_predict(KNeighborsRegressor(k, algorithm="brute"), X, y, cv=inner) - y) ** 2) for k in counts
    ]
    ranked = np.sort(errors)
    if not np.isclose(ranked[0], ranked[1]):
        assert values == {"knn.n_neighbors": counts[int(np.argmin(errors))]}


def test_groups_decide_what_is_chosen_where_labels_follow_them():
    """Songs of an artist are alike in features and labels: only grouped inner splits see that this does not carry."""
    rng = np.random.default_rng(0)
    groups = np.repeat([f"artist-{k}" for k in range(12)], 5)
    centre, level = rng.normal(size=(12, 4)) * 5, rng.normal(size=12)
    X = np.repeat(centre, 5, axis=0) + 0.01 * rng.normal(size=(60, 4))
    y = np.repeat(level, 5)
    steps = [{"use": "knn", "tune": {"n_neighbors": [1, 40]}}]
    assert choose(steps, X, y)[1] == {"knn.n_neighbors": 1}
    assert choose(steps, X, y, groups=groups)[1] == {"knn.n_neighbors": 40}


def test_a_reducer_does_not_see_the_labels_it_is_judged_by():
    """On noise PLS fits its train rows the better the wider; chosen on rows it has seen, the widest would win."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 30)), rng.normal(size=60)
    _, values = choose(["scale", {"use": "pls", "tune": {"width": [20, 1]}}, {"use": "ridge", "alpha": 0.1}], X, y)
    assert values == {"pls.width": 1}


def test_classes_are_divided_by_class_and_the_rarest_sets_the_folds():
    X = np.concatenate([np.zeros((20, 2)), np.ones((2, 2))]) + np.random.default_rng(0).normal(size=(22, 2)) * 0.1
    y = np.array(["calm"] * 20 + ["tense"] * 2)
    _, values = choose([{"use": "svc", "tune": {"C": [0.0001, 10.0]}}], X, y, kind="class")
    assert values == {"svc.C": 10.0}


@pytest.mark.parametrize(("rows", "groups", "why"), [(1, None, "one clip"), (6, ["a"] * 6, "one group")])
def test_a_train_part_that_cannot_be_divided_is_one_line(rows, groups, why):
    X = np.arange(rows, dtype=float)[:, None]
    with pytest.raises(UsageError, match=why):
        choose(
            [{"use": "knn", "tune": {"n_neighbors": [1, 2]}}],
            X,
            X[:, 0],
            groups=None if groups is None else np.array(groups),
        )
