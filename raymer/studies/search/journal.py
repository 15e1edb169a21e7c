"""The study of a search: Optuna's journal beside the store, which a killed search goes on from."""

import contextlib
import errno
import fcntl
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from raymer.errors import RaymerError, UsageError
from raymer.learners.spaces import HAIR, Choice, Space, Whole
from raymer.records import whole
from raymer.studies.search.place import JournalPlace
from raymer.studies.search.plan import PlannedSearch
from raymer.studies.search.records import REMEDY, check_lines, check_trials
from raymer.studies.search.samplers import ERROR, is_interrupted, make_sampler
from raymer.whole import why

OpenStudy = tuple[Study, JournalStorage]
UNWRITTEN = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG})
"""What the system says of a file that it would not write."""


@dataclass(frozen=True, eq=False)
class SearchOutcome:
    """What a search found.

    Attributes
    ----------
    best_params : dict
        Of the best whole trial; with two objectives of the one on the front whose mean of both is best. Empty
        when no trial could be scored.
    best_value : float or None
        Its mean over the folds (and over both objectives).
    trials : DataFrame
        A row a trial: `number`, `state` ("whole", "stopped", "failed"), `value` (of a stopped trial what it is worth
        beside whole ones; NaN for a failed one), `folds` scored, `seconds` of its fits, and a column a parameter,
        `reducer.d_p` and so on. With two objectives `value.TARGET` for each, and their mean as `value`.
    front : tuple of dict
        With two objectives the whole trials that no other beats in both: {"number", "params", "values"}.
    fits_run, fits_reused, fits_stopped : int
        Of this call: fits that were run, that the store had, and that stopping spared.
    failed : tuple of str
        A line a trial that failed.
    seconds, fit_seconds : float
        Wall seconds of this call, and the sum of its fits' own.
    """

    best_params: dict[str, Any]
    best_value: float | None
    trials: pd.DataFrame
    front: tuple[dict[str, Any], ...] = ()
    fits_run: int = 0
    fits_reused: int = 0
    fits_stopped: int = 0
    failed: tuple[str, ...] = ()
    seconds: float = 0.0
    fit_seconds: float = 0.0


def load_study(location: str | Path) -> Study:
    """Return the study in the journal at `location`, for plots and tables.

    Raises
    ------
    UsageError
        When there is no such file or it holds no study.
    RaymerError
        When it is damaged.
    """
    path = Path(location)
    if not path.is_file():
        raise UsageError(f"{path} is missing: no search has been run there")
    with _sound(path):
        storage = _storage(JournalFileBackend(str(path)))
        names = optuna.get_all_study_names(storage)
        if not names:
            raise UsageError(f"{path} holds no study")
        study = optuna.load_study(study_name=names[0], storage=storage)
        objectives(study)
        check_trials(finished(study), len(study.directions), path)
    return study


@contextlib.contextmanager
def open_study(planned: PlannedSearch, journal: JournalPlace) -> Iterator[OpenStudy]:
    """Hold the journal and yield the study of `planned`, made there or found there, with its storage.

    Trials that were in flight when an earlier process died are marked failed, and what they were about is to be
    tried first. Only on the machine of a journal can be seen that another process holds it.

    Raises
    ------
    RaymerError
        When another process runs this search, or the journal is damaged.
    """
    path = journal.path
    journal.make_folder()
    with Path(f"{path}.held").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # goes with the process, however it ends
        except BlockingIOError:
            raise RaymerError(f"search {planned.id} is being run by another process: wait for it") from None
        journal.fetch()
        _mend(path)
        with _sound(path):
            storage = _storage(journal.backend())
            study = _study(planned, storage)
            check_trials(finished(study), len(study.directions), path)
        yield study, storage


@contextlib.contextmanager
def _sound(path: Path) -> Iterator[None]:
    """Read the journal at `path`, if there is one: what is wrong with it is one line."""
    if path.is_file():
        check_lines(path)
    try:
        with whole(path, REMEDY), _writing(path):
            yield
    except AssertionError as error:  # what Optuna holds impossible
        raise RaymerError(f"{path} is damaged: its lines do not follow from each other: {REMEDY}") from error


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Keep a journal that cannot be written apart from one that is damaged, which is to be deleted."""
    try:
        yield
    except OSError as error:
        if error.errno not in UNWRITTEN:
            raise
        raise RaymerError(f"{path} cannot be written: {why(error)}") from error


def _study(planned: PlannedSearch, storage: JournalStorage) -> Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    known = bool(optuna.get_all_study_names(storage))
    study = optuna.create_study(
        storage=storage,
        study_name=f"{planned.name} {planned.id}",
        directions=["maximize" if planned.task.sign > 0 else "minimize"] * len(planned.task.objectives),
        sampler=make_sampler(planned.sampler, planned.id, planned.space, planned.trials),
        load_if_exists=True,
    )
    if not known:
        about = {"experiment": planned.name, "system": planned.system, "corpus": planned.corpus}
        for key, value in {**about, **planned.description}.items():
            study.set_user_attr(key, value)
        with _experimental():
            study.set_metric_names(list(planned.task.objectives))
        study.enqueue_trial(planned.defaults)
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
        retry_trial(study, trial)
    return study


def retry_trial(study: Study, trial: FrozenTrial | Trial, about: Mapping[str, Any] | None = None) -> None:
    """Put the configuration of an interrupted trial at the front of the queue, with attributes `about`."""
    study.enqueue_trial(trial.params, user_attrs={"again": trial.number, **(about or {})})


def _storage(backend: JournalFileBackend) -> JournalStorage:
    with _experimental():
        return JournalStorage(backend)


@contextlib.contextmanager
def _experimental() -> Iterator[None]:
    """Pass over Optuna's warning that a part of it may change; pyproject holds its version."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield


def _mend(path: Path) -> None:
    """Take away what a process that died in the middle of a line left behind."""
    Path(f"{path}.lock").unlink(missing_ok=True)
    if path.is_file():
        data = path.read_bytes()
        if data and not data.endswith(b"\n"):
            path.write_bytes(data[: data.rfind(b"\n") + 1])


def draw(trial: Any, space: Space) -> dict[str, Any]:
    """Draw a configuration: Optuna's define-by-run, since a lower bound may hang on what was drawn before."""
    drawn: dict[str, Any] = {}
    for name, item in space.items():
        if isinstance(item, Choice):
            drawn[name] = trial.suggest_categorical(name, item.values)
        elif isinstance(item, Whole):
            drawn[name] = trial.suggest_int(name, item.low, item.high, log=item.log)
        else:
            low = item.low
            if item.above is not None:
                low = max(low, drawn[f"{name.partition('.')[0]}.{item.above}"] + HAIR)
            drawn[name] = trial.suggest_float(name, low, item.high, log=item.log)
    return drawn


def finished(study: Study) -> list[FrozenTrial]:
    """Return the trials that are over, by number; those that were interrupted are not among them."""
    return [t for t in study.get_trials(deepcopy=False) if t.state.is_finished() and not is_interrupted(t)]


def state_of(trial: FrozenTrial) -> str:
    """Return "whole", "stopped" or "failed"."""
    if trial.state == TrialState.FAIL:
        return "failed"
    return "stopped" if trial.user_attrs["stopped"] else "whole"


def found(study: Study, space: Space) -> SearchOutcome:
    """Return what a study has found, whoever ran it."""
    trials = finished(study)
    whole = [trial for trial in trials if state_of(trial) == "whole"]
    sign = _sign(study)
    several = len(study.directions) > 1
    front = _front(whole, sign) if several and whole else []
    best = max(front or whole, key=lambda trial: (sign * np.mean(trial.values), -trial.number), default=None)
    names = list(space)
    return SearchOutcome(
        best_params=dict(best.params) if best else {},
        best_value=float(np.mean(best.values)) if best else None,
        trials=pd.DataFrame([_row(trial, names, study) for trial in trials]),
        front=tuple(_member(trial, study) for trial in front),
        failed=tuple(f"trial {t.number}: {t.user_attrs[ERROR]}" for t in trials if state_of(t) == "failed"),
    )


def objectives(study: Study) -> list[str]:
    """Return the names of what a study optimises."""
    return [str(name) for name in study.user_attrs["objectives"]]


def _row(trial: FrozenTrial, names: Sequence[str], study: Study) -> dict[str, Any]:
    values = list(trial.values) if trial.values else [float("nan")] * len(study.directions)
    row = {
        "number": trial.number,
        "state": state_of(trial),
        "value": float(np.mean(values)),
        "folds": len(trial.user_attrs["folds"]),
        "seconds": trial.user_attrs["seconds"],
    }
    if len(values) > 1:
        row |= {f"value.{name}": value for name, value in zip(objectives(study), values, strict=True)}
    return row | {name: trial.params.get(name) for name in names}


def _member(trial: FrozenTrial, study: Study) -> dict[str, Any]:
    values = dict(zip(objectives(study), trial.values, strict=True))
    return {"number": trial.number, "params": dict(trial.params), "values": values}


def _sign(study: Study) -> int:
    """Return 1 where a study looks for high values, -1 where for low ones; all its objectives share a metric."""
    return 1 if study.directions[0] == StudyDirection.MAXIMIZE else -1


def _front(trials: Sequence[FrozenTrial], sign: int) -> list[FrozenTrial]:
    """Return the trials that no other reaches in all objectives and beats in one."""
    points = sign * np.array([trial.values for trial in trials])
    kept = [not ((points >= point).all(axis=1) & (points > point).any(axis=1)).any() for point in points]
    return [trial for trial, keep in zip(trials, kept, strict=True) if keep]
