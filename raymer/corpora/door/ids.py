"""Ids of clips: made of one or several columns, and matched with another file's; why they do not match is said."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import PurePosixPath

import numpy as np

from raymer.errors import RaymerError, UsageError

JOINT = "_"
FEW = 5


def plain(cells: Sequence[str | None]) -> list[str | None]:
    """Return ids as text; where all are whole numbers they lose their decimals, so that "7.0" and 7 are one id."""
    if all(cell is None or re.fullmatch(r"\d+(\.0+)?", cell) for cell in cells):
        return [cell if cell is None else cell.partition(".")[0] for cell in cells]
    return list(cells)


def make_ids(columns: Sequence[tuple[str, Sequence[str | None]]], source: str) -> np.ndarray:
    """Return an id a row, several columns joined by "_"; rows may share one.

    Raises
    ------
    RaymerError
        For an empty cell, naming the line, or when two rows differ and their joined ids do not.
    """
    parts = []
    for name, cells in columns:
        for row, cell in enumerate(cells):
            if cell is None or cell == "":
                raise RaymerError(f"{source}: line {row + 2} has no {name}")
        parts.append([str(cell) for cell in plain(cells)])
    rows = list(zip(*parts, strict=True))
    ids = [JOINT.join(row) for row in rows]
    if len(set(ids)) != len(set(rows)):
        raise RaymerError(f"{source}: ids joined by {JOINT!r} are the same for rows that differ: rename some ids")
    return np.array(ids, dtype=str)


def check_unique(ids: np.ndarray, source: str, name: str) -> None:
    """Raise RaymerError where an id stands twice, naming it and its lines."""
    seen: dict[str, int] = {}
    for row, clip in enumerate(ids.tolist()):
        if clip in seen:
            raise RaymerError(
                f"{source}: {name} {clip!r} stands twice, in lines {seen[clip] + 2} and {row + 2} "
                f"({len(ids):,} rows, {len(set(ids.tolist())):,} ids): mean_over=COLUMN takes the mean over raters, "
                "or name more columns with id="
            )
        seen[clip] = row


@dataclass(frozen=True)
class Matching:
    """How ids are compared; `strip_zeros` takes leading zeros away, `stem` folders and an ending."""

    strip_zeros: bool = False
    stem: bool = False
    any_case: bool = False

    def key(self, clip: str) -> str:
        """Return what is compared of an id."""
        if self.stem:
            clip = _stem(clip)
        if self.any_case:
            clip = clip.casefold()
        return _strip_zeros(clip) if self.strip_zeros else clip


AS_THEY_STAND = Matching()


@dataclass(frozen=True)
class Matched:
    """Rows that belong to clips, in the clips' order, and what is left on both sides."""

    clips: list[str]
    rows: np.ndarray
    rows_of_no_clip: list[str]
    clips_without_row: list[str]

    def notes(self) -> dict[str, object]:
        """Return counts and first names, for the summary."""
        found: dict[str, object] = {"clips": len(self.clips)}
        for key, ids in (("rows_of_no_clip", self.rows_of_no_clip), ("clips_without_row", self.clips_without_row)):
            if ids:
                found[key] = {"count": len(ids), "first": ids[:FEW]}
        return found


_WAYS: dict[str, tuple[str, Callable[[str], str]]] = {
    "strip_zeros": ("leading zeros", lambda clip: _strip_zeros(clip)),
    "stem": ("a folder or an ending", lambda clip: _stem(clip)),
    "any_case": ("upper and lower case", str.casefold),
}


def match(clips: Sequence[str], ids: Sequence[str], source: str, how: Matching) -> Matched:
    """Return which row belongs to which clip.

    Raises
    ------
    RaymerError
        When two rows or two clips are the same for `how`, or no row belongs to a clip.
    UsageError
        When few do, and another way to compare would find more: it is named.
    """
    row_of = _keys(ids, how, source, "row")
    clip_of = _keys(clips, how, "the corpus", "clip")
    wanted = [clip for clip in clips if how.key(clip) in row_of]
    if 2 * len(wanted) < len(set(clips)):
        _refuse_few(clips, ids, source, how, len(wanted))
    rows = np.array([row_of[how.key(clip)] for clip in wanted], dtype=int)
    strangers = [row for row in ids if how.key(row) not in clip_of]
    known = set(wanted)
    return Matched(wanted, rows, strangers, [clip for clip in clips if clip not in known])


def _keys(ids: Sequence[str], how: Matching, source: str, what: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for row, clip in enumerate(ids):
        key = how.key(clip)
        if key in found:
            other = ids[found[key]]
            raise RaymerError(f"{source}: the {what}s {other!r} and {clip!r} are the same id the way they are compared")
        found[key] = row
    return found


def _refuse_few(clips: Sequence[str], ids: Sequence[str], source: str, how: Matching, matched: int) -> None:
    """Raise where another way to compare ids finds more, or where none belongs to a clip."""
    best: tuple[int, tuple[str, ...]] = (matched, ())
    free = [name for name in _WAYS if not getattr(how, name)]
    for size in range(1, len(free) + 1):
        for names in combinations(free, size):
            other = Matching(**{name: getattr(how, name) or name in names for name in _WAYS})
            mine, theirs = {other.key(clip) for clip in clips}, {other.key(row) for row in ids}
            both = len(mine & theirs)
            if len(mine) == len(set(clips)) and len(theirs) == len(set(ids)) and both > best[0]:
                best = (both, names)
    if best[1]:
        reasons = " and ".join(_WAYS[name][0] for name in best[1])
        fields = ", ".join(f"{name}=True" for name in best[1])
        raise UsageError(
            f"{source}: {matched} of its {len(ids)} ids are clips as they stand ({ids[0]!r} there, {clips[0]!r} here); "
            f"{best[0]} differ by {reasons} only: {fields}"
        )
    if matched == 0:
        raise RaymerError(
            f"{source}: none of its {len(ids)} rows belongs to one of the {len(clips)} clips "
            f"({', '.join(map(repr, ids[:3]))} there, {', '.join(map(repr, list(clips)[:3]))} here)"
        )


def _strip_zeros(clip: str) -> str:
    return re.sub(r"(?<!\d)0+(?=\d)", "", clip)


def _stem(clip: str) -> str:
    """Return an id without its folder and its ending (letters after the last point: a.0 keeps its number)."""
    name = PurePosixPath(clip.replace("\\", "/")).name
    return re.sub(r"\.(?=[A-Za-z0-9]{1,5}$)(?=.*[A-Za-z])[^.]+$", "", name) or name


def groups_from(ids: np.ndarray, pattern: str) -> np.ndarray:
    """Return the group of each id (n_clips,): what the pattern's brackets hold, or all that it matches without any.

    Raises
    ------
    UsageError
        For what is no pattern, one with several brackets, ids that it does not match whole, or that gives every clip
        a group of its own.
    """
    try:
        rule = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"group_from={pattern!r} is no regular expression: {error}") from error
    if rule.groups > 1:
        raise UsageError(f"group_from={pattern!r} has {rule.groups} brackets: one holds the group")
    found = [rule.fullmatch(clip) for clip in ids.tolist()]
    lacking = [clip for clip, match in zip(ids.tolist(), found, strict=True) if match is None or not match[rule.groups]]
    if lacking:
        raise UsageError(
            f"group_from={pattern!r} gives {len(lacking)} of {len(ids)} ids no group ({', '.join(lacking[:3])} ...)"
        )
    groups = np.array([match[rule.groups] for match in found if match is not None], dtype=str)
    if len(np.unique(groups)) == len(ids):
        raise UsageError(f"group_from={pattern!r} makes every clip its own group: put what clips share in brackets")
    return groups
