"""Whether a column of numbers may be something else than a feature: each look is at its values or its name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from raymer.corpora.door import words
from raymer.corpora.door.questions import ROLES, Question

LEAST_ROWS = 5
"""In fewer rows a column counts by chance."""
COPY = 1e-9
MOST_CELLS = 2000
MOST = 0.9
SHOWN = 24
_NUMBER = r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?"
_AS_TEXT = (
    (
        re.compile(rf"[\[(]\s*{_NUMBER}([\s,;]+{_NUMBER})+[\s,;]*[\])]", re.IGNORECASE),
        "lists of numbers",
        "write the frame with to_parquet, or a column a number",
    ),
    (re.compile(rf"{_NUMBER}\s*%", re.IGNORECASE), "numbers with a per cent sign", "write the numbers alone"),
    (re.compile(rf"{_NUMBER} [a-zµ°]{{1,4}}", re.IGNORECASE), "numbers with a unit", "write the numbers alone"),
    (re.compile("true|false", re.IGNORECASE), "true and false", "write 1 and 0"),
    (re.compile("[-+]?inf(inity)?", re.IGNORECASE), "infinite numbers", "write finite ones"),
)


@dataclass(frozen=True)
class Surroundings:
    """What a column is looked at beside: the targets' names, and where rows are the same, their values and groups."""

    targets: Sequence[str]
    labels: Mapping[str, np.ndarray] = field(default_factory=dict)
    group: str | None = None
    group_codes: np.ndarray | None = None


def doubt(name: str, column: np.ndarray, around: Surroundings, *, is_nameless: bool = False) -> Question | None:
    """Return what must be asked about a column of numbers, or None where it may be a feature."""
    present = column[~np.isnan(column)]
    if len(present) == 0:
        return Question("empty", name, "has no number in any row", ("keep", "ignore"), "ignore")
    counts = counts_rows(present)
    if is_nameless:
        return Question("nameless", name, f"has no name{f' and {counts}' if counts else ''}", ROLES, "ignore")
    if counts and not words.says_fold(name):
        proposal = "keep" if counts.endswith("again") else "ignore"
        return Question("counts-rows", name, counts, ROLES, proposal)
    return (
        _like_target(name, column, around) or _stamp(name, present) or _like_group(name, column, present, around)
    )  # fmt: skip


def doubt_text(name: str, cells: np.ndarray) -> Question | None:
    """Return what must be asked about a column of text whose cells are numbers but for a unit, or lists of numbers."""
    present = [cell.strip() for cell in cells if cell is not None][:MOST_CELLS]
    if len(present) < LEAST_ROWS:
        return None
    for pattern, what, way in _AS_TEXT:
        if sum(bool(pattern.fullmatch(cell)) for cell in present) >= MOST * len(present):
            shown = present[0] if len(present[0]) <= SHOWN else f"{present[0][:SHOWN]} ..."
            why = f"holds {what} as text ({shown!r}); to have it as features {way}"
            return Question("numbers-as-text", name, why, ("keep", "ignore"), "keep")
    return None


def is_whole(values: np.ndarray) -> bool:
    """Return whether all are whole numbers."""
    return bool((values[:64] == np.floor(values[:64])).all() and (values == np.floor(values)).all())


def counts_rows(values: np.ndarray) -> str | None:
    """Return how a column counts rows, whatever it is called and in whatever order: "counts the rows from 0"."""
    n = len(values)
    if n < LEAST_ROWS:
        return None
    low, high = float(values.min()), float(values.max())
    if low == high:
        return None
    step = (high - low) / (n - 1)
    places = (values - low) / step
    whole = is_whole(values)
    if np.abs(places - np.rint(places)).max() < 1e-6 and len(np.unique(np.rint(places))) == n:
        order = (
            ""
            if np.all(np.diff(values) > 0)
            else ", backwards"
            if np.all(np.diff(values) < 0)
            else ", in another order"
        )
        by = "" if abs(step - 1) < 1e-9 else f" in steps of {step:g}"
        return f"counts the rows from {low:g} to {high:g}{by}{order}"
    steps = np.diff(values)
    if n >= 8 and ((steps > 0).all() or (steps < 0).all()):
        return f"{'rises' if steps[0] > 0 else 'falls'} from row to row without exception"
    if not whole:
        return None
    ones = steps == 1
    if high - low >= 2 and 2 * ones.sum() >= len(steps) and (ones | (values[1:] == low)).all():
        return f"counts the rows from {low:g}, again and again"
    if n >= 20 and high - low <= n * n / 20 and len(np.unique(values)) == n:
        return "is a different whole number in every row, as ids and row numbers are"
    return None


def _like_target(name: str, column: np.ndarray, around: Surroundings) -> Question | None:
    for target in around.targets:
        if words.shares_stem(name, target):
            return Question("like-target", name, f"shares its name with the target {target!r}", ROLES, "keep")
    for target in around.targets:
        if words.is_other_dimension(name, target):
            return Question("like-target", name, f"looks like a label beside the target {target!r}", ROLES, "keep")
    for target, labels in around.labels.items():
        if is_copy(column, labels):
            return Question("like-target", name, f"is a copy of the target {target!r}", ROLES, "ignore")
    return None


def is_copy(one: np.ndarray, two: np.ndarray) -> bool:
    """Return whether two columns are the same up to scale and offset."""
    both = ~np.isnan(one) & ~np.isnan(two)
    if both.sum() < LEAST_ROWS:
        return False
    x, y = one[both], two[both]
    x, y = x - x.mean(), y - y.mean()
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return norm > 0 and abs(float(x @ y)) / norm > 1 - COPY


def _stamp(name: str, present: np.ndarray) -> Question | None:
    whole = is_whole(present)
    if words.says_fold(name) and whole:
        return Question("stamp", name, "looks like folds or parts of a split", ROLES, "keep")
    if words.says_time(name):
        return Question("stamp", name, "looks like a time or a date", ROLES, "keep")
    if whole and words.says_count(name):
        return Question("stamp", name, "looks like a count of frames or raters", ROLES, "keep")
    low, high = float(present.min()), float(present.max())
    if not whole or low == high:
        return None
    if low >= 1900 and high <= 2035:
        return Question("stamp", name, f"looks like years ({low:.0f} to {high:.0f})", ROLES, "keep")
    if any(1e9 * unit <= low and high <= 2e9 * unit for unit in (1, 1000)):
        return Question("stamp", name, "looks like times in seconds or milliseconds since 1970", ROLES, "keep")
    if len(present) >= 40 and high - low <= 20:
        counts = np.unique(present, return_counts=True)[1]
        if 4 <= len(counts) == high - low + 1 and counts.max() - counts.min() <= 1:
            why = f"has the numbers {low:.0f} to {high:.0f} equally often, as folds do"
            return Question("stamp", name, why, ROLES, "keep")
    return None


def _like_group(name: str, column: np.ndarray, present: np.ndarray, around: Surroundings) -> Question | None:
    if not is_whole(present):
        return None
    if words.says_group(name) or words.says_counter(name):
        return Question("like-group", name, "is named and numbered as an id or a group is", ROLES, "keep")
    codes = around.group_codes
    if codes is None or len(present) < len(column) or len(np.unique(present)) < 3:
        return None
    firsts = np.unique(codes, return_index=True)[1]
    if len(firsts) < len(codes) and (column == column[firsts][codes]).all():
        numbered = len(np.unique(column[firsts]))
        if 2 * numbered > len(firsts):
            why = f"is one whole number a {around.group}, as a code of it would be"
            return Question("like-group", name, why, ROLES, "keep")
    return None
