"""How long work will take, by what has been run of it."""

from dataclasses import dataclass, field

import pytest

from raymer.engine.carriers.pace import ALL_LOADING_SECONDS, LOADING_SECONDS, Pace


@dataclass(frozen=True)
class Named:
    name: str = "svr"


@dataclass(frozen=True)
class Rough:
    cost: tuple[float, float]
    system: Named = field(default_factory=Named)


def unit(seconds, method="svr"):
    return (Rough((seconds, 0.0), Named(method)),)


def test_nothing_is_known_at_first_and_loading_tells_nothing():
    pace = Pace()
    assert pace.seconds([unit(5.0)], []) == 0.0
    assert pace.seconds([unit(5.0)], [([unit(1.0)], LOADING_SECONDS)]) == 0.0
    pace.note([unit(1.0)], LOADING_SECONDS)
    assert pace.seconds([unit(5.0)], []) == 0.0


def test_short_units_tell_the_pace_from_the_second_on():
    pace = Pace()
    pace.note([unit(1.0)], 0.6)
    pace.note([unit(1.0), unit(1.0)], 0.1)
    assert pace.seconds([unit(200.0)], []) == pytest.approx(10.0)


def test_the_first_of_each_method_may_be_loading():
    pace = Pace()
    pace.note([unit(1.0)], 0.6)
    pace.note([unit(1.0)], 0.1)
    pace.note([unit(1.0, "tnn-svr")], LOADING_SECONDS)
    assert pace.seconds([unit(10.0)], []) == pytest.approx(1.0)
    assert pace.seconds([unit(10.0)], [([unit(1.0, "ae-svr")], LOADING_SECONDS)]) == pytest.approx(1.0)
    pace.note([unit(1.0, "tnn-svr")], 0.3)
    assert pace.seconds([unit(10.0)], []) == pytest.approx(2.0)


def test_where_every_unit_is_of_another_method_the_pace_is_seen_all_the_same():
    pace = Pace()
    for number in range(10):
        pace.note([unit(1.0, f"method {number}")], 1.5)
    spent = 10 * 1.5 - ALL_LOADING_SECONDS
    assert spent / 10 * 20 < pace.seconds([unit(20.0, "another")], []) <= 1.5 * 20


def test_it_is_the_measured_seconds_for_each_rough_one():
    pace = Pace()
    pace.note([unit(1.0), unit(1.0)], LOADING_SECONDS + 6.0)
    assert pace.seconds([unit(2.0), unit(0.5)], []) == pytest.approx(7.5)


def test_a_unit_that_takes_very_long_is_seen_before_its_end():
    pace = Pace()
    pace.note([unit(1.0)], LOADING_SECONDS + 1.0)
    assert pace.seconds([unit(4.0)], [([unit(1.0)], 0.5)]) == pytest.approx(4.0)
    assert pace.seconds([unit(4.0)], [([unit(1.0)], 99.0)]) == pytest.approx(200.0)
    assert pace.seconds([unit(4.0)], [([unit(1.0, "gru")], 99.0 + LOADING_SECONDS)]) == pytest.approx(200.0)
