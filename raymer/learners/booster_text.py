"""Whether the text of a LightGBM model is one: its C++ ends the process over a child or a count that is wrong."""

import math
import re
from collections.abc import Mapping

from raymer.learners.skops_file import Saved, UnfitFileError

MOST_THREADS = 256
_HEADER = (
    *("version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective"),
    *("feature_names", "feature_infos", "tree_sizes"),
)
_TREE = (
    *("num_leaves", "num_cat", "split_feature", "split_gain", "threshold", "decision_type", "left_child"),
    *("right_child", "leaf_value", "leaf_weight", "leaf_count", "internal_value", "internal_weight", "internal_count"),
    *("is_linear", "shrinkage"),
)
_OBJECTIVE = re.compile(r"regression|binary sigmoid:1|multiclass num_class:\d{1,6}")
_END = "end of trees\n"
_TAIL = re.compile(r"|feature_importances:|parameters:|end of parameters|\S+=\d+|\[[a-z0-9_]+: [^\]]*\]")
_PANDAS = "pandas_categorical:null"
_DECISIONS = frozenset(range(0, 12, 2))
"""Of numbers: to the left or not where a value is missing, and three kinds of missing."""


def check_booster(one: Saved) -> None:
    """Raise UnfitFileError where a saved booster's text is not what LightGBM writes for trees over numbers."""
    text = one.attributes["_handle"]
    if not isinstance(text, str) or not text.isascii():
        raise UnfitFileError("its Booster has no text of a model")
    try:
        check_text(text)
    except ValueError as error:
        raise UnfitFileError(f"the text of its Booster is not LightGBM's: {error}") from error


def check_text(text: str) -> int:
    """Return the number of features of the text of a LightGBM model; ValueError where it is none."""
    head, mark, rest = text.partition("\n\nTree=")
    trees, end, tail = (mark[2:] + rest).partition(_END)
    if not (mark and end and head.startswith("tree\n")):
        raise ValueError("it has no head, trees and end")
    values = _values(head.removeprefix("tree\n"), _HEADER)
    width = _check_head(values)
    sizes = _whole(values["tree_sizes"])
    parts = _cut(trees, sizes)
    if len(parts) % int(values["num_tree_per_iteration"]):
        raise ValueError("its trees are not whole rounds")
    for k, part in enumerate(parts):
        try:
            _check_tree(part, k, width)
        except ValueError as error:
            raise ValueError(f"tree {k}: {error}") from error
    lines = tail.rstrip("\n").split("\n")
    if lines[-1] != _PANDAS or not all(_TAIL.fullmatch(line) for line in lines[:-1]):
        raise ValueError("what follows its trees is not what it writes")
    return width


def _check_head(values: Mapping[str, str]) -> int:
    classes, each = int(values["num_class"]), int(values["num_tree_per_iteration"])
    width = int(values["max_feature_idx"]) + 1
    objective = values["objective"]
    if values["version"] != "v4" or values["label_index"] != "0" or not _OBJECTIVE.fullmatch(objective):
        raise ValueError("its version, label or objective is another")
    said = int(objective.partition("num_class:")[2] or 1)
    if not classes == each == said or classes < 1:
        raise ValueError("its numbers of classes differ")
    if width < 1 or any(len(values[name].split(" ")) != width for name in ("feature_names", "feature_infos")):
        raise ValueError("its numbers of features differ")
    return width


def _cut(trees: str, sizes: list[int]) -> list[str]:
    """Return the text of each tree, where the sizes in the head say that it begins and ends."""
    parts, start = [], 0
    for size in sizes:
        if size < 1:
            raise ValueError("a tree has no size")
        parts.append(trees[start : start + size])
        start += size
    if start != len(trees) or not parts:
        raise ValueError("tree_sizes are not those of its trees")
    return parts


def _values(text: str, names: tuple[str, ...]) -> dict[str, str]:
    """Return the lines "name=value", which are these, in this order."""
    lines = text.split("\n")
    pairs = [line.partition("=") for line in lines]
    if tuple(name for name, _, _ in pairs) != names:
        raise ValueError("its lines are not those of one")
    return {name: value for name, _, value in pairs}


def _check_tree(text: str, number: int, width: int) -> None:
    first, _, rest = text.partition("\n")
    if first != f"Tree={number}" or not rest.endswith("\n\n\n"):
        raise ValueError("it is not in its place")
    values = _values(rest.rstrip("\n"), _TREE)
    leaves = int(values["num_leaves"])
    if leaves < 1 or values["num_cat"] != "0" or values["is_linear"] != "0":
        raise ValueError("it has no leaf, or splits by other than numbers")
    shrinkage = float(values["shrinkage"])
    if not math.isfinite(shrinkage):
        raise ValueError("its shrinkage is no number")
    inner = leaves - 1
    _numbers(values["leaf_value"], leaves)
    if leaves == 1:
        emptied = set(_TREE) - {"num_leaves", "num_cat", "leaf_value", "leaf_count", "is_linear", "shrinkage"}
        if any(values[name] for name in emptied) or len(_whole(values["leaf_count"])) != 1:
            raise ValueError("a tree of one leaf has more than that")
        return
    for name, count in (("leaf_weight", leaves), ("split_gain", inner)):
        _numbers(values[name], count)
    for name in ("internal_value", "internal_weight"):
        _numbers(values[name], inner)
    if len(_whole(values["leaf_count"])) != leaves or len(_whole(values["internal_count"])) != inner:
        raise ValueError("its counts are not one a node")
    if any(math.isnan(value) for value in _floats(values["threshold"], inner)):
        raise ValueError("a threshold is no number")
    features, decisions = _whole(values["split_feature"]), _whole(values["decision_type"])
    if len(features) != inner or not all(0 <= feature < width for feature in features):
        raise ValueError("a feature is out of range")
    if len(decisions) != inner or not _DECISIONS.issuperset(decisions):
        raise ValueError("a decision is of another type")
    _check_children(_whole(values["left_child"]), _whole(values["right_child"]), leaves)


def _check_children(left: list[int], right: list[int], leaves: int) -> None:
    """Each node but the first, and each leaf (-1, -2, ...), is one node's child, and lies behind it."""
    inner = leaves - 1
    if len(left) != inner or len(right) != inner:
        raise ValueError("its children are not one a node")
    if sorted([*left, *right]) != [*range(-leaves, 0), *range(1, inner)]:
        raise ValueError("a child is out of range, or has two parents")
    if any(0 <= child <= node for side in (left, right) for node, child in enumerate(side)):
        raise ValueError("a child does not lie behind its node")


def _numbers(text: str, count: int) -> list[float]:
    found = _floats(text, count)
    if not all(map(math.isfinite, found)):
        raise ValueError("a value is no number")
    return found


def _floats(text: str, count: int) -> list[float]:
    found = [float(word) for word in text.split(" ")]
    if len(found) != count:
        raise ValueError(f"it has {len(found)} values where {count} belong")
    return found


def _whole(text: str) -> list[int]:
    words = text.split(" ")
    if not all(re.fullmatch(r"-?\d{1,9}", word) for word in words):
        raise ValueError(f"{text[:30]!r} are no whole numbers")
    return [int(word) for word in words]


def check_settings(one: Saved) -> None:
    """Raise UnfitFileError where LightGBM would talk to machines, read a file, or take threads without measure."""
    given = one.attributes
    settings = {**given, **given.get("_other_params", {})}
    for name in settings:
        if any(word in name for word in ("machine", "port", "file", "gpu", "device")) and name != "importance_type":
            raise UnfitFileError(f"its LightGBM would be called with {name}, which no model of raymer sets")
    for name in ("n_jobs", "num_threads"):
        if settings.get(name) not in (None, *range(-1, MOST_THREADS + 1)):
            raise UnfitFileError(f"its LightGBM would be called with {name}={settings[name]!r}")
