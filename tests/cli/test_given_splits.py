"""raymer splits, and a given split from the command line: written, read again, run, tuned on its valid part."""

import json

import pandas as pd
import pytest

YAML = """
name: e
title: e
corpus: {corpus}
targets: [{target}]
protocols: {{p: {rule}}}
systems: [{{system: SVR, method: svr}}, {{system: Ridge, method: ridge}}]
search: {{system: SVR, objectives: [{target}], trials: 2, space: {{predictor: {{C: {{}}}}}}}}
"""


def write(path, rule, corpus="synthetic", target="valence"):
    path.write_text(YAML.format(rule=rule, corpus=corpus, target=target))
    return path


def test_splits_are_written_and_read_as_the_same(cli, corpus_folder, tmp_path):
    first = write(tmp_path / "a.yaml", "{kind: repeated_group_kfold, folds: 3, repeats: 2}")
    assert cli("splits", first, "-c", corpus_folder, "-o", tmp_path / "s.csv").exit_code == 0
    assert list(pd.read_csv(tmp_path / "s.csv").columns) == ["id", "repeat", "fold", "part"]
    assert cli("run", first, "-c", corpus_folder, "-s", tmp_path / "S", "--serial").exit_code == 0
    second = write(tmp_path / "b.yaml", "{kind: given, file: s.csv}")
    again = cli("run", second, "-c", corpus_folder, "-s", tmp_path / "S", "--serial")
    assert "0 fits run, 12 found done" in again.stderr
    refused = cli("splits", first, "-c", corpus_folder, "-o", tmp_path / "s.csv")
    assert (refused.exit_code, "exists already: --force replaces it" in refused.stderr) == (2, True)


def test_a_search_has_no_test_clip_and_what_it_finds_is_scored_on_them(cli, corpus, corpus_folder, tmp_path):
    ids = corpus.clips["clip_id"].tolist()
    parts = ["train"] * 36 + ["valid"] * 12 + ["test"] * (len(ids) - 48)
    pd.DataFrame({"id": ids, "part": parts}).to_csv(tmp_path / "s.csv", index=False)
    path = write(tmp_path / "e.yaml", "{kind: given, file: s.csv}")
    words = (path, "-c", corpus_folder, "-s", tmp_path / "S", "--serial")
    found = json.loads(cli("tune", *words, "--json").stdout)
    assert (found["test"]["n_train"], found["test"]["n_test"]) == (36, len(ids) - 48)
    refused = cli("tune", *words, "--outer", "3")
    assert (refused.exit_code, "the given split has a test part" in refused.stderr) == (2, True)
    bare = write(tmp_path / "f.yaml", "{kind: given, file: s.csv, train: [train, valid]}")
    refused = cli("tune", bare, "-c", corpus_folder, "-s", tmp_path / "S2", "--serial")
    assert (refused.exit_code, "no valid part" in refused.stderr) == (2, True)


@pytest.mark.real
def test_the_published_split_of_emomusic_runs(cli, real_data, tmp_path):
    table = real_data / "tables" / "deam_260_excerpt_means.parquet"
    made = cli("import", "mediaeval2013", real_data / "mediaeval2013", "-o", tmp_path / "C", "--features-table", table)
    assert made.exit_code == 0, made.stderr
    lists = real_data / "splits" / "emomusic"
    path = write(
        tmp_path / "e.yaml", f"{{kind: given, file: '{lists}', valid: validation}}", "mediaeval2013", "arousal"
    )
    ran = cli("run", path, "-c", tmp_path / "C", "-s", tmp_path / "S", "--serial")
    assert ran.exit_code == 0, ran.stderr
    assert "45 of 105 test clips have their group in the train part" in " ".join(ran.stdout.split())


def test_one_split_is_compared_by_its_test_clips(cli, corpus, corpus_folder, tmp_path):
    ids = corpus.clips["clip_id"].tolist()
    pd.DataFrame({"id": ids, "part": ["train"] * 30 + ["test"] * (len(ids) - 30)}).to_csv(tmp_path / "s.csv")
    path = write(tmp_path / "e.yaml", "{kind: given, file: s.csv}")
    words = ("compare", path, "svr", "ridge", "-c", corpus_folder, "-s", tmp_path / "S", "--serial")
    [found] = json.loads(cli(*words, "--json").stdout)
    tested = corpus.clips[30:]
    assert (found["clips"], found["groups"]) == (len(tested), tested["group"].nunique())
    rows = {row["method"]: row["mean"] for row in json.loads(cli("run", *words[1:2], *words[4:], "--json").stdout)}
    assert found["group_bootstrap"]["difference"] == pytest.approx(rows["svr"] - rows["ridge"])
    shown = cli(*words).stdout
    assert "what another train part would change is not in it" in " ".join(shown.split())
    refused = cli("compare", path, "--all-pairs", *words[4:])
    assert (refused.exit_code, "one split has no family of tests" in refused.stderr) == (2, True)
