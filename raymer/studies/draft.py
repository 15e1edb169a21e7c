"""A draft: an experiment to begin with, made from a corpus' inputs, targets and groups."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from raymer.corpora.base import Corpus, Target
from raymer.errors import UsageError
from raymer.features.folders import built_features
from raymer.plain import visible

ALPHAS = (0.1, 1, 10, 100, 1000, 10000, 100000)
CS = (0.1, 1, 10, 100)
EPOCHS = 100
FOLDS = 10
WIDTHS = (64, 32, 16, 8, 4, 2)
"""Common widths, of which the largest is taken that every table has."""


@dataclass(frozen=True)
class _Table:
    """What a draft needs to know of an input."""

    name: str
    features: int
    clips: int
    missing: bool


def draft(corpus: Corpus, targets: Sequence[str] = (), places: Mapping[str, str] | None = None) -> str:
    """Return the YAML of an experiment on `corpus`, with comments that say what to change.

    Parameters
    ----------
    corpus : Corpus
    targets : sequence of str
        By default all numbers of the corpus, or all classes where it has no numbers.
    places : mapping of str to str, optional
        Where `corpus` and `store` lie, from the folder that the YAML is for; without, the command line says it.

    Raises
    ------
    UsageError
        For an unknown target, targets of both kinds, or a corpus without an input or a target.
    """
    chosen = _targets(corpus, targets)
    tables = [
        _Table(item.name, item.values.shape[1], len(item.clip_ids), bool(np.isnan(item.values).any()))
        for item in corpus.inputs.values()
    ]
    frames = [path.name for path in built_features(corpus.folder)] if corpus.folder else []
    frames = [_short(name, frames) for name in frames if name not in corpus.inputs]
    if not tables and not frames:
        raise UsageError(
            f"corpus {corpus.name} has no input: make one with `raymer features`, or bring one with `raymer add`"
        )
    kind = chosen[0].kind
    where = "" if places else " -c CORPUS -s STORE"
    lines = [
        f"# {visible(corpus.name, lines=False)}: {len(corpus.clips)} clips. "
        "Which representation predicts better, and may that be claimed?",
        f"#   raymer run THIS.yaml{where}",
        f"#   raymer compare THIS.yaml SYSTEM SYSTEM{where}",
        f"#   raymer report THIS.yaml{where} -o REPORT",
        f"name: {_text(corpus.name + '-draft')}",
        f"title: {_text('Representations of ' + corpus.name)}",
        f"corpus: {_text(corpus.name)}",
        *_places(places or {}),
        f"targets: [{', '.join(_text(target.name) for target in chosen)}]",
        *_left_out(corpus, chosen),
        f"metric: {'r2' if kind == 'number' else 'accuracy'}",
        "seed: 0",
        *([f"epochs: {EPOCHS}  # of the networks on sequences", f"every: {EPOCHS}"] if frames else []),
        "protocols:",
        *_protocol(corpus, kind),
        "systems:",
        f"  - {{system: No information, method: no_information, input: {_text(tables[0].name)}}}" if tables else "",
        *_systems(tables, frames, kind, len(corpus.clips)),
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _places(places: Mapping[str, str]) -> list[str]:
    said = ", ".join(f"{kind}: {_text(place)}" for kind, place in places.items())
    return [f"places: {{{said}}}  # from the folder of this file"] if places else []


def _short(name: str, names: Sequence[str]) -> str:
    """Return the name of built features without their hash, where no others begin so."""
    short = re.sub(r"-[0-9a-f]{16}$", "", name)
    return short if sum(other == short or other.startswith(f"{short}-") for other in names) == 1 else name


def _targets(corpus: Corpus, names: Sequence[str]) -> list[Target]:
    if names:
        chosen = [corpus.target(name) for name in names]
        if len({target.kind for target in chosen}) > 1:
            raise UsageError("targets are numbers and classes: draft one experiment for each kind")
        return chosen
    numbers = [target for target in corpus.targets if target.kind == "number"]
    chosen = numbers or list(corpus.targets)
    if not chosen:
        raise UsageError(f"corpus {corpus.name} has no target")
    return chosen


def _left_out(corpus: Corpus, chosen: Sequence[Target]) -> list[str]:
    rest = [target.name for target in corpus.targets if target not in chosen]
    return [f"# left out, an experiment of their own: {visible(', '.join(rest), lines=False)}"] if rest else []


def _protocol(corpus: Corpus, kind: str) -> list[str]:
    """Return the folds: by group where groups are known; what else the clips have is named in a comment."""
    groups = corpus.clips["group"].nunique()
    lines = []
    if corpus.group_name is not None and groups >= 2:
        way, folds = ("stratified_group" if kind == "class" else "group_kfold"), min(FOLDS, groups)
        lines.append(f"  # no {visible(corpus.group_name, lines=False)} on both sides of a split: {groups} of them")
    else:
        way, folds = ("stratified" if kind == "class" else "kfold"), min(FOLDS, len(corpus.clips))
        lines.append("  # no groups were given at import: clips of one artist or song may lie on both sides")
    if kind == "class":
        classes = [target.name for target in corpus.targets if target.kind == "class"]
        folds = max(2, min(folds, *(int(corpus.clips[name].value_counts().min()) for name in classes)))
    lines.append(f"  folds: {{kind: {way}, folds: {folds}, seed: 0}}")
    for column in corpus.kept:
        found = {str(value).casefold() for value in corpus.clips[column].dropna()}
        if {"train", "test"} <= found:
            lines.append(f"  # given: {{kind: given, column: {_text(column)}}}")
        elif 2 <= len(found) <= FOLDS:
            label = _text(f"by {column}")
            lines.append(f"  # {label}: {{kind: group_kfold, folds: {len(found)}, group: {_text(column)}}}")
    return lines


def _systems(tables: Sequence[_Table], frames: Sequence[str], kind: str, clips: int) -> list[str]:
    linear, kernel = ("ridge", "svr") if kind == "number" else ("logistic", "svc")
    values = f"alpha: {list(ALPHAS)}" if kind == "number" else f"C: {list(CS)}"
    tuned_linear = f"{{use: {linear}, tune: {{{values}}}}}"
    tuned_kernel = f"{{use: {kernel}, tune: {{C: {list(CS)}}}}}"
    lines = ["  # a probe tuned inside the fold, on each representation as it is"]
    for table in tables:
        lines.append(_row(f"{table.name} {linear}", table, [tuned_linear], clips))
        lines.append(_row(f"{table.name} {kernel}", table, [tuned_kernel], clips))
    narrow = min((table.features for table in tables), default=0)
    width = next((width for width in WIDTHS if width <= min(narrow, clips // 2)), None)
    if width is not None:
        lines.append(f"  # at one width, {width}: a wide table has no other advantage then")
        for table in tables:
            for reducer in ("pca", "tnn"):
                steps = [f"{{use: {reducer}, width: {width}}}", tuned_kernel if reducer == "pca" else kernel]
                lines.append(_row(f"{table.name} {reducer}-{width} {kernel}", table, steps, clips))
    if len(tables) > 1:
        gaps = any(table.missing for table in tables)
        everything = _Table("all", sum(table.features for table in tables), clips, gaps)
        lines.append("  # all tables side by side")
        lines.append(_row(f"all {kernel}", everything, [tuned_kernel], clips))
    if frames:
        lines.append("  # networks on sequences")
        lines += [f"  - {{system: {_text(name + ' rbf-sl')}, method: rbf-sl, input: {_text(name)}}}" for name in frames]
    return lines


def _row(label: str, table: _Table, steps: Sequence[str], clips: int) -> str:
    """Return one system; gaps are filled, and of tables wider than there are clips outliers are clipped."""
    before = ["{use: impute}"] if table.missing else []
    if table.features > clips:
        before.append("{use: clip, sd: 5}")
    what = "inputs: all" if table.name == "all" else f"input: {_text(table.name)}"
    return f"  - {{system: {_text(label)}, {what}, steps: [{', '.join([*before, 'scale', *steps])}]}}"


def _text(text: str) -> str:
    """Return text as YAML takes it: plain where it is a word, else quoted."""
    is_plain = text.replace(" ", "").replace("-", "").replace("_", "").isalnum() and text[:1].isalpha()
    is_word = text.lower() not in ("yes", "no", "on", "off", "true", "false", "null", "y", "n")
    return text if is_plain and is_word and text == text.strip() and text.isascii() else json.dumps(text)
