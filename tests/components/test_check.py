"""`raymer check` catches what a fit would do wrong, and raymer's own components pass the same check."""

import pytest
from components.planted import CAUGHT, HONEST

from raymer.learners.encoders import ENCODERS
from raymer.learners.predictors import HEAD, PREDICTORS
from raymer.learners.reducers import REDUCERS
from raymer.testing import check_component

PARAMS = {"ae": {"max_epochs": 3}, "gp_groups": {"tuning_rows": 30}, "tnn": {"steps": 5}, "rnc": {"epochs": 2}}


@pytest.mark.parametrize("name", REDUCERS.own)
def test_reducers_of_our_own_conform(name):
    assert check_component(name, "step", **PARAMS.get(name, {})) == []


@pytest.mark.parametrize("name", [name for name in PREDICTORS.own if name != HEAD])
def test_predictors_of_our_own_conform(name):
    assert check_component(name, "predictor", **PARAMS.get(name, {})) == []


@pytest.mark.parametrize("name", ENCODERS.own)
def test_encoders_of_our_own_conform(name):
    assert check_component(name, "step", hidden=[6, 3]) == []


@pytest.mark.parametrize(("name", "code"), CAUGHT.items())
def test_a_planted_fault_is_caught_with_its_own_line(planted, cli, name, code):
    result = cli("check", f"planted_classes:{name}", "--plugin", planted)
    assert result.exit_code == 1
    assert f"planted_classes:{name}: {code}: " in result.stdout


def test_each_fault_has_a_line_of_its_own(planted):
    lines = {fault.code: fault.line for name in CAUGHT for fault in check_component(f"planted_classes:{name}")}
    assert set(CAUGHT.values()) <= set(lines)
    assert len(set(lines.values())) == len(lines)


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_class_passes(planted, cli, name):
    result = cli("check", f"planted_classes:{name}", "--plugin", planted)
    assert result.exit_code == 0, result.stdout
    assert "may stand in a system (file planted_classes.py)" in result.stdout
