"""Carrying fits on Ray: as many gangs as the cluster has room for, watched from the driver until nothing is left."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from raymer.components.guests import Guests
from raymer.engine.carriers.queue import FitRecord, Progress, Worker, WorkQueue
from raymer.engine.cluster import connection
from raymer.engine.gang.room import Room, ask_for_nodes, check_wanted, free_orphaned_room
from raymer.engine.gang.sharing import share_inputs
from raymer.engine.gang.train import Errand, Gang
from raymer.engine.guests import guests_for_workers
from raymer.engine.machine import Machine
from raymer.errors import RaymerError
from raymer.results.store import ResultStore
from raymer.studies.fit import Plan, Unit

POLL_SECONDS = 0.2
LOOK_SECONDS = 1.0
FRUITLESS = 20
"""Gangs in a row that die before any fit ends, until the run gives up."""
STARTS = 3
"""Gangs in a row that end before a worker of theirs asked for work, until the run gives up."""
MOST_GANGS = 8
"""More would burden the driver's node, since each has a controller: the smallest is dissolved into a new one."""
START_SECONDS = 300.0
END_SECONDS, DROP_SECONDS = 10.0, 30.0
"""Until gangs that are told of no more work have ended, and until those whose workers were taken away have."""
CLUSTER_START_SECONDS = 900.0
"""A cluster may have to boot machines first."""


class Gangs:
    """A carrier: Ray, embedded or a cluster's, on which one gang or several drain a list of their own.

    What waits in the driver's list is handed over when the first worker is there, and until then the driver goes on
    with it. Nodes that join are used, and units that died with a worker, a node or a gang's controller are run again.

    Parameters
    ----------
    plan : Plan
    work : sequence of Unit
        What it may have to carry.
    store : ResultStore
    machine : Machine

    Raises
    ------
    UsageError
        For a share of a GPU where nothing asks for one.
    """

    lingers = True

    def __init__(self, plan: Plan, work: Sequence[Unit], store: ResultStore, machine: Machine) -> None:
        self._plan, self._store, self._machine = plan, store, machine
        self._rooms = _rooms(work, machine.gpus_per_fit)
        self._most = len(work)

    def carry(self, work: WorkQueue) -> None:
        """Run units until the list is over; see Carrier. Ray is then taken down, but for a connection that is kept.

        Raises
        ------
        RaymerError
            When Ray cannot be reached, no worker starts in time, the workers cannot run raymer, or 20 gangs in a row
            die before any fit ends.
        """
        with connection(self._machine.address, self._machine.workers) as n_workers:
            import ray

            is_local = self._machine.is_here
            guests = guests_for_workers()
            errand = Errand(
                queue=_start_list(self._store, guests),
                inputs=share_inputs(self._plan.inputs),
                splits=ray.put(dict(self._plan.splits)),
                store=self._store.location,
                metrics=not is_local,
                guests=guests,
            )
            most = self._machine.workers or (n_workers if is_local else self._most)
            watch = _Watch(work, errand, self._rooms, min(most, self._most), is_local)
            try:
                watch.to_the_end()
            finally:
                if not is_local:
                    ask_for_nodes(dict.fromkeys(self._rooms, 0))
                watch.let_end()


def _rooms(work: Sequence[Unit], gpus_per_fit: float) -> dict[Room, int]:
    """Return the kinds of workers that `work` calls for, with the number of units for each, GPUs first.

    Without shares of a GPU there is one kind, which takes everything: a laptop's only GPU needs no asking for.
    """
    wanting = sum(unit[0].system.wants_gpu for unit in work)
    if not gpus_per_fit:
        return {Room(): len(work)}
    check_wanted(gpus_per_fit, wanting)
    rooms = {Room.of(gpus_per_fit): wanting, Room(): len(work) - wanting}
    return {room: units for room, units in rooms.items() if units}


@dataclass
class _Watch:
    """The gangs of a run: begun where there is room, and what their loss calls for."""

    work: WorkQueue
    errand: Errand
    rooms: dict[Room, int]
    most: int
    is_local: bool
    units: Any = None
    gangs: list[Gang] = field(default_factory=list)
    leaving: set[str] = field(default_factory=set)
    joined: set[str] = field(default_factory=set)
    ended: int = 0
    fruitless: int = 0
    unstarted: int = 0
    seen_room: tuple[Room, int] | None = None
    looked: float = float("-inf")
    lively: float = field(default_factory=time.monotonic)

    def to_the_end(self) -> None:
        """Return when nothing is left or the run is stopped."""
        while not (progress := self._exchange()).is_over:
            self._check(progress)
            self._reap()
            self._begin(progress)
            time.sleep(POLL_SECONDS)

    def let_end(self) -> None:
        """Return when the gangs have ended, which they do once the list is over.

        A thread that still waits for Ray when Ray is taken down ends this process (core_worker_process.cc), whatever it
        has yet to print.
        """
        _join(self.gangs, END_SECONDS)
        if self.is_local and any(gang.is_alive() for gang in self.gangs):
            free_orphaned_room()  # stopped amid a long fit, which is dropped with its worker
        _join(self.gangs, DROP_SECONDS)

    def _exchange(self) -> Progress:
        """Hand over what waits once a worker is there, and tell the driver's list how far that is."""
        import ray

        alive = {gang.label for gang in self.gangs if gang.is_alive()}
        far = self.errand.queue
        told: Progress | None = ray.get(far.poll.remote(alive, self.leaving & alive))
        if told is None and self.units is None and (asked := ray.get(far.asked.remote())):
            self.joined |= asked
            self.units = ray.put(self.work.hand_over())  # held to the end: the list is filled again from it
        if told is None and self.units is not None:
            ray.get(far.fill.remote(self.units))
        elif told is not None:
            self.joined |= told.gangs  # a list that was made anew has yet to hear of gangs at work
            self.work.tell(told)
        return self.work.state()

    def _reap(self) -> None:
        """Forget the gangs that ended, and free what a lost controller left behind."""
        dead = [gang for gang in self.gangs if not gang.is_alive()]
        self.gangs = [gang for gang in self.gangs if gang.is_alive()]
        for gang in dead:
            gang.raise_if_hopeless()
            self.fruitless += gang.error is not None
            self.unstarted = 0 if gang.label in self.joined else self.unstarted + 1
            if gang.error is not None and self.unstarted >= STARTS:
                raise RaymerError(
                    f"no gang of workers can start on Ray ({first_cause(gang.error)}): serial=True runs the fits in "
                    "this process"
                ) from gang.error
        if dead and self.is_local and not self.gangs:
            free_orphaned_room()

    def _begin(self, progress: Progress) -> None:
        """Begin a gang when there is room, it is not about to change, and no other gang is starting."""
        now = time.monotonic()
        is_starting = any(gang.label not in self.joined for gang in self.gangs)
        if is_starting or now - self.looked < LOOK_SECONDS or progress.waiting == 0:
            return
        is_first, self.looked = self.looked == float("-inf"), now
        if not self.is_local:
            ask_for_nodes({room: min(self.most, units) for room, units in self.rooms.items()})
        free = self._find_room(progress)
        is_steady, self.seen_room = free == self.seen_room or is_first, free
        if free is None or not is_steady:
            return
        room, size = free
        if len(self.gangs) >= MOST_GANGS:
            smallest = min(self.gangs, key=lambda gang: gang.size)
            self.leaving.add(smallest.label)
            return
        gang = Gang(self.errand, size, room, for_gpu=room.gpus > 0 or len(self.rooms) == 1)
        self.gangs.append(gang)
        gang.start()

    def _find_room(self, progress: Progress) -> tuple[Room, int] | None:
        """Return a kind of worker that units wait for, and how many of it the cluster has room for."""
        left = self.most - sum(gang.size for gang in self.gangs)
        for room in self.rooms:
            waiting = sum(progress.queued) if len(self.rooms) == 1 else progress.queued[room.gpus > 0]
            if waiting and left > 0 and (size := min(room.workers(), left, waiting)) > 0:
                return room, size
        return None

    def _check(self, progress: Progress) -> None:
        """Raise when nothing has happened for long, or only deaths."""
        now, ended = time.monotonic(), progress.done + len(progress.failed)
        if ended > self.ended:
            self.fruitless = 0
        if ended > self.ended or any(gang.label in self.joined for gang in self.gangs):
            self.lively = now
        self.ended = ended
        patience = START_SECONDS if self.is_local else CLUSTER_START_SECONDS
        if now - self.lively > patience:
            raise RaymerError(f"no worker started within {patience:.0f} s: has the cluster free CPUs (and GPUs)?")
        if self.fruitless > FRUITLESS:
            held = ", ".join(sorted(holding.fit for holding in progress.holdings)) or "none in flight"
            raise RaymerError(
                f"{self.fruitless} gangs of workers in a row died before any fit ended ({held}): is memory short?"
            )


def _join(gangs: Sequence[Gang], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for gang in gangs:
        gang.join(max(0.0, deadline - time.monotonic()))


def first_cause(error: BaseException) -> str:
    """Return in one line what lies at the ground of an error: the first of those that led to it."""
    while (deeper := error.__cause__ or error.__context__) is not None:
        error = deeper
    said = next(iter(str(error).strip().splitlines()), "")
    return f"{type(error).__name__}: {said[:200]}" if said else type(error).__name__


def _start_list(store: ResultStore, guests: Guests) -> Any:
    """Start the work list as an actor beside the driver, which its death does not end."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    beside = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
    actor = ray.remote(WorkList).options(num_cpus=0, max_restarts=-1, max_task_retries=-1, scheduling_strategy=beside)
    return actor.remote(store.location, guests)


class WorkList:
    """The work list as a process, which is empty until the driver fills it: at first, and again after its death.

    Its units are no argument of its start, since Ray warns that those might be gone when it is started again.
    """

    def __init__(self, store: str, guests: Guests) -> None:
        guests.let_in()
        self._store = store
        self._queue: WorkQueue | None = None
        self._asked: set[str] = set()

    def asked(self) -> set[str]:
        """Return the gangs whose workers were there before anything was to be had."""
        return self._asked

    def fill(self, units: list[Unit]) -> None:
        """Take the units; those that were done before this process died are found in the store."""
        import ray

        total = sum(map(len, units))
        if ray.get_runtime_context().was_current_actor_reconstructed:
            done = ResultStore(self._store, has_answered=True).done()
            units = [unit for unit in units if any(fit.id not in done for fit in unit)]
        self._queue = WorkQueue(units, done=total - sum(map(len, units)))

    def poll(self, alive: Collection[str], leaving: Collection[str]) -> Progress | None:
        """As WorkQueue.poll; None where it wants to be filled."""
        return self._queue.poll(alive, leaving) if self._queue else None

    def take(self, worker: Worker) -> tuple[Unit, ...] | None:
        """As WorkQueue.take; nothing yet where it wants to be filled."""
        if self._queue is None:
            self._asked.add(worker.gang)
            return ()
        return self._queue.take(worker)

    def finish_and_take(
        self, worker: Worker, firsts: Sequence[str], records: Sequence[FitRecord], most: int
    ) -> tuple[Unit, ...] | None:
        """As WorkQueue.finish_and_take; where it wants to be filled, the results will be found in the store."""
        return self._queue.finish_and_take(worker, firsts, records, most) if self._queue else ()

    def stop(self, reason: str) -> None:
        """As WorkQueue.stop; where it wants to be filled, the next that finds the store broken says so again."""
        if self._queue:
            self._queue.stop(reason)
