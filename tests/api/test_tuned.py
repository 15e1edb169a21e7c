"""Systems tuned inside the fold, joined inputs and remarks, through the doors that people use."""

import json

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import raymer
from raymer.components.plugins import bring_files
from raymer.corpora.base import Corpus, Input
from raymer.corpora.folder import write_corpus
from raymer.experiments.spec import Experiment
from raymer.results.store import ResultStore
from raymer.studies.rerun import rerun_fit

ALPHAS = [0.1, 10.0, 1000.0]
TUNED = ["scale", {"use": "ridge", "tune": {"alpha": ALPHAS}}]


@pytest.fixture(scope="module")
def two_inputs():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(60, 8))
    y = X @ rng.normal(size=8) + rng.normal(size=60)
    made = Corpus.from_arrays(X, y, groups=np.repeat(np.arange(15), 4).astype(str), targets="v", name="two")
    ids = made.clips["clip_id"].to_numpy(dtype=str)
    return made.with_input(Input("more", ids[:50], rng.normal(size=(50, 3)) + y[:50, None], ("a", "b", "c")))


def study_of(corpus, systems, store, protocol=None, **more):
    spec = Experiment.model_validate(
        {
            "name": "e",
            "title": "e",
            "corpus": corpus.name,
            "input": "features",
            "targets": ["v"],
            "protocols": {"p": protocol or {"kind": "kfold", "folds": 4, "seed": 0}},
            "systems": systems,
            **more,
        }
    )
    return raymer.open_study(spec, corpus, store, machine=raymer.Machine(serial=True))


def test_a_tuned_probe_predicts_what_grid_search_predicts(two_inputs, tmp_path):
    """To 1e-9: the same alpha on the same inner folds, refitted on all train rows."""
    study = study_of(two_inputs, [{"system": "R", "steps": TUNED}], tmp_path / "S")
    study.run()
    X, y = two_inputs.inputs["features"].values, two_inputs.clips["v"].to_numpy()
    outer = KFold(4, shuffle=True, random_state=0).split(X)
    for fit, (train, test) in zip(study.planned.systems[0].fits, outer, strict=True):
        peer = GridSearchCV(
            make_pipeline(StandardScaler(), Ridge()),
            {"ridge__alpha": ALPHAS},
            cv=KFold(5, shuffle=True, random_state=0),
            scoring="neg_mean_squared_error",
        ).fit(X[train], y[train])
        result = study.store.get(fit.id)
        assert result.tuned == {"v": {"ridge.alpha": peer.best_params_["ridge__alpha"]}}
        assert np.allclose(result.predicted, peer.predict(X[test]), rtol=0, atol=1e-9)


def test_inner_splits_are_grouped_where_the_protocol_is(two_inputs, tmp_path):
    grouped = {"kind": "group_kfold", "folds": 4, "seed": 0}
    study = study_of(two_inputs, [{"system": "R", "steps": TUNED}], tmp_path / "S", grouped)
    study.run()
    X, y, groups = two_inputs.inputs["features"].values, two_inputs.clips["v"].to_numpy(), two_inputs.clips["group"]
    row_of = {clip: row for row, clip in enumerate(two_inputs.clips["clip_id"])}
    for fit in study.planned.systems[0].fits:
        train = [row_of[clip] for clip in study.planned.plan.splits[fit.split].train.tolist()]
        peer = GridSearchCV(
            make_pipeline(StandardScaler(), Ridge()),
            {"ridge__alpha": ALPHAS},
            cv=GroupKFold(5, shuffle=True, random_state=0),
            scoring="neg_mean_squared_error",
        ).fit(X[train], y[train], groups=groups.to_numpy()[train])
        assert study.store.get(fit.id).tuned == {"v": {"ridge.alpha": peer.best_params_["ridge__alpha"]}}
    other = study_of(two_inputs, [{"system": "R", "steps": TUNED}], tmp_path / "S2")
    assert {fit.grouping for fit in other.planned.plan.fits} == {None}


def test_what_is_not_tuned_keeps_its_identity(two_inputs, tmp_path):
    """The same fits under a grouped protocol and by the same splits given otherwise: nothing of groups is in them."""
    study = study_of(
        two_inputs, [{"system": "R", "method": "ridge"}], tmp_path / "S", {"kind": "group_kfold", "folds": 3}
    )
    assert all("grouping" not in fit.to_dict() for fit in study.planned.plan.fits)


def test_test_rows_move_no_choice(two_inputs, tmp_path):
    """Law 1 for tuning: with other features and labels in the test rows, the same values are chosen."""
    study = study_of(two_inputs, [{"system": "R", "steps": TUNED}], tmp_path / "S")
    study.run()
    fit = study.planned.systems[0].fits[0]
    test = set(study.planned.plan.splits[fit.split].test.tolist())
    rows = two_inputs.clips["clip_id"].isin(test).to_numpy()
    values = two_inputs.inputs["features"].values.copy()
    values[rows] = 1e3
    clips = two_inputs.clips.assign(v=np.where(rows, -7.0 * two_inputs.clips["v"], two_inputs.clips["v"]))
    item = two_inputs.inputs["features"]
    changed = Corpus(
        "two", clips, two_inputs.targets, {"features": Input("features", item.clip_ids, values, item.columns)}
    )
    again = study_of(changed, [{"system": "R", "steps": TUNED}], tmp_path / "S2")
    again.run()
    first = again.planned.systems[0].fits[0]
    assert again.store.get(first.id).tuned == study.store.get(fit.id).tuned


def test_joined_inputs_stand_side_by_side_on_the_clips_that_all_have(two_inputs, tmp_path):
    systems = [
        {"system": "one", "method": "ridge"},
        {"system": "other", "method": "ridge", "input": "more"},
        {"system": "both", "method": "ridge", "inputs": ["features", "more"]},
        {"system": "all", "method": "ridge", "inputs": "all"},
    ]
    study = study_of(two_inputs, systems, tmp_path / "S")
    assert [system.n_features for system in study.planned.systems] == [8, 3, 11, 11]
    assert {len(samples.clip_ids) for samples in study.planned.plan.inputs.values()} == {50}
    means = {row.system: row.mean for row in study.run().rows()}
    assert means["both"] == means["all"]
    joined = study.planned.plan.inputs[study.planned.systems[2].fits[0].samples]
    assert joined.feature_names[0] == "features:" + two_inputs.inputs["features"].columns[0]
    fit = study.planned.systems[2].fits[0]
    assert rerun_fit(ResultStore(str(tmp_path / "S")), two_inputs, fit.id).identical


def test_a_tuned_model_is_fitted_saved_and_predicts(two_inputs, tmp_path, cli):
    write_corpus(two_inputs, tmp_path / "C")
    (tmp_path / "e.yaml").write_text(
        "name: e\ntitle: e\ncorpus: two\ninput: features\ntargets: [v]\nprotocols: {p: {kind: group_kfold, folds: 3}}\n"
        "systems:\n"
        "  - {system: T, steps: [scale, {use: pca, tune: {width: [2, 8]}}, {use: ridge, tune: {alpha: [0.1, 1000]}}]}\n"
    )
    made = cli(
        "fit", tmp_path / "e.yaml", "T", "-c", tmp_path / "C", "-o", tmp_path / "M", "-s", tmp_path / "S", "--serial"
    )
    assert made.exit_code == 0, made.stderr
    card = json.loads((tmp_path / "M" / "card.json").read_text())
    assert set(card["tuned"]["v"]) == {"pca.width", "ridge.alpha"}
    model = raymer.load_model(tmp_path / "M")
    X, y = two_inputs.inputs["features"].values, two_inputs.clips["v"].to_numpy()
    assert np.corrcoef(model.predict(X).frame["v"], y)[0, 1] > 0.7


def test_a_fold_far_outside_the_others_is_named_with_what_did_it(two_inputs, tmp_path):
    item = two_inputs.inputs["features"]
    values = np.hstack([item.values, 1e-3 * np.random.default_rng(1).normal(size=(60, 1))])
    values[7, 8] = 500.0
    corpus = two_inputs.with_input(Input("features", item.clip_ids, values, (*item.columns, "jitter")))
    systems = [
        {"system": "bare", "steps": ["scale", {"use": "ridge", "alpha": 1e-9}]},
        {"system": "clipped", "steps": [{"use": "clip", "sd": 5}, "scale", {"use": "ridge", "alpha": 1e-9}]},
    ]
    notes = study_of(corpus, systems, tmp_path / "S").run().tables()[0].notes
    far = [note for note in notes if "far outside" in note]
    assert len(far) == 1
    assert far[0].startswith("bare, v, fold")
    assert "clip 8 alone" in far[0]
    assert "jitter" in far[0]


WRECKING = """
from sklearn.base import BaseEstimator, TransformerMixin


class Wrecks(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        kept = X.copy()
        X[:] = 0.0
        return kept
"""


def test_a_step_that_writes_into_its_rows_moves_no_choice(two_inputs, tmp_path):
    """Inner splits have rows of their own: of what such a step leaves behind every value would be as good."""
    (tmp_path / "wrecking_classes.py").write_text(WRECKING)
    bring_files([tmp_path / "wrecking_classes.py"])
    steps = ["scale", {"use": "ridge", "tune": {"alpha": [100000.0, 0.1]}}]
    systems = [{"system": "honest", "steps": steps}, {"system": "wrecks", "steps": ["wrecking_classes:Wrecks", *steps]}]
    study = study_of(two_inputs, systems, tmp_path / "S")
    study.run()
    honest, wrecks = ([study.store.get(fit.id).tuned for fit in system.fits] for system in study.planned.systems)
    assert honest == wrecks == [{"v": {"ridge.alpha": 0.1}}] * 4
