"""Which metrics go with which targets, and what is undefined: said before any fit."""

import numpy as np
import pandas as pd
import pytest

import raymer
from raymer.corpora.base import Corpus, Input, Target
from raymer.engine.machine import SERIAL
from raymer.errors import UsageError
from raymer.experiments.spec import Experiment
from raymer.studies.measures import metrics_of, unseen_words
from raymer.studies.study import make_study

CLASSES = np.array(["jazz", "pop", "rock"])


@pytest.fixture(scope="module")
def clips() -> Corpus:
    """36 clips, 12 groups; a group's labels of `flat` are equal, `style` is the group's own for two of them."""
    rng = np.random.default_rng(0)
    ids = np.array([f"c{k:02d}" for k in range(36)])
    group = np.arange(36) // 3
    columns = {
        "joy": rng.normal(size=36),
        "flat": group.astype(float),
        "same": np.full(36, 0.1),
        "genre": CLASSES[np.arange(36) % 3],
        "style": np.where(group == 0, "ska", np.where(group == 1, "dub", CLASSES[group % 3])),
    }
    table = pd.DataFrame({"clip_id": ids, "group": [f"g{k:02d}" for k in group], **columns})
    targets = tuple(Target(name, "number" if values.dtype.kind == "f" else "class") for name, values in columns.items())
    item = Input("features", ids, rng.normal(size=(36, 4)), ("a", "b", "c", "d"))
    return Corpus("tiny", table, targets, {"features": item})


def spec(targets, metric=None, protocol=None, systems=("knn",), **more) -> Experiment:
    rows = [{"system": name, "method": name} for name in systems]
    protocols = {"p": protocol or {"folds": 3}}
    asked = {} if metric is None else {"metric": metric}
    return Experiment(
        name="e", title="e", corpus="tiny", targets=targets, protocols=protocols, systems=rows, **asked, **more
    )


def test_each_target_has_the_metrics_of_its_kind_in_their_order(clips):
    study = make_study(spec(["joy", "genre"], ["accuracy", "ccc", "roc_auc", "r2"]), clips)
    assert study.metrics == {"joy": ("ccc", "r2"), "genre": ("accuracy", "roc_auc")}
    assert make_study(spec(["genre", "joy"]), clips).metrics == {"genre": ("accuracy",), "joy": ("r2",)}
    assert make_study(spec(["joy"], "rmse"), clips).metrics == {"joy": ("rmse",)}


@pytest.mark.parametrize(
    ("targets", "metric", "message"),
    [
        (["genre"], "r2", "metric r2 does not go with target genre, which is a class: choose accuracy"),
        (["joy", "genre"], ["r2", "ccc"], "metric r2 and ccc does not go with target genre"),
        (["joy"], ["r2", "mcc"], "metric mcc goes with none of the targets joy: leave it out"),
        (["joy"], ["r2", "r2"], "metric r2 is named twice"),
        (["joy"], [], "no metric is named"),
        (["joy"], "r3", "unknown metric 'r3': did you mean 'r2'"),
    ],
)
def test_what_does_not_go_together_is_refused_before_the_run(clips, targets, metric, message):
    with pytest.raises(UsageError, match=message):
        make_study(spec(targets, metric), clips)


UNDEFINED = [
    (
        "joy",
        "r2",
        {"folds": 36},
        r"r2 of joy is undefined in 36 of 36 folds of protocol p \(fold 0 .*: one clip\)",
        True,
    ),
    ("joy", "pearson", {"folds": 36}, "pearson of joy is undefined in 36 of 36", True),
    ("same", "r2", {"folds": 3}, r"in 3 of 3 folds .*: the labels of its 12 clips are all 0.1\)", False),
    (
        "flat",
        "ccc",
        {"kind": "group_kfold", "folds": 12},
        "in 12 of 12 folds .*the labels of its 3 clips are all",
        True,
    ),
    ("style", "roc_auc", {"kind": "group_kfold", "folds": 6}, "of 6 folds .*no clip of", True),
    ("genre", "mcc", {"folds": 36}, "mcc of genre is undefined in 36 of 36", True),
]


@pytest.mark.parametrize(("target", "metric", "protocol", "message", "helps"), UNDEFINED)
def test_what_the_splits_leave_undefined_is_said_before_the_run(clips, target, metric, protocol, message, helps):
    with pytest.raises(UsageError, match=message) as caught:
        make_study(spec([target], metric, protocol), clips)
    assert ("aggregate: pooled" in str(caught.value)) == helps
    pooled = spec([target], metric, protocol, aggregate="pooled")
    if not helps:
        with pytest.raises(UsageError, match="in 1 of 1 repeats") as caught:
            make_study(pooled, clips)
        assert "or leave the target out" in str(caught.value)
    else:
        assert make_study(pooled, clips).systems[0].n_scores == 1


def test_metrics_of_errors_and_of_labels_are_defined_for_one_clip(clips):
    for target, metric in (("joy", ["rmse", "mae"]), ("genre", ["accuracy", "macro_f1", "balanced_accuracy"])):
        assert make_study(spec([target], metric, {"folds": 36}), clips).systems[0].n_scores == 36


@pytest.mark.parametrize(("system", "has"), [("knn", True), ("logistic", True), ("gbm", True), ("svc", False)])
def test_a_metric_of_probabilities_needs_a_predictor_that_has_them(clips, system, has):
    asked = spec(["genre"], "log_loss", systems=[system])
    if has:
        make_study(asked, clips)
    else:
        with pytest.raises(
            UsageError, match="system svc: metric log_loss of genre needs probabilities, and svc has none"
        ):
            make_study(asked, clips)


def test_a_class_that_train_parts_have_not_is_counted(clips):
    study = make_study(spec(["style"], "accuracy", {"kind": "group_kfold", "folds": 12}), clips)
    assert unseen_words(study.plan, "style") == (
        "style: in 2 of 12 splits a class is tested that the train part has not, so that no fit could predict it "
        "(clips: dub 3, ska 3)"
    )
    assert unseen_words(study.plan, "style") in repr(raymer.open_study(study.spec, clips, machine=SERIAL).run())
    assert unseen_words(make_study(spec(["genre"]), clips).plan, "genre") == ""


def test_names_that_nobody_asked_for_need_no_target(clips):
    samples = make_study(spec(["joy"]), clips).plan.samples
    assert metrics_of(("r2", "accuracy"), samples, ["joy"], named=False) == {"joy": ("r2",)}


def test_pooled_scores_are_compared_without_a_test(clips):
    asked = spec(["joy"], "r2", {"folds": 36}, ["knn", "ridge"], aggregate="pooled")
    study = raymer.open_study(asked, clips, machine=SERIAL)
    study.run()
    values = study.scores().to_frame().set_index("method")["value"]
    found = study.compare("ridge", "knn")
    assert len(found.comparisons) == 0
    (one,) = found.untested
    assert one.difference == pytest.approx(values["ridge"] - values["knn"])
    assert one.verdict.startswith("no test is made: the pooled predictions of a repeat have one score")
    assert "ridge less knn" in repr(found)
    with pytest.raises(UsageError, match="early looks test the scores of folds"):
        study.compare("ridge", "knn", sequential=True)


def test_a_score_that_only_predictions_leave_undefined_is_counted_and_not_tested(clips):
    mean = {"system": "mean", "steps": ["mean"]}
    asked = spec(["joy"], ["pearson", "rmse"], systems=["knn", "ridge"])
    asked = Experiment(**{**asked.model_dump(), "systems": [*asked.model_dump()["systems"], mean]})
    study = raymer.open_study(asked, clips, machine=SERIAL)
    ran = study.run()
    rows = {(row.system, row.metric): row for row in ran.rows()}
    assert (rows["mean", "pearson"].mean, rows["mean", "pearson"].undefined) == (None, 3)
    assert rows["mean", "rmse"].mean is not None
    assert "undefined in 3 of 3 folds" in repr(ran)
    assert study.scores().table().loc["mean"].isna().all()
    found = study.compare(all_pairs=True)
    assert [(one.a, one.b) for one in found.comparisons] == [("knn", "ridge")]
    assert {one.why for one in found.untested} == {"pearson of mean is undefined in 3 of 3 folds"}
    assert len(found.untested) == 2
    assert len(study.compare("mean", "knn", metric="rmse").comparisons) == 1


def test_a_mean_over_targets_that_are_scored_differently_is_refused(clips):
    study = raymer.open_study(spec(["joy", "genre"], systems=["knn", "gbm"]), clips, machine=SERIAL)
    with pytest.raises(UsageError, match="different metrics, whose mean says nothing"):
        study.compare("knn", "gbm", targets="average")
    with pytest.raises(UsageError, match="metric mcc is for a class, and joy is none"):
        study.compare("knn", "gbm", metric="mcc")
