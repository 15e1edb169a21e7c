"""The verbs, in this process and without Ray: records, tables, exit codes and one-line errors."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from support import records, without_seconds

KEYS = (
    "system reducer predictor n_features target mean sd folds published_mean published_sd difference seconds"
).split()


def test_help_names_every_verb_and_is_quick(cli):
    result = cli("--help")
    for verb in ("demo", "corpora", "import", "audit", "run", "reproduce", "status", "rerun"):
        assert verb in result.stdout
    heavy = "('torch', 'ray', 'sklearn', 'pandas')"
    code = f"import sys, raymer, raymer.cli.main; print([m for m in {heavy} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]", "heavy imports belong inside the verbs"


def test_run_status_rerun(cli, small_experiment, corpus_folder, tmp_path):
    where = ("--corpus", corpus_folder, "--store", tmp_path / "S")
    first = records(cli("run", small_experiment, *where, "--serial", "--json"))
    assert len(first) == 5 * 2
    assert all(set(KEYS) <= set(row) for row in first)
    again = cli("run", small_experiment, *where, "--serial", "--json")
    assert "0 fits run, 30 found done" in again.stderr
    assert without_seconds(records(again)) == without_seconds(first)
    assert [row["seconds"] for row in records(again)] == [row["seconds"] for row in first]
    counted = ("--experiment", small_experiment, "--corpus", corpus_folder)
    state = records(cli("status", tmp_path / "S", *counted, "--json"))
    assert (state["fits"], state["done"], state["missing"], state["failed"]) == (30, 30, 0, [])
    fit_id = next((tmp_path / "S" / "fits").rglob("*.parquet")).stem
    assert records(cli("rerun", fit_id, *where, "--json"))["identical"] is True
    table = cli("run", small_experiment, *where, "--serial").stdout
    assert "TNN-GBM" in table
    assert "±" in table


def test_rerun_tells_a_result_that_is_not_what_the_fit_gives(cli, small_experiment, corpus_folder, tmp_path):
    from dataclasses import replace

    from raymer.results.store import ResultStore

    where = ("--corpus", corpus_folder, "--store", tmp_path / "S")
    cli("run", small_experiment, *where, "--serial")
    store = ResultStore(str(tmp_path / "S"))
    fit_id = min(store.done())
    result = store.get(fit_id)
    store.put(fit_id, replace(result, predicted=result.predicted + 1e-12))
    again = cli("rerun", fit_id, *where)
    assert again.exit_code == 1
    assert "NOT the same: predictions" in again.stdout


def test_failed_fits_are_named_and_the_exit_code_is_1(cli, small_experiment, corpus_folder, tmp_path, failing):
    where = ("--corpus", corpus_folder, "--store", tmp_path / "S")
    result = cli("run", small_experiment, *where, "--serial", "--json", *failing)
    assert result.exit_code == 1
    assert result.stderr.count("failed: fit ") == 6
    assert "(Failing-svr, valence): ValueError: nothing can be learnt" in result.stderr
    rows = json.loads(result.stdout)
    assert [row["mean"] is None for row in rows] == [row["system"] == "PCA-SVR" for row in rows]
    counted = ("--experiment", small_experiment, "--corpus", corpus_folder, *failing)
    assert "6 failed" in cli("status", tmp_path / "S", *counted).stdout


def test_a_width_that_no_fit_could_have_is_refused_before_the_run(cli, small_experiment, corpus_folder, tmp_path):
    small_experiment.write_text(small_experiment.read_text().replace("pca-svr, reducer: {width: 4}", "pca-svr"))
    result = cli("run", small_experiment, "-c", corpus_folder, "-s", tmp_path / "S", "--serial")
    assert result.exit_code == 2
    assert "system PCA-SVR: width 100 is more than the 12 features: give a width" in result.stderr
    assert not (tmp_path / "S").exists() or not list((tmp_path / "S").rglob("*.parquet"))


def test_a_csv_of_ones_own(cli, tmp_path, corpus):
    item = corpus.input()
    frame = pd.DataFrame(item.values, columns=item.columns)
    frame.insert(0, "id", item.clip_ids)
    frame["joy"] = corpus.clips["valence"]
    frame.to_csv(tmp_path / "mine.csv", index=False)
    made = records(cli("import", "table", tmp_path / "mine.csv", "-o", tmp_path / "C", "--target", "joy", "--json"))
    assert (made["annotated"], made["features"]) == (60, 12)
    (tmp_path / "mine.yaml").write_text(
        "name: mine\ntitle: mine\ncorpus: mine\ntargets: [joy]\nprotocols: {folds: {folds: 3}}\n"
        "systems:\n  - {system: SVR, method: svr}\n"
    )
    rows = records(cli("run", tmp_path / "mine.yaml", "-c", tmp_path / "C", "-s", tmp_path / "S", "--serial", "--json"))
    assert rows[0]["folds"] == 3


def test_corpora_and_audit(cli, corpus_folder):
    assert {info["name"] for info in records(cli("corpora", "--json"))} >= {"deam", "mediaeval2013", "table"}
    assert "swapped" in cli("corpora").stdout
    found = records(cli("audit", corpus_folder, "--json"))
    assert not [finding for finding in found["findings"] if finding["severity"] == "would change a score"]
    assert {finding["code"] for finding in found["findings"]} == {"both-sides", "group-order"}
    assert found["not_applicable"]["slices"] == "groups were given"
    assert found["group_leakage"]["grouped 10-fold"] == 0
    assert "of test clips have their artist in the train part" in cli("audit", corpus_folder).stdout


def test_demo_without_ray(cli, tmp_path):
    words = ("demo", "-o", tmp_path / "demo", "--clips", 24, "--serial")
    found = records(cli(*words, "--json"))
    epochs = {row["system"]: set() for row in found}
    for row in found:
        epochs[row["system"]].add((row["input"], row["epoch"]))
    table, sequences = {("logmel-summary", 0)}, {("logmel", 10), ("logmel", 20)}
    assert epochs == dict.fromkeys(("SVR", "PCA-SVR", "TNN-SVR"), table) | dict.fromkeys(
        ("NN", "RBF-SL", "RBF-GBM"), sequences
    )
    assert all(np.isfinite(row["mean"]) for row in found)
    again = cli(*words)
    assert again.exit_code == 0, again.output
    assert "0 fits run, 45 found done" in again.stderr
    assert "24 clips" not in again.stderr, "clips, corpus and features are kept"
    assert "TNN-SVR" in again.stdout
    assert "RBF-GBM" in again.stdout
    assert "<svg" in (tmp_path / "demo" / "report" / "index.html").read_text()
    where = ("-c", tmp_path / "demo" / "corpus", "-s", tmp_path / "demo" / "store", "--serial", "--json")
    pairs = records(cli("compare", "demo", "--all-pairs", "--target", "valence", *where))
    assert {frozenset((one["a"], one["b"])) for one in pairs} >= {
        frozenset(("tnn-svr", "rbf-sl")), frozenset(("gru_rbf-gbm", "rbf-sl")), frozenset(("gru_rbf-gbm", "svr"))
    }  # fmt: skip
    other = cli(*words, "--seed", 1)
    assert (other.exit_code, "holds other clips" in other.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("reproduce", "cheuk2020-deem", "-c", "C", "-s", "S"), 2, "did you mean 'cheuk2020-deam'"),
        (("run", "nowhere.yaml", "-c", "C", "-s", "S"), 2, "nowhere.yaml is missing"),
        (("run", "demo", "-c", "nowhere", "-s", "S"), 2, "nowhere is no folder"),
        (("import", "daem", "x", "-o", "y"), 2, "did you mean 'deam'"),
        (("import", "deam", "nowhere", "-o", "y"), 2, "nowhere does not exist"),
        (("audit", "nowhere"), 2, "nowhere is no folder"),
        (("rerun", "abc", "-c", "{corpus}", "-s", "S"), 2, "has no result of fit abc"),
        (("status", "nowhere"), 2, "holds no store"),
        (("status", "nowhere", "-c", "{corpus}"), 2, "go together"),
        (("run", "demo", "-c", "{corpus}", "-s", "S", "--serial", "--workers", "2"), 2, "would have no effect"),
        (("run", "cheuk2020-deam", "-c", "{corpus}", "-s", "S"), 2, "is about corpus deam, not synthetic"),
        (("run", "demo", "-c", "{corpus}", "-s", "S"), 2, "has no input 'logmel-summary'; it has features"),
        (("run", "{experiment}", "-c", "{corpus}", "-s", "S", "--workers", "0"), 2, "--workers 0"),
        (("run", "{experiment}", "-c", "{corpus}", "-s", "S", "--gpus-per-fit", "0.1"), 2, "no system here asks for"),
        (
            ("run", "{experiment}", "-c", "{corpus}", "-s", "S", "--address", "elsewhere"),
            2,
            "is none of here, local",
        ),
        (
            ("run", "{experiment}", "-c", "{corpus}", "-s", "S", "--address", "127.0.0.1:9"),
            1,
            "no Ray at '127.0.0.1:9'",
        ),
    ],
)
def test_wrong_use_is_one_line(cli, words, code, message, corpus_folder, small_experiment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = cli(*(word.format(corpus=corpus_folder, experiment=small_experiment) for word in words))
    assert result.exit_code == code, result.output
    assert message in result.stderr
    assert result.stderr.strip().count("\n") == 0
    assert result.stdout == ""


def test_another_corpus_store_is_refused_untouched(cli, corpus, corpus_folder, small_experiment, tmp_path):
    from raymer.corpora.folder import write_corpus
    from raymer.corpora.synthetic import make_synthetic

    store = tmp_path / "S"
    cli("run", small_experiment, "-c", corpus_folder, "-s", store, "--serial")
    before = sorted(store.rglob("*"))
    write_corpus(make_synthetic(60, 12, seed=9), tmp_path / "other")
    result = cli("run", small_experiment, "-c", tmp_path / "other", "-s", store, "--serial")
    assert result.exit_code == 2
    assert "holds results of corpus synthetic" in result.stderr
    assert sorted(store.rglob("*")) == before


def test_a_full_disk_stops_the_run_with_one_line(cli, small_experiment, corpus_folder, tmp_path, monkeypatch):
    from raymer.results.store import ResultStore, StoreError

    put, written = ResultStore.put, []

    def fills_up(self, fit_id, result):
        if len(written) == 4:
            raise StoreError(f"store {self.location} cannot be written: No space left on device")
        written.append(fit_id)
        put(self, fit_id, result)

    monkeypatch.setattr(ResultStore, "put", fills_up)
    result = cli("run", small_experiment, "-c", corpus_folder, "-s", tmp_path / "S", "--serial")
    assert result.exit_code == 1
    assert result.stderr.strip().splitlines()[-1].endswith("cannot be written: No space left on device")
    monkeypatch.undo()
    assert (
        "26 fits run, 4 found done"
        in cli("run", small_experiment, "-c", corpus_folder, "-s", tmp_path / "S", "--serial").stderr
    )
