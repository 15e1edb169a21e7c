"""Law 10: what a file says is imported only where consent was given, and what is found is judged by itself."""

import sys

import pytest

from raymer.components.path import find_class
from raymer.components.plugins import PLUGINS, bring_files, read_plugin
from raymer.errors import UsageError
from raymer.learners.system import System

REFUSED = {
    "os:system": "os is neither",
    "antigravity:X": "antigravity is neither",
    "subprocess:Popen": "subprocess is neither",
    "builtins:eval": "builtins is neither",
    "mine:MyReducer": "--plugin mine.py",
    "scipy.stats:norm": "scipy is neither",
    "pandas:DataFrame": "pandas is neither",
    "..sklearn:PCA": "names no class",
    "sklearn..decomposition:PCA": "names no class",
    "sklearn/decomposition:PCA": "names no class",
    "sklearn.decomposition:PCA.fit": "names no class",
    "sklearn.decomposition._pca:PCA": "private",
    "sklearn.datasets:load_iris": "no class",
    "sklearn.base:np": "no class",
    "sklearn.base:defaultdict": "not of sklearn",
    "sklearn.decomposition:Nothing": "has no Nothing",
    "raymer.engine.machine:Machine": "cannot be a reducer",
    "sklearn.metrics:r2_score": "no class",
    "sklearn.model_selection:KFold": "cannot be a reducer",
}


@pytest.mark.parametrize(("path", "why"), REFUSED.items())
def test_what_is_not_let_in_is_one_line(path, why):
    with pytest.raises(UsageError, match=why) as caught:
        System.of([{"use": path}, "svr"])
    assert "\n" not in str(caught.value)


def test_nothing_is_imported_without_consent(tmp_path, monkeypatch, cli, corpus_folder):
    mark = tmp_path / "was-imported"
    (tmp_path / "sneaky.py").write_text(f"open({str(mark)!r}, 'w').close()\nclass Reducer: pass\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    experiment = tmp_path / "e.yaml"
    experiment.write_text(
        "name: e\ntitle: e\ncorpus: synthetic\ntargets: [valence]\nprotocols: {f: {folds: 3}}\n"
        'systems: [{system: S, steps: [{use: "sneaky:Reducer"}, svr]}]\n'
    )
    result = cli("run", experiment, "--corpus", corpus_folder, "--store", tmp_path / "S", "--serial")
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert "--plugin sneaky.py" in result.stderr
    assert not mark.exists()
    assert "sneaky" not in sys.modules
    cli("run", experiment, "-c", corpus_folder, "-s", tmp_path / "S", "--serial", "--plugin", tmp_path / "sneaky.py")
    assert mark.exists(), "the test can see an import"
    PLUGINS.drop("sneaky")


def test_an_alias_in_an_allowed_module_does_not_reach_out():
    with pytest.raises(UsageError, match="not of sklearn"):
        find_class("sklearn.base:defaultdict")


def test_a_function_of_a_plugin_is_no_class(planted):
    with pytest.raises(UsageError, match="a class is wanted"):
        System.of([{"use": "planted_classes:function"}, "svr"])


def test_a_class_that_a_plugin_imports_is_not_its_own(planted):
    with pytest.raises(UsageError, match="a class of sklearn"):
        System.of([{"use": "planted_classes:BaseEstimator"}, "svr"])


@pytest.mark.parametrize("name", ["json.py", "numpy.py", "raymer.py"])
def test_a_file_cannot_take_the_name_of_a_module(tmp_path, name):
    (tmp_path / name).write_text("class A: pass")
    with pytest.raises(UsageError, match="rename the file"):
        bring_files([tmp_path / name])


@pytest.mark.parametrize("name", ["no-module.py", "class.py", "mine.txt"])
def test_a_file_needs_the_name_of_a_module(tmp_path, name):
    (tmp_path / name).write_text("class A: pass")
    with pytest.raises(UsageError, match="name"):
        read_plugin(tmp_path / name)


def test_a_missing_or_broken_file_is_one_line(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        read_plugin(tmp_path / "gone.py")
    (tmp_path / "broken_plugin.py").write_text("def")
    bring_files([tmp_path / "broken_plugin.py"])
    with pytest.raises(UsageError, match="SyntaxError"):
        System.of([{"use": "broken_plugin:A"}, "svr"])
    PLUGINS.drop("broken_plugin")


def test_files_that_import_each_other_are_run_once(tmp_path):
    (tmp_path / "one_half.py").write_text("import other_half\nclass A: pass")
    (tmp_path / "other_half.py").write_text("import one_half\nclass B: pass")
    bring_files([tmp_path / "one_half.py", tmp_path / "other_half.py"])
    one, other = PLUGINS.module("one_half"), PLUGINS.module("other_half")
    assert (one.other_half, other.one_half) == (other, one)
    assert PLUGINS.revision("one_half") == PLUGINS.revision("other_half") != PLUGINS["one_half"].revision
    PLUGINS.drop("one_half")
    PLUGINS.drop("other_half")


def test_files_come_from_the_environment_too(tmp_path, monkeypatch):
    (tmp_path / "from_environment.py").write_text("class A: pass")
    monkeypatch.setenv("RAYMER_PLUGINS", str(tmp_path / "from_environment.py"))
    bring_files()
    assert "from_environment" in PLUGINS
    PLUGINS.drop("from_environment")
