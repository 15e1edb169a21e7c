"""What a nested search found a search to be worth, kept beside its journal: the report shows it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from raymer.records import STRICT, Record, read_record, to_json

REMEDY = "delete it and give the nested search again (its fits are found done)"


@dataclass(frozen=True)
class OuterWorth:
    """One outer fold: what the search on its train part chose, what that promised, and what it gave."""

    __pydantic_config__ = STRICT

    fold: int
    best_params: dict[str, Any]
    inner_value: float
    value: float


class Worth(Record):
    """A search on all clips beside the estimate of what it finds, from searches that saw no outer test clip.

    Attributes
    ----------
    format : int
    trials : int
        Of the search on all clips, when the nested one ended.
    flat_best : float
        Its best value, on the folds that chose it.
    estimate : float
        Mean over the outer folds.
    interval : (float, float)
        Of the estimate, 95 %.
    optimism : float
        By how much the flat best is better than the estimate.
    outer : tuple of OuterWorth
    """

    format: Literal[1] = 1
    trials: int
    flat_best: float
    estimate: float
    interval: tuple[float, float]
    optimism: float
    outer: tuple[OuterWorth, ...]


def worth_path(journal: Path) -> Path:
    """Return where the worth of the search with this journal lies."""
    return journal.with_suffix(".nested.json")


def write_worth(worth: Worth, journal: Path) -> Path:
    """Put it beside the journal, whole, and return where; one of other outer folds gives way."""
    path = worth_path(journal)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(to_json(worth.model_dump(mode="json"), indent=1) + "\n", encoding="utf-8")
    return part.replace(path)


def read_worth(journal: Path) -> Worth | None:
    """Return what lies beside the journal; None where no nested search has ended.

    Raises
    ------
    RaymerError
        When it is damaged.
    """
    path = worth_path(journal)
    return read_record(Worth, path.read_bytes(), path, REMEDY, reads=1) if path.is_file() else None
