"""Parameters are checked by value before anything runs: one line with the name, what is allowed, and the nearest."""

import inspect

import pytest

from raymer.errors import UsageError
from raymer.learners.encoders import ENCODERS
from raymer.learners.predictors import PREDICTORS
from raymer.learners.presets import preset
from raymer.learners.reducers import REDUCERS
from raymer.learners.system import System

WRONG = [
    (("tnn-svr", {"width": "ten"}), r"tnn: width='ten' must be a whole number of at least 1"),
    (("tnn-svr", {"width": 0}), r"width=0 must be a whole number of at least 1"),
    (("tnn-svr", {"width": 2.5}), r"width=2.5 must be a whole number"),
    (("tnn-svr", {"mining": "exat"}), r"mining='exat' must be one of 'exact'.*did you mean 'exact'"),
    (("tnn-svr", {"d_p": 0.5, "d_n": 0.2}), r"d_p=0.5 must be below d_n=0.2"),
    (("tnn-svr", {"widht": 5}), r"unknown parameter 'widht': did you mean 'width'"),
    (("svr", {}, {"C": -1}), r"svr: C=-1 must be a number above 0"),
    (("svr", {}, {"C": float("nan")}), r"C=nan"),
    (("svr", {}, {"C": True}), r"C=True must be a number above 0"),
    (("svr", {}, {"C": "2"}), r"C='2' must be a number above 0"),
    (("nn", {}, {"C": 1}), r"unknown parameter 'C': there is none"),
    (("svr", {}, {"kernel": "rbg"}), r"did you mean 'rbf'"),
    (("gbm", {}, {"subsample": 2}), r"subsample=2 must be a number above 0 and of at most 1"),
    (("rbf-sl", {"epochs": 0}), r"epochs=0 must be a whole number of at least 1"),
    (("rbf-sl", {"degree": 2}), r"degree would have no effect"),
    (("rbf-sl", {"hidden": [10, 0]}), r"hidden"),
    (("svr", {"width": 3}), r"no reducer"),
    (("tnn-svx",), r"did you mean 'tnn-sv"),
]


@pytest.mark.parametrize(("asked", "line"), WRONG, ids=[str(asked) for asked, _ in WRONG])
def test_a_wrong_value_is_one_line(asked, line):
    with pytest.raises(UsageError, match=line) as caught:
        preset(*asked)
    assert "\n" not in str(caught.value)


def test_yaml_says_the_same(tmp_path, cli, corpus_folder):
    path = tmp_path / "e.yaml"
    path.write_text(
        "name: e\ntitle: e\ncorpus: synthetic\ntargets: [valence]\nprotocols: {f: {folds: 3}}\n"
        "systems: [{system: T, method: tnn-svr, reducer: {width: ten}}]\n"
    )
    result = cli("run", path, "-c", corpus_folder, "-s", tmp_path / "S", "--serial")
    assert result.exit_code == 2
    assert "system T: method tnn-svr: tnn: width='ten' must be a whole number of at least 1" in result.stderr


@pytest.mark.parametrize(
    "step",
    [
        {"use": "sklearn.linear_model:Ridge", "alfa": 1.0},
        {"use": "sklearn.ensemble:RandomForestRegressor", "n_jobs": 4},
        {"use": "sklearn.ensemble:RandomForestRegressor", "warm_start": True},
        {"use": "sklearn.linear_model:Ridge", "alpha": -1.0},
        {"use": "sklearn.linear_model:Ridge", "solver": "svdd"},
    ],
    ids=str,
)
def test_parameters_of_foreign_classes_are_checked_too(step):
    with pytest.raises(UsageError):
        System.of([step])


@pytest.mark.parametrize(
    "component", [*REDUCERS.own.values(), *PREDICTORS.own.values(), *ENCODERS.own.values()], ids=lambda one: one.name
)
def test_declared_defaults_are_the_class_own(component):
    """What is at its default is left out of an identity, so the two must not drift apart."""
    if not component.path or component.name in ("gru", "svm"):
        return
    taken = inspect.signature(component.cls).parameters
    for name, parameter in component.parameters.items():
        theirs = taken.get(component.rename.get(name, name))
        if name == "width" or theirs is None:
            continue
        default = tuple(theirs.default) if isinstance(theirs.default, list) else theirs.default
        assert parameter.default == default, f"{component.name}: {name}"


def test_said_or_not_a_default_is_the_same_system():
    assert preset("tnn-svr") == preset("tnn-svr", {"width": 100, "mining": "exact"}, {"C": 1.0})
    assert preset("svr") == System.of(["scale", "svr"])
