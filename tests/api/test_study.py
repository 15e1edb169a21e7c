"""From Python all that the verbs do, with scikit-learn objects as they are, and what comes back prints small."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold as SklearnGroupKFold
from sklearn.model_selection import KFold as SklearnKFold
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVR

import raymer
from raymer.api.study import FitsFailedError
from raymer.corpora.base import Target
from raymer.engine.machine import SERIAL
from raymer.errors import UsageError

SPEC = {
    "name": "python",
    "title": "An experiment built in Python",
    "corpus": "synthetic",
    "targets": ["valence", "arousal"],
    "protocols": {"folds": {"folds": 3}},
    "systems": [
        {"system": "SVR", "method": "svr"},
        {"system": "PCA", "method": "pca-svr", "reducer": {"width": 4}},
        {"system": "Ridge", "steps": ["scale", {"use": "sklearn.linear_model:Ridge", "alpha": 2.0}]},
    ],
    "search": {"system": "PCA", "objectives": ["valence"], "trials": 3, "space": {"reducer": {"width": {"high": 8}}}},
}


class Doubler(TransformerMixin, BaseEstimator):
    """A class that stands in no file that raymer was shown."""

    def __init__(self, factor=2.0):
        self.factor = factor

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X * self.factor


def test_a_study_does_what_the_verbs_do(corpus, tmp_path):
    study = raymer.open_study(raymer.Experiment(**SPEC), corpus, tmp_path / "S", machine=SERIAL)
    ran = study.run()
    assert (ran.summary.ran, ran.summary.failed) == (3 * 3 * 2, ())
    assert set(ran.to_frame()["system"]) == {"SVR", "PCA", "Ridge"}
    assert "±" in repr(ran)
    assert len(repr(ran).splitlines()) < 8
    assert "<table" in ran._repr_html_()
    assert repr(study).endswith("3 systems, 18 of 18 fits done")
    scores = study.scores()
    assert len(scores.to_frame()) == 18
    assert "SVR" in repr(scores)
    found = study.compare("PCA", "svr", targets="valence")
    assert list(found.to_frame()["target"]) == ["valence"]
    assert study.store.done() == set(study.store.done())
    page = study.report(tmp_path / "R")
    assert not page.is_partial
    assert (tmp_path / "R" / "index.html").is_file()
    model = study.fit("ridge", tmp_path / "M")
    frame = raymer.load_model(tmp_path / "M").predict(corpus.input().values).frame
    assert np.allclose(frame["valence"], model.predict(corpus.input().values).frame["valence"], rtol=1e-12)
    outcome = study.search(trials=3)
    assert len(outcome.trials) == 3


def test_a_study_without_a_store_keeps_none(corpus):
    study = raymer.open_study(raymer.Experiment(**SPEC), corpus, machine=SERIAL)
    assert study.run().summary.ran == 18
    assert study.run().summary.reused == 18


def test_a_failed_fit_leaves_no_verdict(corpus, tmp_path):
    broken = {"system": "Broken", "steps": [{"use": "sklearn.preprocessing:OneHotEncoder"}, "svr"]}
    spec = raymer.Experiment(**SPEC | {"systems": [SPEC["systems"][0], broken], "search": None})
    study = raymer.open_study(spec, corpus, tmp_path / "S", machine=SERIAL)
    with pytest.raises(FitsFailedError) as caught:
        study.compare("svr", "broken")
    assert len(caught.value.failures) == 6


def test_sklearn_objects_score_as_sklearn_scores_them(corpus):
    """The same rows and settings, so the same predictions as scikit-learn's own cross-validation."""
    made = {
        "mine": make_pipeline(StandardScaler(), PCA(4, random_state=0), Ridge(alpha=3.0)),
        "svr": make_pipeline(StandardScaler(), SVR(C=2.0)),
    }
    splitter = SklearnKFold(4, shuffle=True, random_state=1)
    scores = raymer.cross_validate(corpus, made, splitter, targets="valence", address=None)
    X, y = corpus.input().values, corpus.clips["valence"].to_numpy()
    frame = scores.to_frame()
    for label, pipeline in made.items():
        mine = frame[(frame["method"] == label) & (frame["metric"] == "r2")]
        for fold, (_, test) in enumerate(splitter.split(X)):
            # svr alone is raymer's own, which scales labels: the foreign one is compared to the digit
            predicted = cross_val_predict(pipeline, X, y, cv=splitter)[test]
            expected = 1 - ((y[test] - predicted) ** 2).sum() / ((y[test] - y[test].mean()) ** 2).sum()
            value = float(mine[mine["fold"] == fold]["value"].iloc[0])
            if label == "mine":
                assert value == pytest.approx(expected, abs=1e-9)
            else:
                assert np.isfinite(value)


def test_labels_tell_two_systems_of_one_method_apart(corpus):
    chosen = {"narrow": [*_pca(2)], "wide": [*_pca(6)]}
    scores = raymer.cross_validate(corpus, chosen, raymer.KFold(3), targets=["valence"], address=None)
    assert set(scores.to_frame()["method"]) == {"narrow", "wide"}
    found = raymer.compare(scores, "narrow", "wide", metric="r2")
    assert len(found) == 1
    assert len(repr(found)) < 600, "a comparison prints small"
    assert {"difference", "p", "verdict"} <= set(found.to_frame().columns)
    assert "<li>" in found._repr_html_()
    assert found.plot().axes
    with pytest.raises(UsageError, match="give them labels"):
        raymer.cross_validate(corpus, [_pca(2), _pca(6)], raymer.KFold(3), address=None)


def _pca(width):
    return ["scale", {"use": "pca", "width": width}, "svr"]


def test_a_class_of_the_session_is_taken_and_counted(corpus, tmp_path):
    one = raymer.cross_validate(
        corpus, {"mine": make_pipeline(Doubler(3.0), Ridge())}, raymer.KFold(3), store=tmp_path / "S", address=None
    )
    again = raymer.cross_validate(
        corpus, {"mine": make_pipeline(Doubler(3.0), Ridge())}, raymer.KFold(3), store=tmp_path / "S", address=None
    )
    pd.testing.assert_frame_equal(one.to_frame(), again.to_frame())
    header = raymer.ResultStore(str(tmp_path / "S")).header(one.to_frame()["fit"].iloc[0])
    step = json.loads(json.dumps(header.fit))["system"]["steps"][0]
    assert step["use"].endswith(":Doubler")
    assert len(step["revision"]) == 16


def test_nested_estimators_and_what_cannot_be_written_down(corpus):
    bagged = make_pipeline(StandardScaler(), BaggingRegressor(Ridge(alpha=2.0), n_estimators=3))
    values = [
        raymer.cross_validate(corpus, {"b": bagged}, raymer.KFold(3), targets="valence", address=None).to_frame()
        for _ in range(2)
    ]
    assert values[0]["value"].tolist() == values[1]["value"].tolist(), "nested random states are set"
    with pytest.raises(UsageError, match="put what it does into a class of your own"):
        raymer.cross_validate(corpus, [make_pipeline(FunctionTransformer(np.log1p), Ridge())], raymer.KFold(3))
    with pytest.raises(UsageError, match="is a class: give an object"):
        raymer.cross_validate(corpus, {"r": [Ridge]}, raymer.KFold(3))


def test_splitters_of_sklearn(corpus):
    scores = raymer.cross_validate(corpus, "svr", SklearnGroupKFold(3), targets="valence", address=None)
    assert sorted(set(scores.to_frame()["fold"])) == [0, 1, 2]
    with pytest.raises(UsageError, match="give it a random_state"):
        raymer.cross_validate(corpus, "svr", SklearnKFold(3, shuffle=True), address=None)
    with pytest.raises(UsageError, match="makes no splits"):
        raymer.cross_validate(corpus, "svr", 10, address=None)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A corpus of clips with log-mel frames, and a class beside the numbers, all places given as text."""
    from typer.testing import CliRunner

    from raymer.cli.main import app

    root = tmp_path_factory.mktemp("clips")
    made = CliRunner().invoke(app, ["demo", "-o", str(root), "--clips", "24", "--serial", "--json"])
    assert made.exit_code == 0, made.output
    corpus = raymer.load_corpus(str(root / "corpus"))
    high = corpus.clips["valence"] > corpus.clips["valence"].median()
    with_mood = corpus.clips.assign(mood=np.where(high, "bright", "dark"))
    targets = (*corpus.targets, Target("mood", kind="class"))
    return dataclasses.replace(corpus, clips=with_mood, targets=targets)


NET = {"hidden": [8, 4], "excerpt": 20, "batch": 8, "epochs": 2, "every": 1}


def test_frames_epochs_and_tables_in_one_cross_validation(clips):
    gru = {"use": "gru", "objective": "rbf", **NET}
    chosen = {"gru": [gru, "svm"], "gbm": [gru, {"use": "gbm", "n_estimators": 5}], "table": "svr"}
    scores = raymer.cross_validate(clips, chosen, raymer.KFold(3), targets=["valence", "arousal"], address=None)
    frame = scores.to_frame()
    assert {label: set(own["epoch"]) for label, own in frame.groupby("method")} == {
        "gru": {1, 2}, "gbm": {1, 2}, "table": {0}
    }  # fmt: skip
    assert "table" in repr(scores)


def test_classes_on_tables_and_on_frames(clips):
    chosen = {"svc": "svc", "gru": [{"use": "gru", "objective": "cosine", **NET}, "svm"], "none": "most_frequent"}
    scores = raymer.cross_validate(clips, chosen, raymer.KFold(3), targets="mood", address=None)
    assert set(scores.to_frame()["metric"]) == {"accuracy"}
    with pytest.raises(UsageError, match="svr predicts numbers, and the target is a class"):
        raymer.cross_validate(clips, "svr", raymer.KFold(3), targets="mood", address=None)


def test_places_are_text_as_well(corpus, tmp_path):
    raymer.write_corpus(corpus, str(tmp_path / "C"))
    assert raymer.load_corpus(str(tmp_path / "C")).fingerprint == corpus.fingerprint


FILLED = {"SVR": ["svr"], "PCA": [{"use": "pca", "width": 4}, "svr"]}


def test_missing_values_are_said_before_the_run_and_filled_by_a_step(corpus, tmp_path):
    item = corpus.input()
    values = item.values.copy()
    values[:7, 2] = np.nan
    holes = dataclasses.replace(corpus, inputs={"features": dataclasses.replace(item, values=values)})
    with pytest.raises(UsageError, match=r"system svr: 7 values of 1 features are missing \(f002 7"):
        raymer.cross_validate(holes, "svr", raymer.KFold(3), address=None)
    filled = {"filled": ["impute", "scale", "svr"]}
    assert len(raymer.cross_validate(holes, filled, raymer.KFold(3), targets="valence", address=None)) == 3
    systems = [{"system": name, "steps": ["impute", "scale", *steps]} for name, steps in FILLED.items()]
    study = raymer.open_study(raymer.Experiment(**SPEC | {"systems": systems, "search": None}), holes, machine=SERIAL)
    assert study.run().summary.failed == ()
    study.report(tmp_path / "R")
    study.fit("PCA", tmp_path / "M")
    frame = raymer.load_model(tmp_path / "M").predict(values).frame
    assert np.isfinite(frame[["valence", "distance"]].to_numpy()).all()
    clips = corpus.clips.copy()
    clips.loc[:1, "valence"] = np.nan
    with pytest.raises(UsageError, match="2 of 60 clips have no label of valence"):
        raymer.cross_validate(dataclasses.replace(corpus, clips=clips), "svr", raymer.KFold(3), address=None)
