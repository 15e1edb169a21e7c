"""How long work will take, by the pace of what has been run of it."""

from collections.abc import Iterable, Sequence

from raymer.studies.fit import Unit, rough_seconds

LOADING_SECONDS = 2.0
"""What the first unit of a method may spend on loading libraries: it says nothing of the next."""
ALL_LOADING_SECONDS = 6.0
"""What may be loading in all: where every unit is of another method, the rest of their seconds is work."""


class Pace:
    """Measured seconds for each rough second that units are said to take (`System.cost`)."""

    def __init__(self) -> None:
        self._spent = self._rough = 0.0
        self._loaded: set[str] = set()
        self._may_load = ALL_LOADING_SECONDS

    def note(self, units: Sequence[Unit], seconds: float) -> None:
        """Take note of units that a worker has run one after the other in so many seconds."""
        spent, rough = self._told_by(units, seconds)
        self._spent += spent
        self._rough += rough
        self._may_load -= seconds - spent
        self._loaded |= _methods(units)

    def seconds(self, waiting: Iterable[Unit], running: Iterable[tuple[Sequence[Unit], float]]) -> float:
        """Return how long one worker would need for the units `waiting`.

        `running` is what is being run, and since how many seconds: from a unit that takes very long the pace is seen
        before its end.
        """
        held = [self._told_by(units, seconds) for units, seconds in running]
        spent = self._spent + sum(seconds for seconds, _ in held)
        rough = self._rough + sum(of for _, of in held)
        measured = [seconds / of for seconds, of in ((self._spent, self._rough), (spent, rough)) if of > 0]
        return max([0.0, *measured]) * sum(map(rough_seconds, waiting))

    def _told_by(self, units: Sequence[Unit], seconds: float) -> tuple[float, float]:
        """Return what units tell of the pace: measured and rough seconds; nothing where all may have been loading."""
        if not _methods(units) <= self._loaded:
            seconds -= min(LOADING_SECONDS, self._may_load)
        return (seconds, sum(map(rough_seconds, units))) if seconds > 0 else (0.0, 0.0)


def _methods(units: Sequence[Unit]) -> set[str]:
    return {fit.system.name for unit in units for fit in unit}
