"""Nothing that is read is ever run: no unpickling, no eval, no unsafe YAML, no unpacking."""

import ast
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

import raymer

ROOT = Path(raymer.__file__).parent
FORBIDDEN = {
    *("eval", "exec", "compile", "__import__"),
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "cloudpickle.load", "cloudpickle.loads"),
    *("joblib.load", "torch.load", "marshal.loads", "marshal.load", "shelve.open", "dill.load", "dill.loads"),
    *("yaml.load", "yaml.load_all", "yaml.full_load", "yaml.unsafe_load", "yaml.unsafe_load_all"),
    *("pandas.read_pickle", "pd.read_pickle", "os.system", "os.popen", "subprocess.getoutput"),
    *("shutil.unpack_archive", "tarfile.open", "zipfile.ZipFile"),  # none is needed; with one comes a check of members
}
FORBIDDEN_METHODS = {"extractall", "read_pickle"}


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    tree = ast.parse(path.read_text())
    imported = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            imported |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            yield imported.get(name, name), node


def faults(path: Path) -> list[str]:
    found = []
    for name, call in calls(path):
        keywords = {keyword.arg: keyword.value for keyword in call.keywords}
        if name in FORBIDDEN or name.rpartition(".")[2] in FORBIDDEN_METHODS:
            found.append(f"{path.name}:{call.lineno} {name}")
        if name in ("np.load", "numpy.load"):
            allowed = keywords.get("allow_pickle")
            if not (isinstance(allowed, ast.Constant) and allowed.value is False):
                found.append(f"{path.name}:{call.lineno} {name} without allow_pickle=False")
        shell = keywords.get("shell")
        if isinstance(shell, ast.Constant) and shell.value:
            found.append(f"{path.name}:{call.lineno} {name} through a shell")
        if name == "skops.io.load" and "trusted" not in keywords:
            found.append(f"{path.name}:{call.lineno} {name} without its list of trusted types")
    return found


def test_no_module_runs_what_it_reads():
    modules = sorted(ROOT.rglob("*.py"))
    assert len(modules) > 100
    found = [fault.partition(":")[0] + " " + fault.rpartition(" ")[2] for path in modules for fault in faults(path)]
    # The one place where code is run: a file that the command line brought with --plugin (law 10). And the one where
    # something is unpickled: what a fork of this very process says through a pipe that nobody else can write to.
    own_pipe = ["fresh.py pickle.loads"] * 2
    # And what a run hands to the processes that it starts itself, in a folder that nobody else can write to.
    own_folder = ["freight.py cloudpickle.loads", "freight.py joblib.load"]
    assert sorted(found) == [*own_folder, *own_pipe, "plugins.py compile", "plugins.py exec"]
    assert [path.name for path in modules if path.name in ("plugins.py", "fresh.py")] == ["plugins.py", "fresh.py"]


def test_each_of_them_would_be_seen(tmp_path):
    lines = [
        "from pickle import loads",
        "loads(b'')",
        "yaml.load(text)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "eval('1')",
        "archive.extractall(folder)",
        "subprocess.run('ls', shell=True)",
        "skops.io.load(path)",
        "np.load(path, allow_pickle=False)",
        "yaml.safe_load(text)",
    ]
    path = tmp_path / "planted.py"
    path.write_text("\n".join(lines))
    assert len(faults(path)) == 8


class Payload:
    """A pickle of this writes a file when it is loaded."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self):
        return (Path.write_text, (self.canary, "ran"))


@pytest.fixture
def canary(tmp_path):
    path = tmp_path / "canary"
    pickle.loads(pickle.dumps(Payload(path)))
    assert path.exists(), "the payload works"
    path.unlink()
    return path


def fill(path: Path, canary: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(Payload(canary)))


@pytest.mark.parametrize("name", ["corpus.json", "clips.parquet", "inputs/features.parquet"])
def test_a_pickle_named_as_a_corpus_file_does_not_run(cli, small_experiment, corpus_folder, tmp_path, canary, name):
    fill(corpus_folder / name, canary)
    where = ("--corpus", corpus_folder, "--store", tmp_path / "S")
    for words in (("run", small_experiment, *where, "--serial"), ("audit", corpus_folder)):
        refused(cli(*words), canary)


@pytest.mark.parametrize("name", ["store.json", "fits", "failed", "splits"])
def test_a_pickle_named_as_a_store_file_does_not_run(cli, small_experiment, corpus_folder, tmp_path, canary, name):
    store = tmp_path / "S"
    where = ("--corpus", corpus_folder, "--store", store)
    assert cli("run", small_experiment, *where, "--serial").exit_code == 0
    fit = next((store / "fits").rglob("*.parquet"))
    if name == "failed":
        fill(store / "failed" / f"{fit.stem}.json", canary)
        fit.unlink()
        refused(cli("status", store), canary)
        return
    for path in [store / name] if name == "store.json" else [p for p in (store / name).rglob("*") if p.is_file()]:
        fill(path, canary)
    again = ("run", small_experiment, *where, "--serial")
    refused(cli(*(("rerun", fit.stem, *where) if name == "splits" else again)), canary)


def test_a_pickle_named_as_a_checkpoint_does_not_run(tmp_path, canary):
    from raymer.errors import RaymerError
    from raymer.learners.checkpoint import read_snapshot

    fill(tmp_path / "t1.safetensors", canary)
    with pytest.raises(RaymerError, match="is damaged"):
        read_snapshot(tmp_path / "t1.safetensors")
    assert not canary.exists()


@pytest.mark.parametrize("how", ["pickle", "python/object/apply"])
def test_an_experiment_cannot_run_anything(cli, corpus_folder, tmp_path, canary, how):
    path = tmp_path / "evil.yaml"
    if how == "pickle":
        fill(path, canary)
    else:
        path.write_text(f"name: !!python/object/apply:pathlib.Path.write_text [!!python/name:x, {canary}]\n")
    refused(cli("run", path, "--corpus", corpus_folder, "--store", tmp_path / "S", "--serial"), canary)


def refused(result, canary: Path) -> None:
    assert not canary.exists(), "what was read was run"
    assert result.exit_code in (1, 2)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.stderr.strip().splitlines()[-1].startswith("raymer: ")
