"""raymer report on a small corpus: tables, files, and a page that a browser opens without a network."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from support import records

from raymer.corpora.base import Corpus
from raymer.corpora.folder import write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.protocols.splits import Split
from raymer.results.store import ResultStore

EXPERIMENT = """
name: small
title: Small & <b>quick</b>
corpus: synthetic
targets: [valence, arousal]
protocols:
  folds: {kind: kfold, folds: 3, shuffle: true, seed: 0}
systems:
  - {system: SVR, method: svr, published: {valence: {mean: 0.3, sd: 0.1}, arousal: {mean: 0.5}}}
  - {system: PCA-SVR, method: pca-svr, reducer: {width: 2}}
  - {system: PCA-SVR, method: pca-svr, reducer: {width: 4}}
  - {system: PCA-SVR, method: pca-svr, reducer: {width: 8}}
  - {system: TNN-SVR, method: tnn-svr, reducer: {width: 4, steps: 20}}
  - {system: AE-SVR, method: ae-svr, reducer: {width: 4, max_epochs: 3}}
not_mentioned: {margin: not given}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A corpus with a sound file for every clip, and the store of a whole run."""
    import soundfile
    from typer.testing import CliRunner

    from raymer.cli.main import app

    folder = tmp_path_factory.mktemp("report")
    made = make_synthetic(60, 12, seed=1)
    clips = made.clips.assign(audio=[f"{clip}.wav" for clip in made.clips["clip_id"]])
    clips["group"] = clips["group"].replace("artist-0000", "</script><img src=x onerror=alert(1)>")
    (folder / "audio").mkdir()
    for name in clips["audio"]:
        soundfile.write(folder / "audio" / name, np.zeros(800), 8000)
    corpus = Corpus("synthetic", clips, made.targets, made.inputs, audio_root=str(folder / "audio"))
    write_corpus(corpus, folder / "C")
    (folder / "small.yaml").write_text(EXPERIMENT)
    words = ["run", folder / "small.yaml", "-c", folder / "C", "-s", folder / "S", "--serial"]
    assert CliRunner().invoke(app, [str(word) for word in words]).exit_code == 0
    return folder


@pytest.fixture(scope="module")
def page(place):
    """The report of the whole run, with all its files."""
    from typer.testing import CliRunner

    from raymer.cli.main import app

    where = ["-c", place / "C", "-s", place / "S", "-o", place / "R", "--pdf", "--csv", "--latex", "--json"]
    result = CliRunner().invoke(app, [str(word) for word in ["report", place / "small.yaml", *where]])
    return records(result), place / "R"


def test_files_say_what_the_run_said(page, cli, place):
    said, folder = page
    assert (said["planned"], said["missing"], said["failed"], said["partial"]) == (36, 0, 0, False)
    assert all((folder / name).is_file() for name in said["files"])
    names = {Path(name).stem for name in said["files"] if name.endswith(".pdf")}
    assert names == {"widths", "forest-1", "forest-2", "predicted", "plane", "embeddings"}
    run = records(cli("run", place / "small.yaml", "-c", place / "C", "-s", place / "S", "--serial", "--json"))
    assert said["results"] == run
    with (folder / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["mean"]) for row in rows] == [row["mean"] for row in run]
    tex = (folder / "results.tex").read_text()
    assert tex.count(r"\toprule") == 3, "the results, and where each row stands on either target"
    assert rf"{abs(run[0]['mean']):.3f} $\pm$ {run[0]['sd']:.3f}" in tex
    assert r"Small \& \textless{}b\textgreater{}quick\textless{}/b\textgreater{}" in tex


def test_page_is_one_escaped_file(page):
    text = (page[1] / "index.html").read_text()
    assert len(text) < 5_000_000
    assert "Small &amp; &lt;b&gt;quick&lt;/b&gt;" in text
    assert "<img" not in text
    assert not re.search(r'(?:src|href)="(?!#)', text), "nothing is loaded"
    assert not re.search(r"https?:", re.sub(r'xmlns(:xlink)?="[^"]*"', "", text))
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert "This report is partial" not in text
    assert "kfold splits: folds 3, shuffle, seed 0" in text


def test_partial_results_make_a_partial_page(cli, place, tmp_path):
    from shutil import copytree

    copytree(place / "S", tmp_path / "S")
    store = ResultStore(str(tmp_path / "S"))
    header = store.header(lost := min(store.done()))
    next((tmp_path / "S").rglob(f"{lost}.parquet")).unlink()
    store.fail(lost, header.fit, "ValueError: <planted>", "traceback")
    where = ("-c", place / "C", "-s", tmp_path / "S", "-o", tmp_path / "R")
    result = cli("report", place / "small.yaml", *where)
    assert result.exit_code == 0, result.stderr
    assert "partial: 0 of 36 fits missing, 1 failed" in result.stderr
    text = (tmp_path / "R" / "index.html").read_text()
    assert "This report is partial" in text
    assert "ValueError: &lt;planted&gt;" in text
    assert "1 folds missing" in text


def test_a_store_without_any_result_of_the_experiment(cli, place, tmp_path):
    ResultStore(str(tmp_path / "S")).put_split(Split(0, 0, np.array(["a"]), np.array(["b"])))
    where = ("-c", place / "C", "-s", tmp_path / "S", "-o", tmp_path / "R")
    assert "holds no store" in cli("report", place / "small.yaml", *where).stderr
    from raymer.corpora.folder import load_corpus

    corpus = load_corpus(place / "C")
    ResultStore(str(tmp_path / "S")).claim(corpus.name, corpus.fingerprint, {})
    said = records(cli("report", place / "small.yaml", *where, "--json"))
    assert (said["missing"], said["partial"]) == (36, True)
    assert "36 of 36 fits have not been run" in (tmp_path / "R" / "index.html").read_text()
    (tmp_path / "file").write_text("")
    refused = cli("report", place / "small.yaml", *where[:-1], tmp_path / "file" / "R")
    assert refused.exit_code == 1
    assert "cannot be written" in refused.stderr


@pytest.mark.parametrize("width", [1280, 400])
def test_a_browser_shows_it_all_and_asks_nothing(browser, page, width):
    faults, requests = [], []
    tab = browser.new_page(viewport={"width": width, "height": 900})
    tab.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto((page[1] / "index.html").as_uri())
    assert len(requests) == 1, "the page itself and nothing else"
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    figures = tab.query_selector_all("figure svg")
    assert len(figures) >= 2 + 1 + 1 + 2 + 1 + 4
    for figure in figures:
        box = figure.bounding_box()
        assert box["width"] > 10
        assert box["height"] > 5
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    point = tab.query_selector_all('[data-panel="plane-1"] use')[0]
    point.scroll_into_view_if_needed()
    point.hover(force=True)
    said = tab.inner_text("#tip")
    assert "valence" in said
    assert "s00" in said
    assert tab.query_selector("audio") is None
    point.click(force=True)
    tab.wait_for_selector("audio")
    assert [url for url in requests[1:] if not url.startswith("file:")] == []
    assert tab.get_attribute("audio", "src").endswith(".wav")
    assert faults == []
    tab.close()


def test_no_figure_is_lost_between_page_and_json(page):
    text = (page[1] / "index.html").read_text()
    hover = json.loads(re.search(r'id="hover">(.*?)</script>', text, re.DOTALL)[1])
    assert {name.rsplit("-", 1)[0] for name in hover} == {"predicted", "plane", "embeddings"}
    assert len(hover["plane-1"]) == 60
    assert any("</script>" in clip.get("group", "") for clip in hover["plane-1"])
