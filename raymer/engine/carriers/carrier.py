"""What every carrier of fits is: it takes units from a work list, runs them and tells the list what became of them."""

from typing import Protocol

from raymer.engine.carriers.queue import WorkQueue


class Carrier(Protocol):
    """Runs units. Several may take from one list: a unit is lent to one of them at a time.

    A carrier puts results into the store and records into the list, pins each fit to one thread, and keeps nothing
    for the next run.

    Attributes
    ----------
    lingers : bool
        Whether it takes long to return when all is done, so that nobody should wait for it.
    """

    lingers: bool

    def carry(self, work: WorkQueue) -> None:
        """Run units of `work` until it has none to lend, and return then, or soon after it is stopped.

        A fit that fails, or a worker that dies, is no error: the one is a record, what the other held goes back to the
        list. A store that cannot be written stops the list.

        Raises
        ------
        RaymerError
            When this carrier can run no fits at all: its workers do not start, or only die.
        """
