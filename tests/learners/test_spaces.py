"""Search spaces: bounds that can be moved but not out of sense, and dN above dP whatever is drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raymer.errors import UsageError
from raymer.learners.predictors import PREDICTORS
from raymer.learners.presets import preset, preset_names
from raymer.learners.reducers import REDUCERS
from raymer.learners.search_space import capped, method_space, search_space, system_with
from raymer.learners.spaces import HAIR, Choice, Real, Whole
from raymer.learners.system import System


@pytest.mark.parametrize("name", preset_names())
def test_every_space_names_parameters_that_the_method_takes(name):
    for step, space in method_space(name).items():
        for parameter, dimension in space.items():
            if isinstance(dimension, Choice):
                values = dimension.values
            else:
                values = (dimension.low, dimension.high)
                assert dimension.limits[0] <= dimension.low < dimension.high <= dimension.limits[1]
            for value in values:
                drawn = {"reducer.d_p": 0.02} if parameter == "d_n" else {}  # dN stays above dP
                assert isinstance(system_with(preset(name), {**drawn, f"{step}.{parameter}": value}), System)


def test_the_defaults_are_those_of_the_components():
    for component in (*REDUCERS.own.values(), *PREDICTORS.own.values()):
        for name, dimension in component.space.items():
            actual = component.parameters[name].default
            assert actual is None or dimension.default in (None, actual), (component.name, name)


def test_a_drawn_default_has_the_identity_of_a_plain_run():
    tnn, rbf = preset("tnn-svr"), preset("rbf-sl")
    drawn = {"reducer.d_p": 0.1, "reducer.d_n": 0.5, "reducer.margin": 20.0, "reducer.width": 100}
    assert system_with(tnn, drawn) == preset("tnn-svr", {"width": 100})
    assert system_with(preset("tnn-svr", {"d_p": 0.2}), {"reducer.d_p": 0.1}) == preset("tnn-svr", {"d_p": 0.1})
    assert system_with(rbf, {"reducer.width": 50, "reducer.gamma": 0.5, "predictor.gamma": 0.5}) == rbf
    assert system_with(rbf, {"reducer.gamma": 1.0, "reducer.width": 2}).width == 2


def test_only_what_is_asked_for_is_searched():
    asked = {"reducer": {"d_p": {"high": 0.2}, "width": [2, 3, 50]}, "predictor": {"C": None}}
    space = search_space(preset("tnn-svr", {"width": 50}), asked)
    assert set(space) == {"reducer.d_p", "reducer.width", "predictor.C"}
    assert (space["reducer.d_p"].low, space["reducer.d_p"].high) == (0.02, 0.2)
    assert space["reducer.width"] == Choice((2, 3, 50), default=50)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"reducer": {"d_p": {"high": 1.0}, "d_n": {}}}, "d_n (up to 1) must lie above reducer.d_p (up to 1)"),
        ({"reducer": {"d_n": {"low": 0.01, "high": 0.05}}}, "must lie above reducer.d_p (up to 0.1)"),
        ({"reducer": {"d_p": {"high": 0.6}}}, "must stay below reducer.d_n, which is 0.5"),
        ({"reducer": {"widht": {}}}, "unknown parameter of the reducer of tnn-svr 'widht': did you mean 'width'?"),
        ({"reduser": {"width": {}}}, "unknown step 'reduser': did you mean 'reducer'?"),
        ({"reducer": {"width": {"low": 0}}}, "leaves what makes sense, 1 and more"),
        ({"reducer": {"width": {"low": 2.5}}}, "low is a whole number, not 2.5"),
        ({"reducer": {"margin": {"low": 30, "high": 3}}}, "low 30 is not below high 3"),
        ({"reducer": {"margin": {"low": 0.0}}}, "a logarithmic range begins above 0"),
        ({"reducer": {"margin": {"hihg": 3}}}, "unknown key 'hihg': did you mean 'high'?"),
        ({"reducer": {"margin": 3}}, "bounds {low: ..., high: ...} or a list of values is wanted, not 3"),
        ({"reducer": {"width": []}}, "needs one at least, and none twice"),
        ({"predictor": {"kernel": ["rbf", "rbg"]}}, "'rbg' is no value of it"),
        ({"predictor": {"kernel": {"low": 1}}}, "give a list of values"),
        ({}, "nothing is to be searched"),
    ],
)
def test_a_space_that_cannot_be_is_told_in_one_line(asked, message):
    with pytest.raises(UsageError) as caught:
        search_space(preset("tnn-svr"), asked)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@given(low=st.floats(0.0, 0.9), high=st.floats(0.0, 1.0), top=st.floats(0.01, 1.2))
def test_every_accepted_space_leaves_room_above(low, high, top):
    asked = {"reducer": {"d_p": {"low": low, "high": high}, "d_n": {"low": 0.0, "high": top}}}
    try:
        space = search_space(preset("tnn-svr"), asked)
    except UsageError:
        return
    assert list(space) == ["reducer.d_p", "reducer.d_n"], "what the other hangs on is drawn first"
    assert space["reducer.d_p"].high + HAIR < space["reducer.d_n"].high


def test_a_lower_parameter_that_is_not_searched_moves_the_bound():
    space = search_space(preset("tnn-svr", {"d_p": 0.3}), {"reducer": {"d_n": {}}})
    assert space["reducer.d_n"] == Real(0.3 + HAIR, 1.0, default=0.5)


def test_widths_end_at_the_number_of_features():
    space = search_space(preset("pca-svr"), {"reducer": {"width": {}}})
    assert capped(space, preset("pca-svr"), 12)["reducer.width"] == Whole(2, 12, log=True, default=100)
    assert capped(space, preset("pca-svr"), 500) == space
    with pytest.raises(UsageError, match="the input has 2 features"):
        capped(space, preset("pca-svr"), 2)


def test_a_method_without_the_step_says_so():
    with pytest.raises(UsageError, match="the reducer of svr has nothing to search"):
        search_space(preset("svr"), {"reducer": {"width": {}}})


def test_what_has_no_declared_space_can_be_searched_over_values():
    system = System.of([{"use": "sklearn.linear_model:Ridge"}])
    assert search_space(system, {"predictor": {"alpha": [0.1, 1.0]}})["predictor.alpha"].values == (0.1, 1.0)
    assert system_with(system, {"predictor.alpha": 0.1}).predictor.params == {"alpha": 0.1}
    with pytest.raises(UsageError, match="has nothing to search"):
        search_space(system, {"predictor": {"alpha": {"low": 0.1}}})
