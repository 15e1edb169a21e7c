"""How long work will take, by the pace of what has been run of it."""

from collections.abc import Iterable, Sequence

from raymer.studies.fit import Unit, rough_seconds

LOADING_SECONDS = 2.0
"""What the first unit of a process may spend on loading libraries: it says nothing of the next."""


class Pace:
    """Measured seconds for each rough second that units are said to take (`System.cost`)."""

    def __init__(self) -> None:
        self._spent = -LOADING_SECONDS
        self._rough = 0.0

    def note(self, units: Sequence[Unit], seconds: float) -> None:
        """Take note of units that a worker has run one after the other in so many seconds."""
        self._spent += seconds
        self._rough += sum(map(rough_seconds, units))

    def seconds(self, waiting: Iterable[Unit], running: Iterable[tuple[Sequence[Unit], float]]) -> float:
        """Return how long one worker would need for the units `waiting`.

        `running` is what is being run, and since how many seconds: from a unit that takes very long the pace is seen
        before its end.
        """
        held = list(running)
        spent = self._spent + sum(seconds for _, seconds in held)
        rough = self._rough + sum(rough_seconds(unit) for units, _ in held for unit in units)
        measured = [seconds / of for seconds, of in ((self._spent, self._rough), (spent, rough)) if of > 0]
        return max([0.0, *measured]) * sum(map(rough_seconds, waiting))
