"""Every verb that writes, on a disk that takes no more: one clear line, exit code 1, nothing half-written."""

import contextlib
import shutil

import numpy as np
import pandas as pd
import pytest
from forked import REFUSED, Job, forks
from typer.testing import CliRunner

from raymer.cli.main import app
from raymer.corpora.folder import write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.corpora.synthetic_audio import write_audio

# A file system of its own, with a copy of what the verb wants, which is then filled but for some kB or closed.
BEFORE = """
mount -t tmpfs -o size=64m tmpfs {disk} || exit 77
cp -r {kit}/. {disk} && cd {disk} && find . -type f -printf '%p %s\\n' | sort > {kit}.before || exit 1
if [ {full} = closed ]; then mount -o remount,ro {disk}; else
  head -c 64m /dev/zero > filler 2> /dev/null; truncate -s -{full}k filler; fi
"""
AFTER = "find . -type f ! -name filler -printf '%p %s\\n' | sort > {kit}.after"
EXPERIMENT = """
name: small
title: small
corpus: synthetic
targets: [valence]
protocols: {folds: {folds: 3}}
systems:
  - {system: SVR, method: svr}
  - {system: PCA-SVR, method: pca-svr, reducer: {width: 3}}
search: {system: PCA-SVR, objectives: [valence], trials: 2, space: {reducer: {width: {}}}}
"""
VERBS = {
    "import": "import table mine.csv -o new --id id --target valence",
    "import anew": "import table mine.csv -o C --id id --target valence --force",
    "add": "add C mine.csv --name more --id id --ignore valence",
    "features": "features CA --serial",
    "init": "init new",
    "draft": "init new --corpus C",
    "splits": "splits small.yaml --corpus C -o new.csv",
    "run": "run small.yaml --corpus C --store new --serial",
    "run in processes": "run small.yaml --corpus C --store new --workers 2",
    "compare": "compare small.yaml SVR PCA-SVR --corpus C --store new --serial",
    "plot": "compare small.yaml SVR PCA-SVR --corpus C --store S --serial --plot new.svg",
    "report": "report small.yaml --corpus C --store S -o new --png --pdf --csv --latex",
    "tune": "tune small.yaml --corpus C --store new --serial",
    "journal": "tune small.yaml --corpus C --store S --serial",
    "fit": "fit small.yaml SVR --corpus C -o new",
    "predict": "predict M --features-table table.csv --csv new.csv",
    "demo": "demo --clips 20 --serial -o new",
}
PARTS = {"features": 12, "features on Ray": 12, "report": 60, "fit": 8, "demo": 60, "run": 12, "tune": 12, "add": 4}
"""Verbs that write more than so many kB: they begin to write, and cannot go on."""
ON_RAY = {"features on Ray": "features CA --workers 2 --address local"}
FRESH = {"run in processes", *ON_RAY}
"""Verbs that start processes: they are started themselves."""


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    """What the verbs are asked about: corpora, results and a model."""
    folder = tmp_path_factory.mktemp("kit")
    corpus = make_synthetic(40, 8, seed=2)
    write_corpus(corpus, folder / "C")
    (folder / "small.yaml").write_text(EXPERIMENT)
    ids, rng = corpus.clips["clip_id"].tolist(), np.random.default_rng(0)
    pd.DataFrame({"id": ids, **{name: rng.normal(size=len(ids)) for name in ("x", "y", "valence")}}).to_csv(
        folder / "mine.csv", index=False
    )
    table = next(iter(corpus.inputs.values()))
    frame = pd.DataFrame(table.values, columns=list(table.columns))
    frame.insert(0, "id", table.clip_ids)
    frame.to_csv(folder / "table.csv", index=False)
    write_audio(folder / "A", 20)
    with contextlib.chdir(folder):
        for words in (
            "run small.yaml --corpus C --store S --serial",
            "fit small.yaml SVR --corpus C -o M",
            "import audio_folder A -o CA --labels A/labels.csv --target valence",
        ):
            assert CliRunner().invoke(app, words.split()).exit_code == 0
    return folder


@pytest.fixture(scope="module")
def forked():
    with forks() as made:
        yield made


@pytest.fixture
def end_of(kit, tmp_path, forked):
    """Run a verb on a disk that has `full` kB left or is closed; return the process and the files before and after."""

    def run(verb, full):
        own, disk = tmp_path / "kit", tmp_path / "disk"
        shutil.copytree(kit, own)
        disk.mkdir()
        said = {"disk": disk, "kit": own, "full": full}
        words = {**VERBS, **ON_RAY}[verb].split()
        job = Job(BEFORE.format(**said), str(disk), words, AFTER.format(**said), str(tmp_path / "said"), verb in FRESH)
        done = forked.run(job)
        if done.returncode == REFUSED:
            pytest.skip("a file system for the test alone needs root")
        before, after = (set((tmp_path / f"kit.{when}").read_text().splitlines()) for when in ("before", "after"))
        return done, before, after

    return run


def check_end(done, reasons):
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 1, done.stderr
    assert [line for line in lines if line.startswith("raymer: ")] == lines[-1:], lines
    assert any(reason in lines[-1] for reason in reasons), lines[-1]
    assert "damaged" not in done.stderr
    assert "Traceback" not in done.stderr


def names(files):
    return {line.rpartition(" ")[0] for line in files}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("full", ["closed", 0])
def test_a_verb_that_cannot_write(end_of, verb, full):
    done, before, after = end_of(verb, full)
    check_end(done, ["Read-only file system"] if full == "closed" else ["No space left on device", "is the disk full?"])
    assert before <= after, "what was there is there"
    empty = {line for line in after - before if "searches/" not in line}  # a journal begins as an empty file
    assert empty == set(), "nothing is left"


@pytest.mark.parametrize("verb", PARTS)
def test_a_verb_that_can_write_a_part(end_of, verb):
    done, before, after = end_of(verb, PARTS[verb])
    check_end(done, ["No space left on device", "is the disk full?"])
    new = names(after) - names(before)
    assert [name for name in new if "/." in name or name.endswith(".tmp")] == [], "no file under another name"
    assert names(before) <= names(after)
    if verb in ("fit", "report", "demo", "add"):
        assert new == set()
