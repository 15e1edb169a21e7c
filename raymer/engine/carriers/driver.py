"""Driving a run: fits begin in this process at once, and get help where the pace says that it is worth it."""

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from joblib import cpu_count

from raymer.engine.carriers.carrier import Carrier
from raymer.engine.carriers.here import Here
from raymer.engine.carriers.processes import Processes
from raymer.engine.carriers.queue import Progress, WorkQueue
from raymer.engine.cluster import check_reachable
from raymer.engine.gang.watch import Gangs
from raymer.engine.machine import HERE, Machine
from raymer.errors import UsageError
from raymer.results.store import ResultStore
from raymer.studies.fit import Plan, Unit

LOOK_SECONDS = 0.2
PROCESS_SECONDS = 3.0
"""Until a process has its imports and takes its first unit."""
GANG_SECONDS = 10.0
"""Until the first worker of a gang does."""
WORTH = 2.0
"""Help is called where one worker would need this many times as long for the rest as help needs to come."""
LONG_SECONDS = 600.0
"""What takes this machine longer is carried by an embedded Ray: see docs/scaling.md."""

OnProgress = Callable[[Progress], None]


def drive(plan: Plan, units: Sequence[Unit], store: ResultStore, on_progress: OnProgress, machine: Machine) -> Progress:
    """Run `units` and return how it ended, as soon as the last result stands.

    `on_progress` is called a few times a second, from a thread of its own. What fits print goes to stderr.

    Raises
    ------
    UsageError
        For less than one worker, an address that cannot be one, or a share of a GPU where nothing asks for one.
    RaymerError
        When help that was called cannot carry fits. A store that cannot be written is told in `Progress.stopped`.
    """
    if machine.workers is not None and machine.workers < 1:
        raise UsageError(f"workers={machine.workers}: at least 1 is needed")
    if not machine.is_here:
        check_reachable(machine.address)
    work = WorkQueue(units)
    gangs = Gangs(plan, units, store, machine)
    beside = _Beside(work, on_progress, _Choice(work, gangs, plan, store, machine))
    may_have_gpu = machine.is_here and not machine.gpus_per_fit
    with contextlib.redirect_stdout(sys.stderr), _stopped_by_sigterm():
        beside.start()
        try:
            Here(plan, store, for_gpu=may_have_gpu).carry(work)
            while not work.state().is_over:
                work.wait(LOOK_SECONDS)
        except BaseException:
            work.stop("stopped")
            raise
        finally:
            beside.end()
    if beside.error is not None:
        raise beside.error
    progress = work.progress()
    on_progress(progress)
    return progress


class _Choice:
    """What help is worth calling now."""

    def __init__(self, work: WorkQueue, gangs: Gangs, plan: Plan, store: ResultStore, machine: Machine) -> None:
        self._work, self._gangs, self._plan, self._store, self._machine = work, gangs, plan, store, machine

    def __call__(self) -> Carrier | None:
        """Return the carrier to call, or None where what is left is quickly done without one."""
        left, machine = self._work.seconds_left(), self._machine
        if machine.serial:
            return None
        if machine.gpus_per_fit:  # nothing else can share GPUs out
            return self._gangs
        if machine.address != HERE:
            return self._gangs if left > WORTH * GANG_SECONDS else None
        at_once = machine.workers or cpu_count()
        others = min(at_once - 1, sum(self._work.state().queued))
        if others < 1 or left < WORTH * PROCESS_SECONDS:
            return None
        return self._gangs if left / at_once > LONG_SECONDS else Processes(self._plan, self._store, others)


class _Beside:
    """What goes on beside the fits of this process: telling how far the run is, and help."""

    def __init__(self, work: WorkQueue, on_progress: OnProgress, choose: Callable[[], Carrier | None]) -> None:
        self.error: BaseException | None = None
        self._work, self._on_progress, self._choose = work, on_progress, choose
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._guarded, args=(self._look,), daemon=True)
        self._carrier: Carrier | None = None
        self._help: threading.Thread | None = None

    def start(self) -> None:
        self._watch.start()

    def end(self) -> None:
        """Return when nothing more is told; help that takes long to end does so by itself."""
        self._over.set()
        self._watch.join()
        if self._help is not None and self._carrier is not None and not self._carrier.lingers:
            self._help.join()

    def _look(self) -> None:
        while True:
            self._on_progress(self._work.progress())
            if self._carrier is None and (carrier := self._choose()) is not None:
                self._carrier = carrier
                # No daemon, as it would be by itself in a daemon's thread: the interpreter waits until Ray is down.
                self._help = threading.Thread(target=self._guarded, args=(carrier.carry, self._work), daemon=False)
                self._help.start()
            if self._over.wait(LOOK_SECONDS):
                return

    def _guarded(self, do: Callable[..., None], *given: Any) -> None:
        """Do it, and let what it raises end the run; once that is over nobody is there to be told."""
        try:
            do(*given)
        except BaseException as error:
            if not self._over.is_set():
                self.error = error
                self._work.stop(str(error))


@contextlib.contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end a run from Python as Ctrl-C does, so that it is said in the store.

    The command line has its own way (raymer.ending), which ends the process whatever it is at: not for a library.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def stop(number: int, frame: Any) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
