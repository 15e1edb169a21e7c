"""What lies in the journal of a search: Optuna's lines, and what raymer notes of a trial in them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from optuna.trial import FrozenTrial
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from raymer.errors import RaymerError
from raymer.records import first_fault, read_record

REMEDY = "delete it and search again; fits that are done are not run again"

Number = Annotated[int, Field(ge=0)]


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False)


class JournalLine(_Read):
    """One line of Optuna's journal: what was done, by which worker, and to what."""

    op_code: Annotated[int, Field(ge=0, le=10)]
    worker_id: str
    study_id: Number | None = None
    trial_id: Number | None = None
    study_name: str | None = None
    directions: list[int] | None = None
    user_attr: dict[str, Any] | None = None
    system_attr: dict[str, Any] | None = None
    param_name: str | None = None
    param_value_internal: float | None = None
    distribution: str | None = None
    distributions: dict[str, str] | None = None
    params: dict[str, Any] | None = None
    user_attrs: dict[str, Any] | None = None
    system_attrs: dict[str, Any] | None = None
    state: Number | None = None
    value: float | None = None
    values: list[float] | None = None
    step: int | None = None
    intermediate_value: float | None = None
    datetime_start: str | None = None
    datetime_complete: str | None = None


class TrialNotes(_Read):
    """What raymer notes of a trial that has ended: scores of each fold, seconds of its fits, whether it was stopped."""

    folds: list[list[float]]
    seconds: Annotated[float, Field(ge=0)]
    stopped: bool


def check_lines(path: Path) -> None:
    """Raise RaymerError for the first line of a journal that is none; a last line that was not ended is left out."""
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], 1):
        read_record(JournalLine, line, f"{path}, line {number}", REMEDY)


def check_trials(trials: Iterable[FrozenTrial], n_objectives: int, path: Path) -> None:
    """Raise RaymerError for the first trial that lacks what raymer notes of every one that has ended."""
    notes = TypeAdapter(TrialNotes)
    for trial in trials:
        try:
            notes.validate_python(trial.user_attrs)
        except ValidationError as fault:
            raise RaymerError(f"{path} is damaged: trial {trial.number}: {first_fault(fault)}: {REMEDY}") from fault
        if trial.values is not None and len(trial.values) != n_objectives:
            raise RaymerError(f"{path} is damaged: trial {trial.number} has {len(trial.values)} values: {REMEDY}")
