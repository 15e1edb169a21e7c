"""What a job takes along, and what is refused before anything is sent."""

import subprocess
import sys
from pathlib import Path

import pytest
from components.own import REDUCER

import raymer
from raymer.engine.jobs import package
from raymer.engine.jobs.package import make_package
from raymer.errors import UsageError

ROOT = Path(__file__).parents[2]
PLACES = ("--corpus", "s3://bucket/C", "--store", "s3://bucket/S")


def test_a_package_is_raymer_and_the_experiment_alone(cli, small_experiment):
    result = cli("submit", "--dry-run", "run", small_experiment, *PLACES, "--workers", "3")
    assert result.exit_code == 0, result.stderr
    *files, command = result.stdout.splitlines()
    names = {line.split()[1] for line in files}
    assert {"small.yaml", "raymer/cli/main.py", "raymer/experiments/cheuk2020-deam.yaml"} <= names
    assert all(name.startswith("raymer/") or name == "small.yaml" for name in names)
    assert not any("__pycache__" in name or "/." in name for name in names)
    assert sum(int(line.split()[0]) for line in files) < 3e6
    words = command.split()
    assert words[:4] == ["python", "-m", "raymer.cli.main", "run"]
    for pair in ("--corpus s3://bucket/C", "--store s3://bucket/S", "--workers 3", "--address auto"):
        assert pair in command
    assert words[-1] == "small.yaml"


def test_a_file_of_classes_goes_along(cli, small_experiment, tmp_path, monkeypatch):
    mine, more = tmp_path / "mine_classes.py", tmp_path / "more_classes.py"
    mine.write_text(REDUCER)
    more.write_text(REDUCER)
    monkeypatch.setenv("RAYMER_PLUGINS", str(more))
    words = ("run", small_experiment, *PLACES, "--plugin", mine)
    *files, command = cli("submit", "--dry-run", "--pip", "librosa", *words).stdout.splitlines()
    assert {"mine_classes.py", "more_classes.py"} <= {line.split()[1] for line in files}
    assert "--plugin more_classes.py --plugin mine_classes.py" in command
    assert "librosa" not in command, "it is the job's environment, not a word of the verb"
    gone = cli("submit", "--dry-run", "run", small_experiment, *PLACES, "--plugin", tmp_path / "gone.py")
    assert (gone.exit_code, "gone.py does not exist" in gone.stderr) == (2, True)


def test_the_package_runs_by_itself(tmp_path, small_experiment, corpus_folder):
    """A cluster without raymer: only the staged folder is on the path, and results record its version."""
    with make_package([small_experiment]).staged() as folder:
        code = "import raymer, importlib.metadata as m; print(raymer.__file__, m.version('raymer'))"
        done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(folder / "raymer" / "__init__.py"), raymer.__version__]


def test_words_come_through_unchanged(cli):
    command = cli(
        *("submit", "--dry-run", "compare", "cheuk2020-deam", "tnn-svr@50", "svr", *PLACES, "--target", "valence"),
        *("--target", "arousal", "--sequential", "--rope", "0.02", "--serial"),
    ).stdout.splitlines()[-1]
    assert command.endswith("cheuk2020-deam tnn-svr@50 svr")
    assert "--target valence --target arousal" in command
    assert "--sequential" in command
    assert "--rope 0.02" in command
    assert "--serial" in command
    assert "--address" not in command
    assert "--metric" not in command


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "cheuk2020-deam", "-c", "C", "-s", "s3://b/S"), "corpus 'C' is a path from where you stand"),
        (("run", "cheuk2020-deam", "-c", "/C", "-s", "S"), "store 'S' is a path from where you stand"),
        (("features", "C"), "folder 'C' is a path from where you stand"),
        (("run", "none.yaml", *PLACES), "none.yaml does not exist"),
        (("run", "cheuk2020-deam", *PLACES, "--address", "auto"), "--address belongs to submit"),
        (("demo",), "raymer demo has no place on a cluster"),
        (("corpora",), "raymer corpora has no place on a cluster"),
        (("jobs", "list"), "raymer jobs has no place on a cluster"),
        (("submit", "run"), "raymer submit has no place on a cluster"),
        (("rnu",), "unknown verb 'rnu': did you mean 'run'?"),
    ],
)
def test_wrong_use_is_one_line_before_anything_is_sent(cli, words, message):
    result = cli("submit", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_misspelt_option_is_refused_here(cli):
    result = cli("submit", "run", "cheuk2020-deam", *PLACES, "--wrokers", "3")
    assert result.exit_code == 2
    assert "--wrokers" in result.stderr


def test_a_package_that_is_too_large_names_the_largest_file(tmp_path, monkeypatch):
    monkeypatch.setattr(package, "MAX_BYTES", 5_000_000)
    (tmp_path / "big.yaml").write_bytes(b"#" * 6_000_000)
    with pytest.raises(UsageError, match=r"more than 5: the largest file is .*big.yaml"):
        make_package([tmp_path / "big.yaml"])


@pytest.mark.parametrize(
    ("script", "verb"),
    [("cross_validate", "run"), ("search", "tune"), ("significance", "compare"), ("build_features", "features")],
)
def test_the_scripts_are_the_verbs(script, verb):
    command = [sys.executable, str(ROOT / "jobs" / f"{script}.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Usage:" in done.stdout
    assert f"python jobs/{script}.py" in (ROOT / "jobs" / f"{script}.py").read_text()
    assert f" {verb} " in done.stdout.splitlines()[1]
