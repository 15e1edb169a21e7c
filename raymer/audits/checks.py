"""The catalogue of checks: their kinds of fault and the functions that look for them, in the order they are told."""

from collections.abc import Callable
from dataclasses import dataclass

from raymer.audits import (
    both_sides,
    classes,
    codes,
    columns,
    copies,
    counters,
    coverage,
    given,
    golden,
    group_features,
    groups,
    labels,
    names,
    order,
    overlap,
    second_label,
    slices,
    sounds,
    twins,
)
from raymer.audits.finding import Finding, Kind
from raymer.corpora.base import Corpus


@dataclass(frozen=True)
class Check:
    """One check: its kind, the function that looks, and whether it is quick enough for every import and run."""

    kind: Kind
    look: Callable[[Corpus], list[Finding]]
    quick: bool = True


CHECKS = (
    Check(copies.KIND, copies.look),
    Check(golden.KIND, golden.look, quick=False),
    Check(names.KIND, names.look),
    Check(second_label.KIND, second_label.look, quick=False),
    Check(second_label.LIKE, second_label.look_alike),
    Check(counters.KIND, counters.look),
    Check(names.BOOKKEEPING, names.look_for_bookkeeping),
    Check(group_features.KIND, group_features.look),
    Check(coverage.STRONG, coverage.look_for_strong, quick=False),
    Check(labels.CONSTANT, labels.look_for_constant),
    Check(labels.RANGE, labels.look_at_range),
    Check(codes.LABEL, codes.look_at_labels),
    Check(labels.SWAPPED, labels.look_for_swapped),
    Check(labels.TIES, labels.look_for_ties),
    Check(labels.EQUAL, labels.look_for_equal_folds),
    Check(classes.KIND, classes.look),
    Check(classes.SPELT, classes.look_at_spelling),
    Check(groups.NONE, groups.look_for_none),
    Check(slices.KIND, slices.look),
    Check(groups.GIANT, groups.look_for_giant),
    Check(groups.SIZES, groups.look_at_sizes),
    Check(groups.SPELT, groups.look_at_spelling),
    Check(groups.CLASSES, groups.look_for_classes),
    Check(both_sides.KIND, both_sides.look),
    Check(order.LABELS, order.look),
    Check(order.GROUPS, order.look_at_groups),
    Check(twins.SAME, twins.look),
    Check(twins.NEAR, twins.look_near, quick=False),
    Check(sounds.FILE, sounds.look_at_files),
    Check(sounds.SOUND, sounds.look, quick=False),
    Check(columns.OUTLIER, columns.look_for_outliers),
    Check(codes.FEATURE, codes.look_at_features),
    Check(columns.DEAD, columns.look_for_dead),
    Check(columns.TWICE, columns.look_for_twice),
    Check(columns.MISSING, columns.look_for_holes),
    Check(coverage.COVERAGE, coverage.look),
)

KINDS = (
    *(check.kind for check in CHECKS),
    given.KIND,
    overlap.SHARED,
    overlap.EXCHANGED,
    overlap.DISAGREE,
    overlap.SAME_IDS,
    overlap.ACROSS,
)
"""Every kind of fault an audit can tell; the last six with fixed splits or a second corpus only."""
