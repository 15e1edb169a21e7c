"""Where work is done: in this process, on an embedded Ray, or on a cluster."""

from dataclasses import dataclass

from raymer.errors import UsageError


@dataclass(frozen=True)
class Machine:
    """Where work is done, and on how much of it; no result hangs on it.

    Attributes
    ----------
    address : str
        The Ray to run on, as in :func:`raymer.engine.cluster.connected`. Ray is only started when there is work.
    workers : int, optional
        At most so many; None for as many as there is room for, now and when nodes join.
    gpus_per_fit : float
        Share of a GPU for every fit whose method asks for another device than the CPU; 0.1 puts ten on one.
    serial : bool
        In this process, without Ray.

    Raises
    ------
    UsageError
        When `serial` leaves another choice without effect.
    """

    address: str = "local"
    workers: int | None = None
    gpus_per_fit: float = 0.0
    serial: bool = False

    def __post_init__(self) -> None:
        others = [name for name in self.given if name != "serial"]
        if self.serial and others:
            raise UsageError(f"serial runs in this process: {' and '.join(others)} would have no effect")

    @property
    def given(self) -> list[str]:
        """The fields that choose another machine than the default."""
        chosen = {
            "address": self.address != "local",
            "workers": self.workers is not None,
            "gpus_per_fit": self.gpus_per_fit > 0,
            "serial": self.serial,
        }
        return [name for name, is_given in chosen.items() if is_given]


LOCAL = Machine()
SERIAL = Machine(serial=True)
