"""Planned comparisons of methods that are trained by epochs and predict all targets at once; names of systems."""

import numpy as np
import pytest

from raymer.engine.machine import SERIAL
from raymer.engine.run import run_plan
from raymer.errors import UsageError
from raymer.experiments.loading import load_experiment
from raymer.experiments.spec import Experiment, ProtocolSpec, SystemSpec
from raymer.identity import array_hash
from raymer.results.frame import last_epoch
from raymer.results.store import ResultStore
from raymer.stats import compare
from raymer.studies.comparison import PlannedComparison, plan_comparison, with_splits
from raymer.studies.fit import plan
from raymer.studies.looks import plan_comparison_looks
from raymer.studies.naming import find_system, system_labels
from raymer.studies.samples import Samples
from raymer.studies.study import PlannedSystem, Study

RULE = ProtocolSpec(kind="random", count=3, train_share=0.75)
SPEC = Experiment(
    name="t",
    title="t",
    corpus="t",
    metric="pearson",
    targets=("joy", "calm"),
    protocols={"splits": RULE},
    systems=tuple(
        SystemSpec(system=name.upper(), method=name, reducer={"hidden": (8, 4), "excerpt": 10, "batch": 8})
        for name in ("nn", "fl")
    ),
    epochs=3,
    every=2,
)


@pytest.fixture
def planned():
    rng = np.random.default_rng(0)
    lengths = rng.integers(12, 20, 24)
    y = rng.uniform(0, 1, (24, 2))
    frames = np.concatenate([rng.normal(size=(k, 6)) + 2 * y[i, :1] for i, k in enumerate(lengths)])
    ends = np.cumsum(lengths)
    ids = np.array([f"c{k:02d}" for k in range(24)])
    labels = {"joy": y[:, 0], "calm": y[:, 1]}
    marks = {name: array_hash(values) for name, values in labels.items()}
    bounds = np.stack([ends - lengths, ends], 1)
    samples = Samples("t", "logmel", ids, ids, frames.astype(np.float32), (), labels, "f", marks, bounds)
    asked = [(SPEC.build(row), RULE.build()) for row in SPEC.systems]
    fits = [plan(samples, [(method, rule)], SPEC.targets).fits for method, rule in asked]
    systems = tuple(
        PlannedSystem(row.system, "splits", "logmel", method, 4, {}, own, len(own))
        for row, (method, _), own in zip(SPEC.systems, asked, fits, strict=True)
    )
    metrics = dict.fromkeys(SPEC.targets, SPEC.metrics)
    study = Study(SPEC, plan(samples, asked, SPEC.targets), systems, {"logmel": len(ids)}, metrics)
    return PlannedComparison(study, ("nn", "fl"), RULE, ("joy", "average"))


def test_a_target_of_a_fit_of_all_targets_takes_the_whole_fit(planned, tmp_path):
    assert [len(planned.plan(targets).fits) for targets in (("joy",), ("average",), ("joy", "calm"))] == [6, 6, 6]
    assert len(planned.plan(count=2).fits) == 4
    store = ResultStore(str(tmp_path))
    run_plan(planned.plan(), store, machine=SERIAL)
    scores = planned.scores(store)
    assert set(scores["target"]) == {"joy", "calm", "average"}
    assert last_epoch(scores, "pearson") == 3
    values = {}
    for target in ("joy", "calm", "average"):
        found = compare(scores, "nn", "fl", target=target, metric="pearson", epoch=3)[0]
        assert found.splits == 3
        values[target] = found.difference
    assert values["average"] == pytest.approx((values["joy"] + values["calm"]) / 2)
    assert set(planned.scores(store, 2)["repeat"]) == {0, 1}


def test_labels_are_the_shortest_that_tell_systems_apart():
    systems = load_experiment("cheuk2020-deam").systems
    labels = system_labels(systems)
    assert len(set(labels)) == len(systems)
    assert [find_system(label, systems) for label in labels] == list(range(len(systems)))
    assert labels[0] == "svr"
    assert "tnn-svr@50" in labels
    alike = [SystemSpec(system="A", method="svr"), SystemSpec(system="B", method="svr", predictor={"C": 2.0})]
    assert system_labels(alike) == ("A", "B")
    same = [SystemSpec(system="A", method="svr")] * 2
    assert system_labels(same) == ("svr#1", "svr#2")
    with pytest.raises(UsageError, match="'svr' names 2 systems: say which, A, B"):
        find_system("svr", alike)


@pytest.mark.parametrize(
    ("rule", "splits", "expected"),
    [
        (ProtocolSpec(kind="random", seed=3), 150, {"kind": "random", "count": 150, "train_share": 0.9, "seed": 3}),
        (ProtocolSpec(folds=5), 20, {"kind": "random", "count": 20, "train_share": 0.8, "seed": 0}),
        (
            ProtocolSpec(kind="group_kfold", seed=2),
            20,
            {"kind": "group_random", "count": 20, "train_share": 0.9, "seed": 2},
        ),
        (ProtocolSpec(kind="repeated_kfold"), 50, {"kind": "repeated_kfold", "folds": 10, "repeats": 5, "seed": 0}),
    ],
)
def test_another_number_of_splits(rule, splits, expected):
    assert with_splits(rule, splits).build().to_dict() == expected


def test_no_whole_number_of_repeats_is_refused():
    with pytest.raises(UsageError, match="a multiple of 10 splits"):
        with_splits(ProtocolSpec(kind="repeated_kfold"), 55)


def test_the_rule_of_the_looks_is_the_careful_one_where_splits_are_not_alike(corpus):
    text = {"name": "t", "title": "t", "corpus": "synthetic", "targets": ["valence"]}
    systems = [{"system": "A", "method": "svr"}, {"system": "B", "method": "rp-svr", "reducer": {"width": 4}}]
    rules = {kind: {"kind": kind, "count": 40, "train_share": 0.7} for kind in ("random", "group_random")}
    spec = Experiment.model_validate(text | {"systems": systems, "protocols": rules})
    plans = [plan_comparison_looks(plan_comparison(spec, corpus, ["A", "B"], protocol=kind)) for kind in rules]
    assert [[look.splits for look in one.looks] for one in plans] == [[10, 20, 30, 40]] * 2
    assert "covariance" in plans[0].rule
    assert "Bonferroni" in plans[1].rule
    assert sum(look.alpha for look in plans[1].looks) == pytest.approx(0.05)
    assert sum(look.alpha for look in plans[0].looks) > 0.05, "looks hang together: their levels need not add up"
