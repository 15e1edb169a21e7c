"""Groups that only the ids tell."""

import json

import pandas as pd
import pytest

import raymer
from raymer.audits import audit
from raymer.errors import UsageError


def frame(names):
    rows = len(names)
    return pd.DataFrame(
        {"song": names, "valence": [float(k % 7) + 0.5 for k in range(rows)], "a": range(100, 100 + 3 * rows, 3)}
    )


NAMES = [f"c{song}.{part}" for song in range(8) for part in range(3)]


def made(pattern, names=NAMES, **more):
    table = frame(names).assign(a=lambda t: t["a"] * 0.37 % 5)
    return raymer.Corpus.from_frame(table, id="song", targets="valence", group_from=pattern, **more)


def test_the_brackets_hold_the_group():
    corpus = made(r"(.*)\.\d+")
    assert corpus.clips["group"].tolist() == [f"c{song}" for song in range(8) for _ in range(3)]
    assert corpus.group_name == "song"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "no regular expression"),
        ("(c)(.*)", "2 brackets"),
        (r"(c[0-3])\..*", "12 of 24 ids no group"),
        ("(.*)", "every clip its own group"),
        (r"c.*|(x)", "24 of 24 ids no group"),
    ],
)
def test_a_pattern_that_gives_no_groups_is_one_line(pattern, why):
    with pytest.raises(UsageError, match=why):
        made(pattern)


def test_two_ways_to_name_groups_are_one_too_many():
    with pytest.raises(UsageError, match="two ways"):
        made("(.*)[.].*", group="a")


def test_the_audit_shows_the_pattern_that_would_do(tmp_path, cli):
    """What the audit proposes is taken by the import as it stands."""
    loose = made(None)
    finding = next(one for one in audit(loose).findings if one.code == "slices")
    pattern = finding.message.split("--group-from '")[1].rstrip("')")
    assert made(pattern).clips["group"].nunique() == 8
    frame(NAMES).assign(a=lambda t: t["a"] * 0.37 % 5).to_csv(tmp_path / "t.csv", index=False)
    words = ["import", "table", tmp_path / "t.csv", "-o", tmp_path / "C", "--id", "song", "--target", "valence"]
    result = cli(*words, "--group-from", pattern, "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["columns"]["group_from"] == pattern


def test_ids_with_and_without_a_number_are_one_pattern():
    names = [f"c{song}_{part}" for song in range(8) for part in range(3)] + ["alone", "other"]
    finding = next(one for one in audit(made(None, names)).findings if one.code == "slices")
    pattern = finding.message.split("--group-from '")[1].rstrip("')")
    assert made(pattern, names).clips["group"].nunique() == 10
