"""Planted faults are found by their code, clean corpora are left alone, and what cannot be said is said to be so."""

import subprocess
import sys
import time
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support import records

import raymer
from benchmarks.audit import real_corpora, with_features_only
from benchmarks.audit_faults import FAULTS, with_column
from raymer.audits import quick_findings
from raymer.audits.checks import CHECKS
from raymer.corpora.base import Corpus, Input, Target
from raymer.corpora.folder import load_corpus, write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.protocols.leakage import group_leakage, leaked_share

HARD = {"target plus noise, r .71"}
"""Too weak to tell from an honest feature among 40 whose best has r .5; DEAM's 260 features give it away."""


def codes(findings):
    return {finding.code for finding in findings}


@pytest.fixture(scope="module")
def found_without():
    """The codes of what an audit finds before anything is planted."""
    return codes(raymer.audit(make_synthetic(200, 40, seed=3)).findings)


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - HARD))
def test_a_planted_fault_is_found(fault, found_without):
    code, plant = FAULTS[fault]
    host = make_synthetic(200, 40, seed=3)
    assert code not in found_without or code in ("both-sides", "group-order")
    assert code in codes(raymer.audit(plant(host, np.random.default_rng(0))).findings)


def test_every_kind_is_planted():
    by_sound = {"same-sound"}
    assert {check.kind.code for check in CHECKS} == {code for code, _ in FAULTS.values()} | by_sound


@pytest.fixture(scope="module")
def deam(real_data):
    return with_features_only(real_corpora(real_data, ("DEAM",))["DEAM"])


@pytest.mark.slow
@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_among_real_features_is_found(fault, deam):
    code, plant = FAULTS[fault]
    (check,) = (check for check in CHECKS if check.kind.code == code)  # all of them take seconds on so many features
    assert code in codes(check.look(plant(deepcopy(deam), np.random.default_rng(0))))


@pytest.mark.parametrize("seed", range(20))
def test_no_false_alarm_on_clean_draws(seed):
    assert raymer.audit(make_synthetic(200, 40, seed=seed)).serious == ()


@pytest.mark.parametrize("size", [(60, 5), (300, 8), (150, 300)])
def test_no_false_alarm_on_draws_of_other_shapes(size):
    for seed in range(5):
        assert raymer.audit(make_synthetic(*size, seed=seed)).serious == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["DEAM", "emoMusic", "Emotify", "GTZAN"])
def test_no_false_alarm_on_clean_real_data(name, real_data):
    assert raymer.audit(real_corpora(real_data, (name,))[name]).serious == ()


def test_groups_that_were_not_given_are_never_called_unleaked(cli, tmp_path):
    corpus = make_synthetic(60, 12, seed=0)
    alone = replace(corpus, clips=corpus.clips.assign(group=corpus.clips["clip_id"]))
    made = raymer.audit(alone)
    assert made.group_leakage is None
    assert made.not_applicable["both-sides"] == "no groups were given"
    write_corpus(alone, tmp_path / "C")
    shown = cli("audit", tmp_path / "C").stdout
    assert "0%" not in shown
    assert "cannot say" in shown
    assert records(cli("audit", tmp_path / "C", "--json"))["group_leakage"] is None


def test_a_group_goes_by_its_own_name(cli, tmp_path):
    corpus = replace(make_synthetic(60, 12, seed=0), group_name="[bold]singer")
    write_corpus(corpus, tmp_path / "C")
    assert load_corpus(tmp_path / "C").group_name == "[bold]singer"
    assert "of test clips have their [bold]singer in the train part" in cli("audit", tmp_path / "C").stdout


def test_an_old_folder_without_a_groups_name_is_read(tmp_path):
    corpus = make_synthetic(60, 12, seed=0)
    write_corpus(replace(corpus, group_name=None), tmp_path / "C")
    assert load_corpus(tmp_path / "C").group_name is None
    assert raymer.audit(load_corpus(tmp_path / "C")).group == "group"


def test_names_are_shown_as_text(cli, tmp_path):
    corpus = make_synthetic(60, 12, seed=0)
    named = with_column(corpus, corpus.clips["valence"].to_numpy(), "[red]f[/red]")
    write_corpus(named, tmp_path / "C")
    assert "[red]f[/red]" in cli("audit", tmp_path / "C").stdout


def test_copies_within_a_group_are_worth_knowing_only():
    corpus = make_synthetic(60, 12, seed=0)
    item = corpus.input()
    values = item.values.copy()
    values[1] = values[0]
    inside = corpus.with_input(Input(item.name, item.clip_ids, values, item.columns))
    found = {finding.code: finding for finding in raymer.audit(inside).findings}
    assert found["same-features"].severity == "worth knowing"
    assert found["same-features"].examples == ("s00000 = s00001",)
    assert "all within one artist" in found["same-features"].message


def test_the_outliers_clip_is_named_with_the_step_that_helps():
    code, plant = FAULTS["one clip's outlier"]
    found = {finding.code: finding for finding in raymer.audit(plant(make_synthetic(seed=1), None)).findings}
    assert "s00004" in found[code].message
    assert "{use: clip, sd: 5}" in found[code].advice


def test_a_genre_in_an_id_is_no_song(corpus):
    ids = np.array([f"{genre}.{row:05d}" for genre in "blues jazz rock pop metal disco".split() for row in range(10)])
    clips = pd.DataFrame({"clip_id": ids, "group": ids, "genre": [clip.split(".")[0] for clip in ids]})
    item = Input("x", ids, corpus.input().values, corpus.input().columns)
    made = Corpus("g", clips, (Target("genre", kind="class"),), {"x": item})
    assert "slices" in raymer.audit(made).passed


def test_every_check_is_told_once():
    made = raymer.audit(make_synthetic(60, 12, seed=0))
    told = [*made.passed, *made.not_applicable, *codes(made.findings)]
    assert sorted(told) == sorted(check.kind.code for check in CHECKS)


def test_a_corpus_of_few_clips_or_no_input_is_looked_at_without_complaint():
    few = make_synthetic(10, 4, seed=0)
    raymer.audit(few)
    raymer.audit(replace(few, inputs={}))
    item = few.input()
    raymer.audit(few.with_input(Input(item.name, item.clip_ids[:1], item.values[:1], item.columns)))


def test_quick_findings_are_quick():
    corpus = make_synthetic(5000, 260, seed=0)
    started = time.process_time()
    quick = quick_findings(with_column(corpus, corpus.clips["valence"].to_numpy()))
    assert {"label-copy", "both-sides"} <= codes(quick)
    assert time.process_time() - started < 60, "nothing here is trained"
    assert quick[0].severity == "would change a score"


def test_artists_on_both_sides_are_counted(corpus):
    groups = np.array(["a", "a", "b", "c"])
    assert leaked_share(groups, [(np.array([0, 2]), np.array([1, 3]))]) == 0.5
    leakage = group_leakage(corpus, 5)
    assert leakage["grouped 5-fold"] == 0.0
    assert leakage["shuffled 5-fold"] > 0.5


def test_the_function_stays_a_function():
    """Importing the room must not put a module in the place of raymer.audit, and importing raymer loads no room."""
    lines = (
        "import sys, raymer; assert 'raymer.audits' not in sys.modules; "
        "import raymer.audits.report, raymer.cli.audit; assert callable(raymer.audit)"
    )
    subprocess.run([sys.executable, "-c", lines], check=True)
