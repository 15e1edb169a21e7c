"""What the docs show is true: every command is understood, the pages for new users are run line by line."""

import contextlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from docs.commands import PAGES, ROOT, Shown, shown_commands, shown_files
from typer.testing import CliRunner

from raymer.cli.main import app
from raymer.corpora.synthetic_audio import LABELS, write_audio
from raymer.experiments.loading import experiment_names

COMMANDS = [command for page in PAGES for command in shown_commands(page)]


def _parse(words: tuple[str, ...]) -> None:
    command, rest = typer.main.get_command(app), list(words)
    while (verbs := getattr(command, "commands", None)) and not rest[0].startswith("-"):
        assert rest[0] in verbs, f"no verb {rest[0]}"
        command = verbs[rest.pop(0)]
    with contextlib.suppress(typer.Exit):  # what --version does
        command.make_context("raymer", rest)


@pytest.mark.parametrize("shown", COMMANDS, ids=str)
def test_every_command_is_understood(shown):
    _parse(shown.words)


def test_a_command_that_is_not_understood_is_caught():
    with pytest.raises(Exception, match="corpse"):
        _parse(("run", "mine.yaml", "--corpse", "C"))


def test_the_pages_show_commands():
    assert len(COMMANDS) > 30
    assert {command.words[0] for command in COMMANDS} >= {
        "import",
        "run",
        "tune",
        "compare",
        "report",
        "fit",
        "predict",
    }


def test_every_experiment_is_on_the_page_of_verbs():
    text = (ROOT / "docs" / "verbs.md").read_text()
    family = ""
    named = set()
    for name in re.findall(r"`([a-z0-9-]+)`", text):
        family = name if not name.startswith("-") else family
        stem = family.split("-")[0]
        named |= {name, f"{stem}{name}"} if name.startswith("-") else {name}
    assert set(experiment_names()) <= named


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Path:
    """A folder with what a new user has: a table of 150 rows, new rows, a folder of clips with labels."""
    folder = tmp_path_factory.mktemp("desk")
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(160, 2))
    features = np.tanh(hidden @ rng.normal(size=(2, 20))) + 0.5 * rng.normal(size=(160, 20))
    columns = [f"f{k:02d}" for k in range(20)]
    table = pd.DataFrame(features, columns=columns)
    table.insert(0, "song", [f"s{k:03d}" for k in range(160)])
    mine = table[:150].assign(
        valence=5 + hidden[:150, 0], arousal=5 + hidden[:150, 1], artist=[f"a{k // 5}" for k in range(150)]
    )
    mine.to_csv(folder / "mine.csv", index=False)
    table[150:].to_csv(folder / "new.csv", index=False)
    write_audio(folder / "clips", 24, seed=0)
    (folder / "clips" / LABELS).rename(folder / "labels.csv")
    for name, text in shown_files(ROOT / "docs" / "own-data.md").items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.slow
def test_the_page_for_own_data_works_line_by_line(desk, monkeypatch):
    monkeypatch.chdir(desk)
    for shown in shown_commands(ROOT / "docs" / "own-data.md"):
        words = [_fit_id() if word == "FIT_ID" else word for word in shown.words]
        if words[0] in ("features", "run", "compare", "fit") and "--serial" not in words:
            words.append("--serial")  # the same bits, without a Ray of its own for every line
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, f"{shown}: {result.output}"
    assert (desk / "R" / "index.html").stat().st_size > 10_000
    assert len(pd.read_csv(desk / "predictions.csv")) == 10
    assert (desk / "plane.png").is_file()


@pytest.mark.slow
def test_the_page_for_components_works_line_by_line(tmp_path, monkeypatch, desk):
    page = ROOT / "docs" / "components.md"
    for name, text in shown_files(page).items():
        (tmp_path / name).write_text(text)
    (tmp_path / "table.csv").write_bytes((desk / "mine.csv").read_bytes())
    (tmp_path / "new.csv").write_bytes((desk / "new.csv").read_bytes())
    monkeypatch.chdir(tmp_path)
    for shown in shown_commands(page):
        words = [*shown.words, "--serial"] if shown.words[0] in ("run", "compare", "fit") else [*shown.words]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, f"{shown}: {result.output}"
    code = re.findall(r"```python\n(import raymer\n.*?)```", page.read_text(), flags=re.DOTALL)[0]
    serial = "machine=raymer.Machine(serial=True)"
    code = code.replace("GroupKFold(5))", "GroupKFold(5), address=None)").replace('"S", ', f'"S", {serial}, ')
    assert serial in code
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "tnn less ridge" in ran.stdout
    assert "Mine" in ran.stdout


def test_the_example_of_the_readme_prints_small(tmp_path, monkeypatch, corpus_folder):
    block = re.search(r"    import raymer\n(?:    .*\n|\n(?=    ))+", (ROOT / "README.md").read_text())[0]
    code = "\n".join(line[4:] for line in block.splitlines())
    code = code.replace('"C"', repr(str(corpus_folder))).replace("seed=0))", "seed=0), address=None)")
    (tmp_path / "mine.yaml").write_text(
        shown_files(ROOT / "docs" / "own-data.md")["mine.yaml"].replace("corpus: mine", "corpus: synthetic")
    )
    code = code.replace('"S")', '"S", machine=raymer.Machine(serial=True))')
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "tnn less svr" in ran.stdout
    assert "make_pipeline" in code
    assert max(map(len, ran.stdout.splitlines())) < 200


def _fit_id() -> str:
    return next(Path("SA/fits").rglob("*.parquet")).stem


@pytest.mark.slow
def test_the_site_builds(tmp_path):
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip("mkdocs is not installed (pip install raymer[docs])")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    built = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert built.returncode == 0, built.stderr
    assert "TripletReducer" in (tmp_path / "site" / "api.html").read_text()


def test_shown_is_read_as_it_stands(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("text raymer no\n\n    raymer run a.yaml --corpus C   # why\n\n```\nraymer jobs list\n```\n")
    assert shown_commands(page) == [
        Shown("page.md", 3, ("run", "a.yaml", "--corpus", "C")),
        Shown("page.md", 6, ("jobs", "list")),
    ]
