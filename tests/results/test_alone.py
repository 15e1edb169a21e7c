"""Two runs at once on one store: a training is one process's at a time, and nothing is done twice."""

import logging
import subprocess
import sys
import threading
from functools import partial

import pytest

from raymer.engine.carriers.queue import Worker, note_fit
from raymer.files import Files
from raymer.learners.presets import preset
from raymer.protocols.splits import KFold
from raymer.results.store import ResultStore
from raymer.studies.fit import plan, units
from raymer.studies.samples import make_samples
from raymer.studies.unit import run_unit

HOLD = """
import sys
from raymer.files import Files
with Files(sys.argv[1]).alone(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.readline()
"""
TRAINING = "ab12"


@pytest.fixture
def other():
    """What starts a process that is at a training until it is told to end."""
    started = []

    def hold(store, training):
        words = [sys.executable, "-c", HOLD, str(store), training]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


class Thread:
    """Something begun in a thread; `is_over` after it has had time to end."""

    def __init__(self, do):
        self._thread = threading.Thread(target=do, daemon=True)
        self._thread.start()

    def is_over(self, seconds):
        self._thread.join(seconds)
        return not self._thread.is_alive()


def enter(store, training):
    with Files(store).alone(training):
        pass


@pytest.mark.parametrize("end", ["told", "killed"])
def test_another_process_is_waited_for_until_it_is_done_or_dead(tmp_path, other, caplog, end):
    process = other(tmp_path, TRAINING)
    with caplog.at_level(logging.WARNING, logger="raymer"):
        waiting = Thread(lambda: enter(tmp_path, TRAINING))
        assert not waiting.is_over(0.3)
    assert [record.getMessage() for record in caplog.records] == [
        f"store {tmp_path}: another process is at {TRAINING}: waiting for it"
    ]
    process.kill() if end == "killed" else process.communicate("\n")
    assert waiting.is_over(20)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    assert (tmp_path / "lock").stat().st_size == 0


def test_nobody_waits_for_another_training(tmp_path, other):
    other(tmp_path, TRAINING)
    assert Thread(lambda: enter(tmp_path, "cd34")).is_over(20)


def test_a_file_system_without_locks_lets_everyone_in(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.lockf", refuse)
    assert Thread(lambda: enter(tmp_path, TRAINING)).is_over(20)


def test_what_another_run_has_done_meanwhile_is_not_done_again(tmp_path, other, corpus):
    samples = make_samples(corpus, None, "table", ["valence"])
    made = plan(samples, [(preset("pca-svr", {"width": 3}), KFold(3))], ["valence"])
    unit = units(made.fits)[0]
    store, theirs = ResultStore(str(tmp_path / "S")), ResultStore(str(tmp_path / "T"))
    run = partial(run_unit, unit, samples, made.splits[unit[0].split])
    run(theirs)
    records = []
    process = other(tmp_path / "S", f"training {unit[0].representation_id}")
    waiting = Thread(lambda: run(store, partial(note_fit, records, Worker("g", "n", 1))))
    assert not waiting.is_over(0.3)
    for fit in unit:
        store.put(fit.id, theirs.get(fit.id))
    process.communicate("\n")
    assert waiting.is_over(20)
    assert records == []
    run(ResultStore(str(tmp_path / "U")), partial(note_fit, records, Worker("g", "n", 1)))
    assert {record.id for record in records} == {fit.id for fit in unit}
