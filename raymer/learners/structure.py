"""Whether the parts of a fitted estimator go together, where compiled code that reads them would not look.

scikit-learn's trees, support vectors and nearest neighbours are read without a check of their bounds: a child out of
range ends the process. So they are looked at before they are made, as the plain data that a file says.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from raymer.learners.booster_text import check_booster, check_settings
from raymer.learners.skops_file import TREE, Saved, UnfitFileError


def check_structure(objects: Iterable[Saved]) -> None:
    """Raise UnfitFileError for the first of these objects whose parts do not go together."""
    for one in objects:
        check = _CHECKS.get(one.type)
        if check is not None and _is_fitted(one):
            try:
                check(one)
            except (KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
                raise UnfitFileError(f"its {_short(one)} lacks what one has: {error}") from error


def _is_fitted(one: Saved) -> bool:
    """Say whether it has learnt anything: scikit-learn refuses to predict with what has not."""
    return bool(one.arguments) or any(name.endswith("_") or name == "_handle" for name in one.attributes)


def _short(one: Saved) -> str:
    return one.type.rpartition(".")[2]


def _demand(holds: Any, one: Saved, what: str) -> None:
    if not holds:
        raise UnfitFileError(f"its {_short(one)} cannot be one: {what}")


def _array(one: Saved, name: str, shape: tuple[int, ...], kind: str) -> np.ndarray[Any, Any]:
    """Return an array of these attributes, of finite numbers; UnfitFileError for another shape or type."""
    value = one.attributes[name]
    fits = isinstance(value, np.ndarray) and value.shape == shape and value.dtype == np.dtype(kind)
    _demand(fits, one, f"{name} is not {kind} {shape}")
    _demand(np.isfinite(value).all(), one, f"{name} holds values that are no numbers")
    made: np.ndarray[Any, Any] = value
    return made


def _whole(one: Saved, name: str) -> int:
    value = one.attributes[name]
    _demand(isinstance(value, int) and not isinstance(value, bool), one, f"{name} is no whole number")
    return int(value)


def _check_tree(one: Saved) -> None:
    """Demand a tree of one output: children in range and forward, features within the width."""
    width, classes, outputs = one.arguments
    state = one.attributes
    nodes, values = state["nodes"], state["values"]
    count = len(nodes)
    _demand(type(width) is int and type(outputs) is int and outputs == 1, one, "it has other than one output")
    _demand(np.array_equal(classes, [1]), one, "it is no tree of numbers")
    _demand(nodes.ndim == 1 and count >= 1 and state["node_count"] == count, one, "node_count is not that of its nodes")
    _demand(type(state["max_depth"]) is int and 0 <= state["max_depth"] < count, one, "max_depth is out of range")
    fits = values.shape == (count, 1, 1) and values.dtype == np.float64
    _demand(fits and np.isfinite(values).all(), one, "values are not a finite number a node")
    left, right = nodes["left_child"], nodes["right_child"]
    inner = left != -1
    _demand((inner == (right != -1)).all(), one, "a node has one child")
    place = np.arange(count)[inner]
    for child in (left[inner], right[inner]):
        _demand(((child > place) & (child < count)).all(), one, "a child is out of range or not behind its node")
    feature = nodes["feature"][inner]
    _demand(((feature >= 0) & (feature < width)).all(), one, "a feature is out of range")
    _demand(np.isfinite(nodes["threshold"][inner]).all(), one, "a threshold is no number")


def _check_grown(one: Saved) -> None:
    """Demand an estimator around a tree, as boosting holds them."""
    tree = one.attributes["tree_"]
    _demand(isinstance(tree, Saved) and tree.type == TREE, one, "tree_ is no tree")
    _demand(tree.arguments[0] == _whole(one, "n_features_in_"), one, "its tree has another width")
    _demand(one.attributes["n_outputs_"] == 1, one, "it has other than one output")


def _check_boosting(one: Saved) -> None:
    """Demand boosted trees of scikit-learn: each of the ensemble's width, as many a stage as the loss has outputs."""
    state = one.attributes
    width, each = _whole(one, "n_features_in_"), _whole(one, "n_trees_per_iteration_")
    grown = state["estimators_"]
    fits = isinstance(grown, np.ndarray) and grown.ndim == 2 and grown.shape == (_whole(one, "n_estimators_"), each)
    _demand(fits and grown.size > 0, one, "estimators_ are not n_estimators_ of n_trees_per_iteration_")
    for item in grown.ravel():
        is_tree = isinstance(item, Saved) and item.type.endswith(".DecisionTreeRegressor")
        _demand(is_tree and item.attributes["n_features_in_"] == width, one, "a tree of it has another width")
    first = state["init_"]
    _demand(isinstance(first, Saved) and ".dummy.Dummy" in first.type, one, "init_ is not what it starts from")
    classes = state.get("classes_")
    if classes is None:
        _demand(each == 1 and np.shape(first.attributes["constant_"]) == (1, 1), one, "it starts from several numbers")
        return
    count = len(classes)
    _demand(count >= 2 and each == (1 if count == 2 else count), one, "classes_ are not those of its trees")
    prior = first.attributes["class_prior_"]
    own = np.shape(prior) == (count,) and np.array_equal(np.shape(first.attributes["classes_"]), (count,))
    _demand(own and first.attributes["n_classes_"] == count, one, "init_ has other classes")


def _check_svm(one: Saved) -> None:
    """Demand support vectors: as many, and as many coefficients, as the counts say."""
    state = one.attributes
    support = state["support_"]
    n, width = len(support), _whole(one, "n_features_in_")
    is_classifier = "classes_" in state
    k = len(state["classes_"]) if is_classifier else 2
    pairs = k * (k - 1) // 2
    _demand(not state["_sparse"] and isinstance(state["kernel"], str), one, "it is of a kind that raymer saves none of")
    _demand(k >= 2 and n >= 1 and n == len(state["support_vectors_"]), one, "it has no support vectors")
    counts = _array(one, "_n_support", (k,), "int32")
    total = counts.sum() if is_classifier else counts[0]
    _demand((counts >= 0).all() and total == n, one, "_n_support does not count its support vectors")
    _array(one, "support_", (n,), "int32")
    _array(one, "support_vectors_", (n, width), "float64")
    for name in ("dual_coef_", "_dual_coef_"):
        _array(one, name, (k - 1, n), "float64")
    for name in ("intercept_", "_intercept_"):
        _array(one, name, (pairs,), "float64")
    for name in ("_probA", "_probB"):
        _array(one, name, (pairs if state[name].size else 0,), "float64")
    _demand(np.isfinite(state["_gamma"]) and state["_gamma"] >= 0, one, "_gamma is no number")
    _demand(0 <= _whole(one, "degree") <= 1000, one, "degree is out of range")


def _check_neighbours(one: Saved) -> None:
    """Demand train rows for nearest neighbours, and labels that are places in the list of classes."""
    state = one.attributes
    rows, labels = state["_fit_X"], state["_y"]
    n, width = _whole(one, "n_samples_fit_"), _whole(one, "n_features_in_")
    _demand(rows.shape == (n, width) and np.isfinite(rows).all(), one, f"_fit_X is not finite ({n}, {width})")
    _demand(1 <= _whole(one, "n_neighbors") <= n, one, "n_neighbors is out of range")
    _demand(state["_fit_method"] == "brute" and state["_tree"] is None, one, "it searches by a tree")
    _demand(len(labels) == n and np.isfinite(labels).all(), one, "_y is not a label a row")
    if "classes_" in state:
        count = len(state["classes_"])
        fits = labels.shape == (n,) and labels.dtype.kind == "i" and state["outputs_2d_"] is False
        _demand(fits and ((labels >= 0) & (labels < count)).all(), one, "_y are no places in classes_")
        _demand(np.array_equal(np.unique(labels), np.arange(count)), one, "a class has no row")


_CHECKS: Mapping[str, Callable[[Saved], None]] = {
    TREE: _check_tree,
    "sklearn.tree._classes.DecisionTreeRegressor": _check_grown,
    "sklearn.ensemble._gb.GradientBoostingRegressor": _check_boosting,
    "sklearn.ensemble._gb.GradientBoostingClassifier": _check_boosting,
    "sklearn.svm._classes.SVR": _check_svm,
    "sklearn.svm._classes.SVC": _check_svm,
    "sklearn.svm._classes.NuSVR": _check_svm,
    "sklearn.svm._classes.NuSVC": _check_svm,
    "sklearn.neighbors._regression.KNeighborsRegressor": _check_neighbours,
    "sklearn.neighbors._classification.KNeighborsClassifier": _check_neighbours,
    "lightgbm.basic.Booster": check_booster,
    "lightgbm.sklearn.LGBMRegressor": check_settings,
    "lightgbm.sklearn.LGBMClassifier": check_settings,
}
