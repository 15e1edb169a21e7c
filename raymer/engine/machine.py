"""Where work is done: on this machine, or on a Ray cluster."""

from dataclasses import dataclass

from raymer.errors import UsageError

HERE = "here"
EMBEDDED = "local"


@dataclass(frozen=True)
class Machine:
    """Where work is done, and on how much of it; no result hangs on it.

    Attributes
    ----------
    address : str
        "here" is this machine: fits begin in this process, and what takes longer gets more processes or an embedded
        Ray, by the pace of what has been run. Otherwise the Ray to run on, as in
        :func:`raymer.engine.cluster.connected`; it is only started, or asked, when there is enough work.
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

    address: str = HERE
    workers: int | None = None
    gpus_per_fit: float = 0.0
    serial: bool = False

    def __post_init__(self) -> None:
        others = [name for name in self.given if name != "serial"]
        if self.serial and others:
            raise UsageError(f"serial runs in this process: {' and '.join(others)} would have no effect")

    @property
    def is_here(self) -> bool:
        """Whether all is done on this machine, with an embedded Ray or without."""
        return self.address in (HERE, EMBEDDED)

    @property
    def given(self) -> list[str]:
        """The fields that choose another machine than the default."""
        chosen = {
            "address": self.address != HERE,
            "workers": self.workers is not None,
            "gpus_per_fit": self.gpus_per_fit > 0,
            "serial": self.serial,
        }
        return [name for name, is_given in chosen.items() if is_given]


LOCAL = Machine()
SERIAL = Machine(serial=True)
