"""How many workers a cluster has room for, and asking it to grow."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from raymer.errors import UsageError

_GRAIN = 1e-4  # Ray counts resources in ten-thousandths


@dataclass(frozen=True)
class Room:
    """What one worker asks of its node.

    Attributes
    ----------
    gpus : float
        Share of a GPU, 0 for none.
    """

    gpus: float = 0.0

    @classmethod
    def of(cls, gpus_per_fit: float) -> "Room":
        """Return the room of a worker; a share that divides a GPU is rounded down to what Ray can count exactly."""
        return cls(math.floor(gpus_per_fit / _GRAIN + 1e-6) * _GRAIN)

    @property
    def per_worker(self) -> dict[str, float]:
        """The resources as Ray names them."""
        return {"CPU": 1.0, **({"GPU": round(self.gpus, 4)} if self.gpus else {})}

    def on(self, resources: dict[str, float]) -> int:
        """Return how many workers fit on a node with these resources."""
        cpus = math.floor(resources.get("CPU", 0.0) + _GRAIN)
        if not self.gpus:
            return cpus
        gpus = resources.get("GPU", 0.0)
        return min(cpus, math.floor(gpus) * self._on_a_gpu if self.gpus <= 1 else math.floor(gpus / self.gpus))

    @property
    def _on_a_gpu(self) -> int:
        return math.floor(1.0 / self.gpus + _GRAIN)

    def capacity(self) -> int:
        """Return how many workers the connected cluster has room for when nothing else runs on it."""
        import ray

        return sum(self.on(node["Resources"]) for node in ray.nodes() if node["Alive"])

    def workers(self) -> int:
        """Return how many more workers the connected cluster has room for now."""
        import ray

        free: dict[str, float] = ray.available_resources()
        fits = [math.floor(free.get("CPU", 0.0) + _GRAIN)]
        if self.gpus:
            fits.append(math.floor(free.get("GPU", 0.0) / self.gpus + _GRAIN))
        return min([self.capacity(), *fits])


def check_wanted(gpus_per_fit: float, wanting: int) -> None:
    """Raise UsageError for a share of a GPU where no system wants one."""
    if gpus_per_fit and not wanting:
        raise UsageError(f"gpus_per_fit={gpus_per_fit:g}: no system here asks for a GPU (reducer: {{device: cuda}})")


def ask_for_nodes(wanted: Mapping[Room, int]) -> None:
    """Tell the cluster's autoscaler, if it has one, how many workers of each kind are wanted in all; 0 takes it back.

    No more than a thousand of each are asked for at once.
    """
    from ray.autoscaler.sdk import request_resources

    request_resources(bundles=[room.per_worker for room, n in wanted.items() for _ in range(min(n, 1000))])


def free_orphaned_room() -> None:
    """Give back the places of a gang whose controller was killed, in an embedded Ray, where all are ours.

    On a cluster Ray's own cleaner does that; it needs the dashboard, which an embedded Ray does without.
    """
    from ray import PlacementGroupID
    from ray.util.placement_group import PlacementGroup, placement_group_table, remove_placement_group

    for name, entry in placement_group_table().items():
        if entry["state"] != "REMOVED":
            remove_placement_group(PlacementGroup(PlacementGroupID.from_hex(name)))
