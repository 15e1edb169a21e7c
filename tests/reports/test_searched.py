"""What the page says of a search: the flat best, and what that is worth where a nested search has ended."""

from dataclasses import replace

import pytest

from raymer.errors import RaymerError
from raymer.reports.searched import Searched, search_sentences, search_table
from raymer.studies.search.worth import OuterWorth, Worth, read_worth, worth_path, write_worth

WORTH = Worth(
    trials=8,
    flat_best=0.5,
    estimate=0.45,
    interval=(0.3, 0.6),
    optimism=0.05,
    outer=(OuterWorth(0, {"predictor.C": 2.5}, 0.48, 0.44), OuterWorth(1, {"predictor.C": 1.0}, 0.49, 0.46)),
)
FOUND = Searched("SVR", ("valence",), "r2", 8, 3, 0.5, {"predictor.C": 2.0}, WORTH)


def test_flat_nested_and_optimism_are_said():
    first, second = search_sentences(FOUND)
    assert first == "SVR, valence, r2: 8 trials, 3 stopped early."
    assert "flat best 0.500" in second
    assert "nested estimate 0.450 (95 % 0.300 to 0.600)" in second
    assert "optimism +0.050" in second
    assert search_table(WORTH).rows[0] == ("0", "0.480", "0.440", "predictor.C 2.5")


def test_a_search_that_went_on_has_another_best_than_the_nested_one_spoke_of():
    lines = search_sentences(replace(FOUND, trials=12, best_value=0.52))
    assert lines[1].startswith("Flat best 0.520")
    assert lines[2].startswith("After 8 trials: flat best 0.500")


def test_without_a_nested_search_its_worth_is_not_known():
    lines = search_sentences(replace(FOUND, worth=None))
    assert "raymer tune --outer" in lines[-1]
    assert not any("estimate" in line for line in lines)


def test_it_is_kept_beside_the_journal_and_a_damaged_one_is_one_line(tmp_path):
    journal = tmp_path / "searches" / "abc.journal"
    assert read_worth(journal) is None
    write_worth(WORTH, journal)
    assert read_worth(journal) == WORTH
    assert [path.name for path in journal.parent.iterdir()] == ["abc.nested.json"]
    worth_path(journal).write_text('{"format": 1, "trials": "many"}')
    with pytest.raises(RaymerError, match="is damaged: trials"):
        read_worth(journal)
