"""Where corpus and store are: the command line, then the YAML, then the environment; `init` makes such a YAML."""

import pytest

from raymer.corpora.folder import write_corpus
from raymer.experiments.loading import load_experiment

LINES = """
name: mine
title: Mine
corpus: synthetic
targets: [valence]
protocols:
  folds: {kind: kfold, folds: 2}
systems:
  - {system: Ridge, steps: [ridge]}
"""
SPLITS = "splits.csv"


@pytest.fixture
def desk(corpus, tmp_path, monkeypatch):
    """Where a user stands: a corpus C, and a folder `study` with an experiment that names nothing."""
    monkeypatch.chdir(tmp_path)
    for name in ("RAYMER_CORPUS", "RAYMER_STORE"):
        monkeypatch.delenv(name, raising=False)
    write_corpus(corpus, tmp_path / "C")
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "mine.yaml").write_text(LINES)
    return tmp_path


def name_places(desk, text="{corpus: ../C, store: S}"):
    (desk / "study" / "mine.yaml").write_text(f"{LINES}places: {text}\n")


def test_a_yaml_that_names_both_is_a_whole_command(cli, desk):
    name_places(desk)
    ran = cli("run", "study/mine.yaml", "--serial")
    assert ran.exit_code == 0, ran.stderr
    assert "corpus: study/../C (study/mine.yaml)" in ran.stderr
    assert len(list((desk / "study" / "S").rglob("*.parquet"))) >= 2
    tuned = cli("tune", "study/mine.yaml")
    assert "search" in tuned.stderr, "tune gets as far as to ask for the section of that name"


def test_the_environment_is_asked_last(cli, desk, monkeypatch):
    monkeypatch.setenv("RAYMER_CORPUS", "C")
    monkeypatch.setenv("RAYMER_STORE", "E")
    ran = cli("run", "study/mine.yaml", "--serial")
    assert ran.exit_code == 0, ran.stderr
    assert "corpus: C (RAYMER_CORPUS)" in ran.stderr
    assert (desk / "E").is_dir()
    name_places(desk)
    ran = cli("run", "study/mine.yaml", "--serial", "--store", "T")
    assert "store: T, as --store says (study/mine.yaml says study/S, RAYMER_STORE says E)" in ran.stderr
    assert (desk / "T").is_dir()
    assert not (desk / "study" / "S").exists()
    assert "corpus: study/../C (study/mine.yaml)" in ran.stderr, "one place, said in two ways, is no difference"


def test_where_nobody_says_it_is_asked_for(cli, desk):
    refused = cli("run", "study/mine.yaml", "--store", "S")
    assert refused.exit_code == 2
    assert refused.stderr.strip() == (
        "raymer: no corpus: give --corpus, name it under `places:` in the experiment's YAML, or set RAYMER_CORPUS"
    )
    assert "give an experiment, --corpus and --store" in cli("tune", "study/mine.yaml").stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [("{corpsu: C}", "places: unknown key 'corpsu': did you mean 'corpus'?"), ("{store: 3}", "places.store")],
)
def test_a_place_that_cannot_be_one_is_one_line(cli, desk, text, message):
    name_places(desk, text)
    refused = cli("splits", "study/mine.yaml", "-o", SPLITS)
    assert refused.exit_code == 2
    assert message in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_places_go_with_a_job_as_words(cli, desk):
    name_places(desk, "{corpus: s3://bucket/C, store: s3://bucket/S}")
    command = cli("submit", "--dry-run", "run", "study/mine.yaml").stdout.splitlines()[-1]
    assert "--corpus s3://bucket/C --store s3://bucket/S" in command
    name_places(desk)
    refused = cli("submit", "--dry-run", "run", "study/mine.yaml")
    assert refused.exit_code == 2
    assert "corpus 'study/../C' is a path from where you stand" in refused.stderr


def test_init_makes_a_folder_whose_yaml_runs(cli, desk):
    made = cli("init", "new", "--corpus", "C", "--target", "valence")
    assert (made.exit_code, made.stdout) == (0, "new/mine.yaml\n"), made.stderr
    written = cli("splits", "new/mine.yaml", "-o", SPLITS)
    assert written.exit_code == 0, written.stderr
    assert "(new/mine.yaml)" in written.stderr
    spec = load_experiment("new/mine.yaml")
    assert (spec.targets, spec.places.store) == (("valence",), "store")
    again = cli("init", "new")
    assert again.exit_code == 2
    assert "new/mine.yaml exists already" in again.stderr


def test_init_without_a_corpus_says_what_is_wanted(cli, desk):
    made = cli("init", "blank")
    assert made.exit_code == 0
    assert "it wants a corpus in blank/corpus: raymer import" in made.stderr
    assert load_experiment("blank/mine.yaml").places.corpus == "corpus"
    assert cli("init", "other", "--target", "valence").exit_code == 2
