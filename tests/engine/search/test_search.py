"""Searches in this process: equal after any stop, nothing fitted twice, only whole trials best, honest nesting."""

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from raymer.corpora.base import Corpus
from raymer.engine.machine import SERIAL
from raymer.engine.search.nested import inner_search, plan_outer, run_nested
from raymer.engine.search.run import run_search, run_trials
from raymer.errors import RaymerError, UsageError
from raymer.experiments.loading import parse_experiment
from raymer.results.store import ResultStore
from raymer.studies.rerun import rerun_fit
from raymer.studies.samples import make_samples
from raymer.studies.search.journal import draw, found, load_study, open_study
from raymer.studies.search.place import journal_of
from raymer.studies.search.plan import plan_search
from raymer.studies.search.trials import SearchRun, run_serial
from raymer.studies.search.worth import read_worth
from raymer.studies.study import make_study

EXPERIMENT = """
name: small
title: small
corpus: synthetic
targets: [valence, arousal]
protocols: {folds: {folds: 4}}
systems:
  - {system: PCA-SVR, method: pca-svr, reducer: {width: 4}}
  - {system: TNN-SVR, method: tnn-svr, reducer: {width: 4, steps: 5}}
search:
  system: PCA-SVR
  objectives: [valence]
  trials: 14
  space: {reducer: {width: {}}, predictor: {C: {}, epsilon: {}}}
"""
TNN = EXPERIMENT.replace("system: PCA-SVR\n", "system: TNN-SVR\n").replace(
    "space: {reducer: {width: {}}, predictor: {C: {}, epsilon: {}}}",
    "space: {reducer: {d_p: {}, d_n: {}, width: [2, 3]}}",
)


def planned_on(corpus, text=EXPERIMENT, **changes):
    return plan_search(parse_experiment(text, "x.yaml"), corpus, **changes)


@pytest.fixture
def store(tmp_path):
    return ResultStore(str(tmp_path / "S"))


def history(outcome):
    return outcome.trials.drop(columns=["seconds", "number"])


class KilledError(Exception):
    pass


def killed_after(fits):
    """Run trials until so many folds have been scored, and then no more: as if the process had died."""

    def execute(run: SearchRun) -> None:
        hear = run.hear

        def count(number, report):
            nonlocal fits
            if fits == 0:
                raise KilledError
            fits -= 1
            return hear(number, report)

        run.hear = count
        run_serial(run)

    return execute


@pytest.mark.parametrize("sampler", ["tpe", "random", "grid"])
def test_a_killed_search_ends_as_one_that_was_not(corpus, tmp_path, sampler):
    planned = planned_on(corpus, sampler=sampler, stopping=sampler == "tpe")
    whole = run_search(planned, ResultStore(str(tmp_path / "whole")), machine=SERIAL)
    assert len(whole.trials) == 14
    store = ResultStore(str(tmp_path / "killed"))
    for fits in (9, 13):
        with pytest.raises(KilledError):
            run_trials(planned, store, killed_after(fits))
    ended = run_search(planned, store, machine=SERIAL)
    assert history(ended).equals(history(whole))
    assert len(store.done()) == len(ResultStore(str(tmp_path / "whole")).done()), "each fit once"
    study = load_study(journal_of(planned, store.location).path)
    assert sum(trial.state == TrialState.FAIL for trial in study.trials) == 2, "those in flight, tried again"
    assert len({str(trial.params) for trial in study.trials if trial.state == TrialState.COMPLETE}) == 14


def test_more_trials_go_on_from_there(corpus, tmp_path):
    at_once = run_search(planned_on(corpus, trials=12), ResultStore(str(tmp_path / "a")), machine=SERIAL)
    store = ResultStore(str(tmp_path / "b"))
    run_search(planned_on(corpus, trials=5), store, machine=SERIAL)
    later = run_search(planned_on(corpus, trials=12), store, machine=SERIAL)
    assert history(later).equals(history(at_once))
    nothing = run_search(planned_on(corpus, trials=12), store)  # Ray is not even started
    assert (nothing.fits_run, nothing.fits_reused, len(nothing.trials)) == (0, 0, 12)


def test_fits_are_shared_with_plain_runs_and_other_searches(corpus, store):
    from raymer.engine.run import run_plan

    spec = parse_experiment(EXPERIMENT, "x.yaml")
    study = make_study(spec.model_copy(update={"systems": spec.systems[:1]}), corpus)
    run_plan(study.plan, store, machine=SERIAL)
    first = run_search(planned_on(corpus, trials=1), store, machine=SERIAL)
    assert (first.fits_run, first.fits_reused) == (0, 4), "the first trial is the method as it stands"
    scores = study.scores(store)
    mine = scores[(scores["target"] == "valence") & (scores["metric"] == "r2")]["value"]
    assert first.best_value == pytest.approx(mine.mean(), abs=1e-15)
    run_search(planned_on(corpus, trials=8, stopping=False), store, machine=SERIAL)
    again = run_search(planned_on(corpus, trials=8, sampler="random", stopping=False), store, machine=SERIAL)
    assert again.fits_reused >= 4


def test_stopping_spares_fits_and_only_whole_trials_are_best(corpus, store, tmp_path):
    text = EXPERIMENT.replace("folds: 4", "folds: 8")
    stopped = run_search(planned_on(corpus, text), store, machine=SERIAL)
    states = stopped.trials["state"].value_counts()
    assert states["stopped"] >= 1
    assert stopped.fits_stopped == (8 - stopped.trials["folds"]).sum() > 0
    assert stopped.fits_run == stopped.trials["folds"].sum()
    whole = stopped.trials[stopped.trials["state"] == "whole"]
    assert stopped.best_value == whole["value"].max() == stopped.trials["value"].max()
    plain = run_search(planned_on(corpus, text, stopping=False), ResultStore(str(tmp_path / "P")), machine=SERIAL)
    assert set(plain.trials["state"]) == {"whole"}
    assert plain.fits_stopped == 0


def test_gaps_are_never_empty(corpus, store):
    outcome = run_search(planned_on(corpus, TNN, trials=12), store, machine=SERIAL)
    assert (outcome.trials["reducer.d_n"] > outcome.trials["reducer.d_p"]).all()
    assert not outcome.failed
    assert set(outcome.trials["reducer.width"]) <= {2, 3, 4}


def test_two_objectives_give_a_front(corpus, store):
    planned = planned_on(corpus, EXPERIMENT.replace("objectives: [valence]", "objectives: [valence, arousal]"))
    assert not planned.stopping
    outcome = run_search(planned, store, machine=SERIAL)
    points = outcome.trials[["value.valence", "value.arousal"]].to_numpy()
    front = {member["number"] for member in outcome.front}
    for number, point in zip(outcome.trials["number"], points, strict=True):
        beaten = ((points >= point).all(axis=1) & (points > point).any(axis=1)).any()
        assert (number in front) != beaten
    assert outcome.fits_run == 14 * 4 * 2


def test_a_trial_that_cannot_be_fitted_is_named_and_the_rest_goes_on(corpus, store):
    text = EXPERIMENT.replace("width: {}", "width: [4, 50]")
    outcome = run_search(planned_on(corpus, text, trials=6, sampler="random"), store, machine=SERIAL)
    failed = outcome.trials[outcome.trials["state"] == "failed"]
    assert len(outcome.trials) == 6
    assert 0 < len(failed) == len(outcome.failed) < 6
    assert (failed["reducer.width"] == 50).all()
    assert "n_components=50" in outcome.failed[0]


def test_the_study_says_what_it_is_and_one_process_holds_it(corpus, store):
    planned = planned_on(corpus, trials=2)
    run_search(planned, store, machine=SERIAL)
    place = journal_of(planned, store.location)
    path = place.path
    study = load_study(path)
    assert isinstance(study, optuna.Study)
    about = study.user_attrs
    assert about["experiment"] == "small"
    assert about["corpus"] == corpus.fingerprint
    assert set(about["space"]) == {"reducer.width", "predictor.C", "predictor.epsilon"}
    trial = study.trials[1]
    assert len(trial.user_attrs["folds"]) == len(trial.user_attrs["fits"]) <= 4
    assert set(trial.user_attrs["fits"]) <= store.done()
    with open_study(planned, place), pytest.raises(RaymerError, match="run by another process"):
        run_search(planned_on(corpus, trials=3), store, machine=SERIAL)
    with path.open("ab") as journal:
        journal.write(b'{"op_code": 4, "wor')  # a process died in the middle of a line
    assert len(run_search(planned_on(corpus, trials=3), store, machine=SERIAL).trials) == 3
    assert found(load_study(path), planned.space).best_value is not None


def test_the_journal_of_a_store_that_is_no_folder_lies_in_it(corpus, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "here"))
    uri, planned = (tmp_path / "S").as_uri(), planned_on(corpus, trials=3)
    Path(tmp_path / "S").mkdir()
    first = run_search(planned, ResultStore(uri), machine=SERIAL)
    journal = tmp_path / "S" / "searches" / f"{planned.id}.journal"
    assert len(load_study(journal).trials) == 3
    shutil.rmtree(tmp_path / "here")  # another machine, where nothing of it lies
    (tmp_path / "here").mkdir()
    more = run_search(planned_on(corpus, trials=5), ResultStore(uri), machine=SERIAL)
    assert history(more)[:3].equals(history(first))
    journal.unlink()
    anew = run_search(planned_on(corpus, trials=3), ResultStore(uri), machine=SERIAL)
    assert (len(anew.trials), anew.fits_run) == (3, 0), "the store's journal counts, not what was left here"


def test_what_a_nested_search_found_lies_beside_that_journal(corpus, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "S").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "here"))
    uri, planned = (tmp_path / "S").as_uri(), planned_on(corpus, trials=2)
    nested = run_nested(planned, 3, ResultStore(uri), run_serial, on_progress=lambda progress: None)
    shutil.rmtree(tmp_path / "here")
    (tmp_path / "here").mkdir()
    assert read_worth(journal_of(planned, uri).fetch(tmp_path / "here")).estimate == nested.estimate


def test_the_journal_may_lie_in_a_folder_of_ones_own(corpus, tmp_path):
    planned = planned_on(corpus)
    assert str(journal_of(planned, "s3://bucket/S?region=x")) == f"s3://bucket/S/searches/{planned.id}.journal"
    assert journal_of(planned, "s3://bucket/S", str(tmp_path)).fetch() == tmp_path / f"{planned.id}.journal"
    with pytest.raises(UsageError, match="no search has been run there"):
        load_study(tmp_path / "none.journal")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trials": 0}, "trials=0: at least 1"),
        ({"sampler": "tpa"}, "unknown sampler 'tpa': did you mean 'tpe'?"),
    ],
)
def test_wrong_use_is_told_before_anything_starts(corpus, change, message):
    with pytest.raises(UsageError) as caught:
        planned_on(corpus, **change)
    assert message in str(caught.value)


def test_a_metric_that_the_task_has_not(corpus):
    with pytest.raises(
        UsageError, match="metric accuracy does not go with target valence, which is a number: choose r2"
    ):
        planned_on(corpus, EXPERIMENT.replace("title:", "metric: accuracy\ntitle:"))
    with pytest.raises(UsageError, match="a grid of this space has 2 points at most, not 13"):
        planned_on(corpus, TNN.replace("d_p: {}, d_n: {}, ", ""), sampler="grid")


def with_labels(corpus: Corpus, clips: list[str], seed: int) -> Corpus:
    """Return the corpus with other labels of `clips`."""
    table = corpus.clips.copy()
    rows = table["clip_id"].isin(clips)
    table.loc[rows, "valence"] = np.random.default_rng(seed).uniform(1, 9, rows.sum())
    return replace(corpus, clips=table)


def test_outer_test_labels_change_nothing_of_the_inner_search(corpus, tmp_path):
    planned = planned_on(corpus, trials=5)
    fold = plan_outer(planned, 3)[1]
    other = planned_on(with_labels(corpus, fold.outer.test.tolist(), 0), trials=5)
    searches = [inner_search(planned, fold), inner_search(other, plan_outer(other, 3)[1])]
    assert planned.id != other.id
    assert searches[0].id == searches[1].id
    results = [run_search(s, ResultStore(str(tmp_path / str(k))), machine=SERIAL) for k, s in enumerate(searches)]
    assert history(results[0]).equals(history(results[1]))
    assert ResultStore(str(tmp_path / "0")).done() == ResultStore(str(tmp_path / "1")).done()
    inside = with_labels(corpus, fold.outer.train[:3].tolist(), 0)
    assert inner_search(planned_on(inside, trials=5), fold).id != searches[0].id


def test_samples_of_a_part_know_nothing_of_the_rest(corpus):
    samples = make_samples(corpus, None, "table", ["valence"])
    ids = samples.clip_ids[::2].tolist()
    part = samples.only(ids)
    assert part.clip_ids.tolist() == ids
    assert np.array_equal(part.features, samples.features[::2])
    assert part.fingerprint != samples.fingerprint
    assert part.labels_of(["valence"]) == samples.only(ids[::-1]).labels_of(["valence"])


def test_nested_search_scores_each_outer_fold_once(corpus, store):
    planned = planned_on(corpus, trials=5)
    nested = run_nested(planned, 3, store, run_serial, on_progress=lambda progress: None)
    assert [row.fold for row in nested.outer] == [0, 1, 2]
    values = [row.value for row in nested.outer]
    assert nested.estimate == pytest.approx(np.mean(values))
    assert nested.optimism == pytest.approx(nested.flat.best_value - nested.estimate)
    low, high = nested.interval
    assert low < nested.estimate < high
    assert nested.outer[0].n_train + nested.outer[0].n_test == 60
    before = store.done()
    inner = next(fit_id for fit_id in sorted(before) if store.get(fit_id).n_train + store.get(fit_id).n_test < 60)
    assert rerun_fit(store, corpus, inner).identical, "law 2 holds for fits inside an outer train part too"
    again = run_nested(planned, 3, store, run_serial, on_progress=lambda progress: None)
    assert store.done() == before
    assert again.estimate == nested.estimate
    kept = read_worth(journal_of(planned, store.location).path)
    assert (kept.estimate, kept.optimism, kept.interval) == (nested.estimate, nested.optimism, nested.interval)
    assert [one.value for one in kept.outer] == values
    two = planned_on(corpus, EXPERIMENT.replace("objectives: [valence]", "objectives: [valence, arousal]"))
    with pytest.raises(UsageError, match="outer folds go with one objective"):
        run_nested(two, 3, store, run_serial, on_progress=lambda progress: None)


def test_shuffled_labels_are_found_out_by_nesting(tmp_path):
    """The flat best flatters itself; the nested estimate's interval holds what is so, nothing.

    By Pearson's r, of which the best of many is above 0 on labels that mean nothing; R2's best is held near 0 from
    below by the predictor's regularisation.
    """
    from raymer.corpora.synthetic import make_synthetic

    corpus = make_synthetic(120, 12, seed=3)
    table = corpus.clips.copy()
    table["valence"] = np.random.default_rng(0).permutation(table["valence"])
    planned = planned_on(
        replace(corpus, clips=table), EXPERIMENT.replace("title:", "metric: pearson\ntitle:"), trials=12
    )
    nested = run_nested(planned, 4, ResultStore(str(tmp_path)), run_serial, on_progress=lambda progress: None)
    assert nested.flat.best_value > 0
    assert nested.optimism > 0
    assert nested.interval[0] < 0 < nested.interval[1]


def test_draw_asks_in_an_order_that_bounds_can_follow(corpus):
    planned = planned_on(corpus, TNN)
    study = optuna.create_study()
    drawn = draw(study.ask(), planned.space)
    assert drawn["reducer.d_n"] > drawn["reducer.d_p"]


def test_whoever_reads_a_search_leaves_the_file_that_it_writes_to(corpus, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "S").mkdir()
    (tmp_path / "reader").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "here"))
    uri, planned = (tmp_path / "S").as_uri(), planned_on(corpus, trials=2)
    run_search(planned, ResultStore(uri), machine=SERIAL)
    place = journal_of(planned, uri)
    with place.path.open("ab") as file:
        file.write(b"a line that is not in the store yet\n")
    before = place.path.read_bytes()
    assert len(load_study(place.fetch(tmp_path / "reader")).trials) == 2
    assert place.path.read_bytes() == before


def test_a_folder_of_somebody_elses_is_not_written_to(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "theirs").mkdir()
    (tmp_path / f"raymer-searches-{os.getuid()}").symlink_to(tmp_path / "theirs")
    (tmp_path / "S").mkdir()
    with pytest.raises(RaymerError, match="belongs to somebody else: set TMPDIR"):
        run_search(planned_on(corpus, trials=2), ResultStore((tmp_path / "S").as_uri()), machine=SERIAL)
