"""Every column of a table has a role: id, group, target, feature, kept, ignored; what is doubtful is asked about."""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from raymer.corpora.door.columns import fault_of, is_number
from raymer.corpora.door.questions import ROLES, Question
from raymer.corpora.door.suspects import Surroundings, counts_rows, doubt, doubt_text, is_copy, is_whole
from raymer.corpora.door.table_data import TableData, resolve, shown
from raymer.corpora.tables import ID_COLUMNS
from raymer.errors import RaymerError, UsageError

FEW_VALUES = 12
TAKEN = ("clip_id", "group", "audio")
"""Names that a clip table has of its own: no target may be called so."""


@dataclass(frozen=True)
class RoleOptions:
    """What a person says of the columns; names without regard to case, feature, keep and ignore also as patterns."""

    id: tuple[str, ...] = ()
    group: str | None = None
    targets: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    feature: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    number_rows: bool = False
    mean_over: str | None = None
    group_from: str | None = None
    drop_columns: bool = False


@dataclass
class Roles:
    """The roles that columns have; `kinds` says of each target whether it is a number or a class."""

    id: tuple[str, ...]
    group: str | None
    kinds: dict[str, str]
    features: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)
    mean_over: str | None = None
    group_from: str | None = None
    questions: list[Question] = field(default_factory=list)

    def record(self, renamed: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return which column has which role, JSON-ready; `renamed` says what kept columns had to be called."""
        names = renamed or {}
        found: dict[str, Any] = {
            "id": list(self.id) or "numbered",
            "group": self.group,
            "targets": dict(self.kinds),
            "features": {"count": len(self.features), "names": _ends(self.features)},
            "lists": list(self.lists),
            "kept": [f"{name} as {names[name]}" if name in names else name for name in self.kept],
            "ignored": dict(self.ignored),
            "mean_over": self.mean_over,
            "group_from": self.group_from,
        }
        return {key: value for key, value in found.items() if value not in (None, [], {})}


def _ends(names: Sequence[str]) -> list[str]:
    return list(names) if len(names) <= 6 else [*names[:3], "...", *names[-3:]]


def stay_text(names: Sequence[str], options: RoleOptions, source: str) -> list[str]:
    """Return the columns whose text must not be lost: ids, groups, classes, what is kept."""
    wanted = [*options.id, *options.classes, *options.keep, *([options.group] if options.group else [])]
    wanted += [options.mean_over] if options.mean_over else []
    if not options.id:
        wanted += [name for name in names if name.casefold() in ID_COLUMNS]
    found = dict.fromkeys(name for pattern in wanted for name in matching(pattern, names))
    return [name for name in names if name in found]


def matching(pattern: str, names: Sequence[str]) -> list[str]:
    """Return the names that a name or a pattern (*, ?) means; brackets stand for themselves."""
    exact = [name for name in names if name == pattern] or [
        name for name in names if name.casefold() == pattern.strip().casefold()
    ]
    if exact or not ("*" in pattern or "?" in pattern):
        return exact
    return fnmatch.filter(names, pattern.replace("[", "[[]"))


def assign(data: TableData, options: RoleOptions, *, needs_targets: bool = True) -> Roles:
    """Give every column its role; doubtful ones are in `questions`.

    Raises
    ------
    UsageError
        When no id or target can be told, or a column is given two roles.
    RaymerError
        When a column is missing or a target cannot be one.
    """
    source, names = data.source, data.names
    ids = find_ids(data, options)
    group = resolve(options.group, names, source, "group") if options.group else None
    for name in (*ids, *([group] if group else [])):
        if name in data.lists:
            raise RaymerError(f"{source}: column {name!r} holds lists: the id and the group are texts or numbers")
    if group is not None and options.group_from is not None:
        raise UsageError("group= and group_from= are two ways to name groups: leave one out")
    over = resolve(options.mean_over, names, source, "mean_over") if options.mean_over else None
    kinds = _kinds(data, options) if needs_targets else {}
    taken = dict.fromkeys(ids, "id") | ({over: "mean_over"} if over else {})
    for name in kinds:
        if name in taken or name == group:
            raise UsageError(f"{source}: {name!r} cannot be a target and the {taken.get(name, 'group')} too")
        if name in TAKEN:
            raise UsageError(f"{source}: a target cannot be called {name!r} ({', '.join(TAKEN)} are taken): rename it")
    roles = Roles(ids, group, kinds, mean_over=over, group_from=options.group_from)
    said = _said(data, options, {*taken, *kinds, *([group] if group else [])})
    around = _surroundings(data, roles, options.targets if not needs_targets else ())
    for name in names:
        if name in taken or name in kinds or name == group:
            continue
        _place(name, said.get(name), data, roles, around, options)
    roles.questions = [*_few_values(data, roles, options), *roles.questions]
    return roles


def find_ids(data: TableData, options: RoleOptions) -> tuple[str, ...]:
    """Return the columns of the id: those named, else the one with a usual name; none where rows are numbered."""
    if options.id:
        if options.number_rows:
            raise UsageError("id= and number_rows=True are two ways to name clips: leave one out")
        return tuple(dict.fromkeys(resolve(name, data.names, data.source, "id") for name in options.id))
    if options.number_rows:
        return ()
    found = [name for usual in ID_COLUMNS for name in data.names if name.casefold() == usual]
    texts = [name for name in found if name in data.texts]
    if len(texts) > 1:
        raise UsageError(
            f"{data.source}: {' or '.join(map(repr, texts))} may be the id: say which with id={texts[0]!r}"
        )
    if not texts and len(data.index) == 1:  # the frame's own index
        return data.index
    if not texts:
        raise UsageError(
            f"{data.source} has none of the columns {', '.join(ID_COLUMNS)}: name the id with id=COLUMN, or "
            f"number_rows=True for ids 1, 2, 3 ...; it has {shown(data.names)}"
        )
    return (texts[0],)


def _kinds(data: TableData, options: RoleOptions) -> dict[str, str]:
    """Return number or class for every target, in the order they were named."""
    asked = list(dict.fromkeys((*options.targets, *options.classes, *options.numbers)))
    if not asked:
        raise UsageError(f"say which columns are predicted: targets=NAME (again for more); it has {shown(data.names)}")
    column = {name: resolve(name, data.names, data.source, "target") for name in asked}
    classes = {column[name] for name in options.classes}
    numbers = {column[name] for name in options.numbers}
    if classes & numbers:
        raise UsageError(f"{data.source}: {sorted(classes & numbers)[0]!r} cannot be classes and a number")
    kinds = {}
    for name in dict.fromkeys(column.values()):
        if name in data.lists:
            raise RaymerError(f"{data.source}: target {name!r} holds lists, not a number or a class")
        if name in data.mixed:
            _refuse_mixed(data, name, "it is a target: mend the cell, or classes=NAME takes it as text")
        if name in numbers and name in data.texts:
            cell = next(cell for cell in data.texts[name] if cell is not None and not is_number(cell))
            raise RaymerError(f"{data.source}: target {name!r} holds {cell!r}, which is no number")
        kinds[name] = "class" if name in classes or name in data.texts else "number"
    return kinds


def _refuse_mixed(data: TableData, name: str, what: str) -> None:
    found = data.mixed[name]
    ids = next(iter(data.texts[column] for column in data.names if column in data.texts and column != name), None)
    row = f"row of {ids[found.row]!r}" if ids is not None and ids[found.row] is not None else f"row {found.row + 1}"
    more = f" ({found.count} such cells in all)" if found.count > 1 else ""
    raise RaymerError(f"{data.source}: {row}, column {name!r}: {found.first!r} {fault_of(found.first)}{more}; {what}")


def _said(data: TableData, options: RoleOptions, taken: set[str]) -> dict[str, str]:
    """Return the role that a person gave each column; a name weighs more than a pattern."""
    said: dict[str, tuple[str, str]] = {}
    for role in ROLES:
        for pattern in getattr(options, role):
            found = matching(pattern, data.names)
            if not found:
                resolve(pattern, data.names, data.source, role)
                raise UsageError(f"{data.source}: {role}={pattern!r} fits no column")
            exact = not ("*" in pattern or "?" in pattern) or pattern in data.names
            for name in found:
                before = said.get(name)
                if name in taken:
                    if exact:
                        raise UsageError(
                            f"{data.source}: {name!r} has a role already: {role}={name!r} cannot be heeded"
                        )
                    continue
                if before and before[0] != role and (before[1] == "exact") == exact:
                    raise UsageError(f"{data.source}: {name!r} is given two roles, {before[0]}= and {role}=")
                if before is None or exact:
                    said[name] = (role, "exact" if exact else "pattern")
    return {name: role for name, (role, _) in said.items()}


def _surroundings(data: TableData, roles: Roles, other_targets: Sequence[str]) -> Surroundings:
    labels = {
        name: data.number(name) for name, kind in roles.kinds.items() if kind == "number" and name in data.numeric
    }
    codes = None
    if roles.group is not None and roles.group in data.texts:
        cells = np.array([cell or "" for cell in data.texts[roles.group]], dtype=str)
        codes = np.unique(cells, return_inverse=True)[1]
    return Surroundings([*roles.kinds, *other_targets], labels, roles.group, codes)


def _place(
    name: str, said: str | None, data: TableData, roles: Roles, around: Surroundings, options: RoleOptions
) -> None:
    """Put one column where it belongs."""
    if said == "ignore":
        roles.ignored[name] = "as asked"
    elif name in data.lists:
        if said == "keep":
            raise UsageError(f"{data.source}: {name!r} holds lists, which cannot be kept beside the clips")
        roles.lists.append(name)
    elif said == "keep":
        roles.kept.append(name)
    elif name in data.mixed:
        _refuse_mixed(data, name, f"mend it, or keep={name!r} or ignore={name!r}")
    elif name in data.texts:
        if said == "feature":
            cell = next((cell for cell in data.texts[name] if cell is not None), "")
            raise UsageError(f"{data.source}: {name!r} holds text ({cell!r}), which cannot be a feature")
        if all(cell is None for cell in data.texts[name]):
            roles.ignored[name] = "empty"
        elif question := doubt_text(name, data.texts[name]):
            roles.questions.append(question)
        else:
            roles.kept.append(name)
    elif said == "feature":
        roles.features.append(name)
    else:
        _place_numbers(name, data, roles, around, options)


def _place_numbers(name: str, data: TableData, roles: Roles, around: Surroundings, options: RoleOptions) -> None:
    column, nameless = data.number(name), name in data.nameless
    present = column[~np.isnan(column)]
    if nameless and (len(present) == 0 or counts_rows(present)):
        roles.ignored[name] = "has no name and counts the rows" if len(present) else "has no name and no cell"
        return
    if len(present) == 0 and options.drop_columns:
        roles.ignored[name] = "empty"
        return
    question = doubt(name, column, around, is_nameless=nameless) or _renamed_copy(name, data)
    if question is None:
        roles.features.append(name)
    else:
        roles.questions.append(question)


def _renamed_copy(name: str, data: TableData) -> Question | None:
    """Ask about X.1 where X is the same column: pandas renames the second of two columns of one name so."""
    base, _, number = name.rpartition(".")
    if not (number.isdigit() and base in data.numeric and is_copy(data.number(name), data.number(base))):
        return None
    return Question("copy", name, f"is a copy of {base!r}", ROLES, "ignore")


def _few_values(data: TableData, roles: Roles, options: RoleOptions) -> Iterable[Question]:
    """Ask whether targets with few different whole numbers are classes or a scale."""
    settled = {name.casefold() for name in (*options.classes, *options.numbers)}
    for name, kind in roles.kinds.items():
        if kind != "number" or name.casefold() in settled:
            continue
        column = data.number(name)
        values = np.unique(column[~np.isnan(column)])
        few = len(values) <= FEW_VALUES and is_whole(values) or len(values) == 2
        if len(values) > 1 and few and 3 * len(values) <= len(column):
            what = "whole numbers" if is_whole(values) else "numbers"
            why = f"has {len(values)} different {what} ({values[0]:g} to {values[-1]:g}): classes or a scale?"
            yield Question("few-values", name, why, ("classes", "numbers"), "classes")
