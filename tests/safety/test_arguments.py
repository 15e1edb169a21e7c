"""What is handed over in Python is held against the signature: the wrong kind of thing is one line."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from raymer.arguments import checked
from raymer.errors import UsageError


@checked
def asked(
    *names: str,
    frame: pd.DataFrame | None = None,
    splits: int | None = None,
    rope: float = 0.01,
    targets: Sequence[str] | str | None = None,
    inputs: Mapping[str, str] | str | None = None,
    on_line: Callable[[str], None] = print,
) -> int:
    """Count the names."""
    return len(names)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"splits": 1.5}, "asked: splits is 1.5: a whole number is needed"),
        ({"splits": True}, "asked: splits is True: a whole number is needed"),
        ({"rope": "x"}, "asked: rope is 'x': a number is needed"),
        ({"targets": {"x": 1}}, r"asked: targets is \{'x': 1\}: several \(a text each\) or a text is needed"),
        ({"targets": [None]}, r"asked: targets is \[None\]"),
        ({"targets": np.array([["a"]])}, "asked: targets is array"),
        ({"inputs": {1: "a"}}, r"asked: inputs is \{1: 'a'\}: a mapping from a text or a text is needed"),
        ({"frame": []}, r"asked: frame is \[\]: a DataFrame is needed"),
        ({"on_line": 3}, "asked: on_line is 3: a function is needed"),
    ],
)
def test_what_is_not_of_its_annotation_is_refused(said, message):
    with pytest.raises(UsageError, match=message):
        asked(**said)


def test_each_of_many_is_looked_at():
    with pytest.raises(UsageError, match="asked: names is 3: a text is needed"):
        asked("a", 3)


@pytest.mark.parametrize(
    "said",
    [
        {"splits": np.int64(3), "rope": np.float32(0.5), "frame": pd.DataFrame()},
        {"splits": None, "rope": 1, "targets": pd.Index(["a"]), "inputs": {"a": "b"}},
        {"targets": np.array(["a", "b"]), "inputs": "b", "on_line": len},
    ],
)
def test_what_fits_is_let_through(said):
    assert asked("a", "b", **said) == 2
