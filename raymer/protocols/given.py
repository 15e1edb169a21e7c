"""Given splits: those that the data came with, or that somebody else made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from raymer.errors import UsageError
from raymer.protocols.clips import Clips
from raymer.protocols.split_files import Line, each_fold, hash_of, read_split_file
from raymer.protocols.splits import Split, said

PARTS = ("train", "valid", "test")


@dataclass(frozen=True)
class Given:
    """The split that a kept column or a file gives: train, valid and test; clips in no part are left out.

    A column of whole numbers, where no part is named, holds folds: each is the test part once.

    Parameters
    ----------
    column : str, optional
        A kept column (or class) that holds each clip's part.
    file : str, optional
        A table or a folder of lists, as `read_split_file` takes it; one of column and file.
    train, valid, test : str or sequence of str, optional
        What the parts are called there, in any case (default: train, valid, test). Several names are one part:
        `train: [train, valid]` trains on both.
    """

    column: str | None = None
    file: str | None = None
    train: str | Sequence[str] | None = None
    valid: str | Sequence[str] | None = None
    test: str | Sequence[str] | None = None

    def __post_init__(self) -> None:
        if (self.column is None) == (self.file is None):
            raise UsageError("protocol given takes a column or a file, one of them")
        for part in PARTS:
            called = getattr(self, part)
            if isinstance(called, list):
                object.__setattr__(self, part, tuple(called))
        self._part_of  # noqa: B018 - two parts of one name are refused here and not in the middle of a run

    def splits(self, clips: Clips) -> list[Split]:
        """Return the splits, clips in their order.

        Raises
        ------
        UsageError
            For a part that is none of train, valid and test, a clip in two parts of one split, a file that knows none
            of the clips, and a split without a train or a test part.
        """
        place = {clip: row for row, clip in enumerate(clips.ids.tolist())}
        parts: dict[tuple[int, int], dict[str, str]] = {}
        for line in self._lines(clips):
            part = self._part(line)
            if part is None or line.id not in place:
                continue
            inside = parts.setdefault((line.repeat, line.fold), {})
            if line.id in inside:
                raise UsageError(f"{line.where}: clip {line.id!r} stands twice in one split")
            inside[line.id] = part
        if not parts:
            raise UsageError(
                f"{self._source} puts none of the {len(clips)} clips into a part: compare how ids are written"
            )
        return [self._split(where, inside, clips, place) for where, inside in sorted(parts.items())]

    def _split(
        self, where: tuple[int, int], part_of: Mapping[str, str], clips: Clips, place: Mapping[str, int]
    ) -> Split:
        rows: dict[str, list[int]] = {part: [] for part in PARTS}
        for clip, part in part_of.items():
            rows[part].append(place[clip])
        for part in ("train", "test"):
            if not rows[part]:
                raise UsageError(
                    f"{self._source}: no clip is in the {part} part: say what it is called there ({part}: NAME)"
                )
        train, valid, test = (clips.ids[np.sort(np.array(rows[part], dtype=np.int64))] for part in PARTS)
        return Split(*where, train, test, valid)

    def _lines(self, clips: Clips) -> list[Line]:
        if self.file is not None:
            return read_split_file(Path(self.file))
        assert self.column is not None
        cells = zip(clips.ids.tolist(), clips.column(self.column).tolist(), strict=True)
        lines = [Line(clip, 0, 0, cell, f"column {self.column}") for clip, cell in cells]
        are_folds = all(line.part.isdecimal() for line in lines if line.part)
        nobody_said = self.train is None and self.valid is None and self.test is None
        return each_fold(lines) if are_folds and nobody_said else lines

    def _part(self, line: Line) -> str | None:
        if not line.part:
            return None
        part = self._part_of.get(line.part.casefold())
        if part is None:
            hint = f"; {{kind: leave_one_group_out, group: {self.column}}} tests each value once" if self.column else ""
            raise UsageError(
                f"{line.where}: clip {line.id!r} is in {line.part!r}: say which part that is "
                f"(train: {line.part}, valid: ... or test: ...){hint}"
            )
        return part

    @property
    def _part_of(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for part in PARTS:
            called = getattr(self, part)
            for name in (part,) if called is None else (called,) if isinstance(called, str) else called:
                if called is None and name in found:
                    continue  # `train: [train, valid]`: the name is taken
                if name.casefold() in found:
                    raise UsageError(f"protocol given: {name!r} is called {found[name.casefold()]} and {part}")
                found[name.casefold()] = part
        return found

    @property
    def _source(self) -> str:
        return f"column {self.column}" if self.column is not None else str(self.file)

    def notes(self, clips: Clips) -> tuple[str, ...]:
        """Say which clips are in no part, which ids are no clips, and which test clips share a group with train."""
        lines = [line for line in self._lines(clips) if line.part]
        known = set(clips.ids.tolist())
        named = {line.id for line in lines}
        outside = len(known - named)
        strangers = len(named - known)
        found = [f"{outside} of {len(clips)} clips are in no part of {self._source}: left out"] if outside else []
        if strangers:
            found.append(f"{strangers} of {len(named)} ids in {self._source} are no clips here")
        group_of = dict(zip(clips.ids.tolist(), clips.groups.tolist(), strict=True))
        splits = self.splits(clips)
        shared = 0
        for split in splits:
            groups = {group_of[clip] for clip in split.train.tolist()}
            shared += sum(group_of[clip] in groups for clip in split.test.tolist())
        if shared:
            over = f", over {len(splits)} splits," if len(splits) > 1 else ""
            tested = sum(len(split.test) for split in splits)
            found.append(f"{shared} of {tested} test clips{over} have their group in the train part")
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-ready data; a file counts by its content, wherever it lies."""
        rule: dict[str, Any] = {"kind": "given", "column": self.column}
        if self.file is not None:
            rule |= {"file": Path(self.file).name, "content": hash_of(Path(self.file))}
        names = {part: getattr(self, part) for part in PARTS}
        return said(rule | {part: list(name) if isinstance(name, tuple) else name for part, name in names.items()})
