"""A Ray that is none: actors are objects of this process, gangs are threads, and a kill is a word."""

import itertools
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import cloudpickle
import pytest

from raymer.engine.gang import train, watch


class Killed(BaseException):
    """What ends a worker that was killed: no error of its own, since nobody is told."""


class Actor:
    """An actor's handle. Once killed the actor is made anew, as Ray does, and has forgotten everything."""

    def __init__(self, ray: "FakeRay", make: Callable[[], Any]) -> None:
        self._ray, self._make = ray, make
        self._made = make()

    def kill(self) -> None:
        self._made, self._ray.reconstructed = self._make(), True

    def __getattr__(self, name: str) -> Any:
        return SimpleNamespace(remote=lambda *given: getattr(self._made, name)(*given))


class FakeGang(threading.Thread):
    """A gang of one worker, which does what a real one does."""

    numbers = itertools.count()
    seconds_to_end = 0.0

    def __init__(self, errand: train.Errand, size: int, room: Any, for_gpu: bool) -> None:
        super().__init__(daemon=True)
        self.label, self.size, self.room = f"gang-{next(self.numbers)}", size, room
        self.error: Exception | None = None
        self.is_killed = False
        self._errand, self._for_gpu = replace(errand, queue=_Line(errand.queue, self)), for_gpu

    def run(self) -> None:
        with suppress(Killed):
            train._drain({"errand": self._errand, "gang": self.label, "for_gpu": self._for_gpu})
            time.sleep(self.seconds_to_end)

    def kill(self) -> None:
        self.error, self.is_killed = RuntimeError("a worker died"), True

    def is_alive(self) -> bool:
        return super().is_alive() and not self.is_killed

    def raise_if_hopeless(self) -> None:
        """Nothing is: a killed worker has not raised."""


class _Line:
    """What a gang's worker reaches the list by: cut when it is killed."""

    def __init__(self, actor: Actor, gang: FakeGang) -> None:
        self._actor, self._gang = actor, gang

    def __getattr__(self, name: str) -> Any:
        def remote(*given: Any) -> Any:
            if self._gang.is_killed:
                raise Killed
            return getattr(self._actor, name).remote(*given)

        return SimpleNamespace(remote=remote)


class FakeRay(SimpleNamespace):
    """The module `ray`, as far as a gang's driver and workers look into it, with room for `cpus` workers.

    `gangs` are those that were begun, `lists` the work lists; tests kill them. With `is_deadly` each gang dies before
    its worker has asked for work. `left` are the gangs that still ran when the connection was
    given up, and `is_waited_for` is whether the interpreter's end waits for the thread that holds it.
    """

    def __init__(self, cpus: int = 1) -> None:
        super().__init__(get=lambda ref: ref, put=lambda value: value, cloudpickle=cloudpickle)
        self.gangs: list[FakeGang] = []
        self.lists: list[Actor] = []
        self.left: list[FakeGang] = []
        self.is_waited_for = False
        self.reconstructed = self.is_deadly = False
        self.cpus = cpus
        self.util = SimpleNamespace(get_node_ip_address=lambda: "10.0.0.1")

    def get_runtime_context(self) -> Any:
        return SimpleNamespace(get_node_id=lambda: "node0", was_current_actor_reconstructed=self.reconstructed)

    def nodes(self) -> list[dict[str, Any]]:
        return [{"Alive": True, "Resources": {"CPU": 1.0}} for _ in range(self.cpus)]

    def available_resources(self) -> dict[str, float]:
        return {"CPU": min(1.0, float(self.cpus - sum(gang.is_alive() for gang in self.gangs)))}

    def begin(self, *given: Any, **named: Any) -> FakeGang:
        gang = FakeGang(*given, **named)
        self.gangs.append(gang)
        if self.is_deadly:
            gang.kill()
        return gang

    def start_list(self, store: Any, guests: Any) -> Actor:
        self.lists.append(Actor(self, lambda: watch.WorkList(store.location, guests)))
        return self.lists[-1]


@contextmanager
def fake_ray(cpus: int = 1):
    """Yield a FakeRay that stands in the place of Ray."""
    ray = FakeRay(cpus)

    @contextmanager
    def connection(address: str, workers: int | None):
        ray.is_waited_for = not threading.current_thread().daemon
        yield workers or cpus
        ray.left += [gang for gang in ray.gangs if gang.is_alive()]

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "ray", ray)
        patch.setattr(watch, "connection", connection)
        patch.setattr(watch, "_start_list", ray.start_list)
        patch.setattr(watch, "free_orphaned_room", lambda: None)
        patch.setattr(watch, "Gang", ray.begin)
        for module, name in ((watch, "POLL_SECONDS"), (watch, "LOOK_SECONDS"), (train, "IDLE_SECONDS")):
            patch.setattr(module, name, 0.01)
        yield ray
        for gang in ray.gangs:
            gang.join(30)
