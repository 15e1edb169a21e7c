"""One unit of work, the same in every process: stages x fits x targets, and a file for each fit."""

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from raymer.errors import UsageError
from raymer.learners.answers import Answer, ask, ask_head
from raymer.learners.build import make_predictor
from raymer.learners.representation import make_representation
from raymer.learners.seeding import seeded_globals
from raymer.learners.stage import Keep, Representation, Stage
from raymer.learners.system import System
from raymer.learners.tuning import Tuning
from raymer.protocols.splits import Split
from raymer.results.result import Result
from raymer.results.store import ResultStore, StoreError
from raymer.studies.fit import Fit, Grouping, Unit
from raymer.studies.samples import Samples
from raymer.studies.versions import versions

Note = Callable[[Fit, float, str | None], None]
"""Told of every fit that ended: the fit, its own seconds, and the message of its failure if it failed."""


def _silent(fit: Fit, seconds: float, message: str | None) -> None:
    """Note nothing."""


def run_unit(unit: Unit, samples: Samples, split: Split, store: ResultStore, note: Note = _silent) -> list[str]:
    """Run the fits of a unit, write a result or a failure for each, and return the ids that failed.

    A fit that raises costs its own result only (law 4); a store that cannot be written stops the work. Fits that have
    a result (the work list was made anew after a crash, or another run was at them) are left alone; `note` hears of
    the others.
    """
    training = unit[0].representation_id or unit[0].id
    failed: list[str] = []
    with ExitStack() as stack:
        stack.enter_context(store.alone(training))
        pending = tuple(fit for fit in unit if not store.has(fit.id))
        if not pending:
            return failed
        start = time.perf_counter()
        keep = None
        try:
            if pending[0].system.epochs:
                keep = stack.enter_context(store.checkpoint(training))
            for fit, made in run_fits(pending, samples, split, keep):
                if isinstance(made, Exception):
                    failed.append(fit.id)
                    note(fit, time.perf_counter() - start, _record_failure(fit, made, store))
                    continue
                store.put(fit.id, made)
                shared = 0.0 if made.seconds["shared"] else made.seconds["reducer"]
                note(fit, shared + made.seconds["predictor"], None)
        finally:
            if keep is not None and all(store.has(fit.id) for fit in pending):
                keep.drop()
    return failed


def run_fit(fit: Fit, samples: Samples, split: Split) -> Result:
    """Run one fit by itself and return its result; nothing is written."""
    made = next(made for _, made in run_fits((fit,), samples, split))
    if isinstance(made, Exception):
        raise made
    return made


def run_fits(
    unit: Unit, samples: Samples, split: Split, keep: Keep | None = None
) -> Iterator[tuple[Fit, Result | Exception]]:
    """Train what the fits of a unit share and yield each fit with its result, or with what it raised.

    Parameters
    ----------
    unit : fits of one split that share the training of their representation
    samples : Samples
    split : Split
    keep : Keep, optional
        From which a killed training goes on.
    """
    waiting: list[_Running] = []
    try:
        division = _Division(samples, split, unit[0].grouping)
        waiting = [_Running(fit, shared=k > 0) for k, fit in enumerate(unit)]
        start = time.perf_counter()
        system = waiting[0].tune_representation(division)
        tuning = time.perf_counter() - start
        representation = _make(system, samples)
        for stage, seconds in _timed(_stages(unit[0], representation, division, keep), tuning):
            for running in tuple(waiting):
                try:
                    running.predict(stage, division)
                    if stage.epoch < representation.last:
                        continue
                    made: Result | Exception = running.result(division, seconds)
                except Exception as error:
                    made = error
                waiting.remove(running)
                yield running.fit, made
            if not waiting:
                return  # all have failed: nobody needs the stages to come
    except StoreError:
        raise
    except Exception as error:
        for fit in [running.fit for running in waiting] or unit:
            yield fit, error


def _make(system: System, samples: Samples) -> Representation:
    if system.accepts != samples.accepts:
        raise UsageError(f"{system.name} reads {system.accepts}, and input {samples.input} is {samples.accepts}")
    return make_representation(system, samples.everything)


def _stages(fit: Fit, representation: Representation, division: "_Division", keep: Keep | None) -> Iterator[Stage]:
    labels = division.train_labels(fit.targets, joint=fit.system.joint) if fit.system.is_supervised else None
    return representation.stages(
        division.data_train, labels, division.data_test, seed=fit.representation_seed, keep=keep
    )


def _timed(stages: Iterator[Stage], total: float) -> Iterator[tuple[Stage, float]]:
    """Yield each stage with the seconds that all so far took by themselves, after `total` before the first."""
    start = time.perf_counter()
    for stage in stages:
        total += time.perf_counter() - start
        yield stage, total
        start = time.perf_counter()


class _Division:
    """The rows of a split. Test labels are handed out by one method, after predictions exist."""

    def __init__(self, samples: Samples, split: Split, grouping: Grouping | None) -> None:
        row_of = {clip: row for row, clip in enumerate(samples.clip_ids.tolist())}
        self._samples = samples
        self._train = np.array([row_of[clip] for clip in split.train.tolist()])
        self._test = np.array([row_of[clip] for clip in split.test.tolist()])
        self.feature_names = samples.feature_names
        self.test_ids = split.test
        self.n_train = len(self._train)
        # A copy: what a learner does to its rows reaches nobody else's. Frames are shared and read-only.
        self.data_train, self.data_test = samples.data(self._train), samples.data(self._test)
        self._grouping = grouping

    @cached_property
    def tuning(self) -> Tuning:
        """What chooses values on inner splits: of rows of its own, since a step may have written into the others."""
        by = self._grouping
        groups = None if by is None else self._samples.clips.groups_by(by.column)[self._train]
        return Tuning(self._samples.data(self._train), groups, self.feature_names)

    def kind(self, target: str) -> str:
        """Kind of a target: "number" or "class"."""
        return self._samples.kind(target)

    def train_labels(self, targets: tuple[str, ...], *, joint: bool = False) -> np.ndarray:
        """Labels of the train rows, a copy: (n_train,), or (n_train, n_targets) where they are learnt jointly."""
        columns = [np.asarray(self._samples.labels[target][self._train]) for target in targets]
        if not joint:
            return columns[0]
        from raymer.learners.sequence_network import labels_as_learnt

        return labels_as_learnt(columns)

    def test_labels(self, target: str) -> np.ndarray:
        """Labels (n_test,) of the test rows: to be kept beside predictions, never to be learnt from."""
        return np.asarray(self._samples.labels[target][self._test])


@dataclass
class _Running:
    """A fit on its way: what it has predicted at each stage so far."""

    fit: Fit
    shared: bool
    seconds: float = 0.0
    answers: list[tuple[str, int, Answer]] = field(default_factory=list)
    tuned: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._system = self.fit.system

    def tune_representation(self, division: _Division) -> System:
        """Return the system with all values chosen, where some are of the representation; such a fit has one target."""
        if self._system.tunes_representation:
            self._choose(division, self.fit.targets[0])
        return self._system

    def _choose(self, division: _Division, target: str) -> System:
        seeds = (self.fit.representation_seed, self.fit.predictor_seed(target))
        labels, kind = division.train_labels((target,)), division.kind(target)
        chosen, self.tuned[target] = division.tuning.choose(self._system, target, labels, kind, seeds=seeds)
        if self._system.tunes_representation:
            self._system = chosen
        return chosen

    def predict(self, stage: Stage, division: _Division) -> None:
        """Fit a predictor for each target on what the stage made of the train rows, and predict the test rows."""
        start = time.perf_counter()
        for k, target in enumerate(self.fit.targets):
            answer = self._answer(stage, division, target, k)
            if answer.labels.dtype.kind == "f" and not np.isfinite(answer.labels).all():
                count = np.sum(~np.isfinite(answer.labels))
                at = f" of {target} at epoch {stage.epoch}" if stage.epoch else ""
                raise FloatingPointError(f"{count} of {len(answer.labels)} predictions{at} are not finite")
            self.answers.append((target, stage.epoch, answer))
        self.seconds += time.perf_counter() - start

    def _answer(self, stage: Stage, division: _Division, target: str, place: int) -> Answer:
        system = self._choose(division, target) if self._system.is_tuned else self._system
        step = system.predictor
        if step.use == "head":
            if stage.head is None:
                raise ValueError("head: the representation before it has no last layer of its own")
            return ask_head(stage.head, stage.test, place)
        seed = self.fit.predictor_seed(target)
        names = division.feature_names if system.main_step is None else ()
        predictor = make_predictor(step, seed, division.kind(target), names)
        with seeded_globals(seed):
            # Copies: somebody else's predictor may write into what other fits of the unit still read.
            predictor.fit(np.array(stage.train), division.train_labels((target,)))
            return ask(predictor, np.array(stage.test))

    def result(self, division: _Division, seconds: float) -> Result:
        """Return the result; only now, all predictions being made, the test labels are looked at."""
        n = len(division.test_ids)
        return Result(
            fit=self.fit.to_dict(),
            clip_ids=np.tile(division.test_ids, len(self.answers)),
            targets=np.repeat([target for target, _, _ in self.answers], n),
            epochs=np.repeat([epoch for _, epoch, _ in self.answers], n).astype(np.int32),
            true=np.concatenate([division.test_labels(target) for target, _, _ in self.answers]),
            predicted=np.concatenate([answer.labels for _, _, answer in self.answers]),
            n_train=division.n_train,
            n_test=n,
            tuned=self.tuned,
            seconds={"reducer": seconds, "predictor": self.seconds, "shared": self.shared},
            versions=versions(),
            classes=self.answers[0][2].classes,
            probabilities=_stacked([answer for _, _, answer in self.answers]),
        )


def _stacked(answers: list[Answer]) -> np.ndarray | None:
    """Return the probabilities of all answers below each other, None where they have none."""
    tables = [answer.probabilities for answer in answers if answer.probabilities is not None]
    return np.concatenate(tables) if len(tables) == len(answers) else None


def _record_failure(fit: Fit, error: Exception, store: ResultStore) -> str:
    """Write the failure of a fit and return its one line; what is wrong with the store itself is raised again."""
    if isinstance(error, StoreError):
        raise error
    message = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
    store.fail(fit.id, fit.to_dict(), message, "".join(traceback.format_exception(error)))
    return message
