"""A small plan whose fits are odd on purpose, and the carriers that may run it."""

from pathlib import Path

from raymer.components.plugins import PLUGINS, read_plugin
from raymer.corpora.synthetic import make_synthetic
from raymer.engine.carriers.here import Here
from raymer.engine.carriers.processes import Processes
from raymer.engine.gang.watch import Gangs
from raymer.engine.machine import Machine
from raymer.learners.system import System
from raymer.protocols.splits import KFold
from raymer.studies.fit import Plan, plan, units
from raymer.studies.samples import make_samples

ODD = """
import os
import signal
import time
from pathlib import Path

from sklearn.base import BaseEstimator, TransformerMixin
from threadpoolctl import threadpool_info

ROOT = Path({root!r})


class Step(TransformerMixin, BaseEstimator):
    def transform(self, X):
        return X

    def __sklearn_tags__(self):
        return super().__sklearn_tags__()  # said by itself: it needs no labels


class Failing(Step):
    def fit(self, X, y=None):
        raise ValueError("nothing can be learnt")


class Nosy(Step):
    # Prints, and looks how many threads it may use.
    def fit(self, X, y=None):
        print("printed by a fit")
        assert {{pool["num_threads"] for pool in threadpool_info()}} <= {{1}}, threadpool_info()
        return self


class Held(Step):
    # Says which process it is, and waits while `latch` is there.
    def fit(self, X, y=None):
        (ROOT / "holds").write_text(str(os.getpid()))
        while (ROOT / "latch").exists():
            time.sleep(0.02)
        return self


class Interrupted(Step):
    # Is what Ctrl-C finds running, and then what SIGTERM does.
    def fit(self, X, y=None):
        os.kill(os.getpid(), signal.SIGINT if (ROOT / "ctrl-c").exists() else signal.SIGTERM)
        time.sleep(30)


class Deadly(Step):
    # Kills its process when it is first fitted.
    def fit(self, X, y=None):
        if not (ROOT / "killed").exists():
            (ROOT / "killed").write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return self
"""


def bring_odd(root: Path) -> None:
    """Let in the file of odd classes, which look at `root`; whoever brought it drops it."""
    path = root / "odd.py"
    path.write_text(ODD.format(root=str(root)))
    PLUGINS.bring([read_plugin(path)])


def plan_of(*steps: str, folds: int = 2) -> Plan:
    """Return the plan of an SVR behind each of the odd classes named; "" is an SVR alone."""
    systems = [System.of([*([{"use": f"odd:{name}"}] if name else []), "scale", "svr"]) for name in steps]
    samples = make_samples(make_synthetic(60, 12, seed=1), None, "table", ["valence"])
    return plan(samples, [(system, KFold(folds)) for system in systems], ["valence"])


CARRIERS = {
    "here": Here,
    "processes": lambda planned, store: Processes(planned, store, 1),
    "gangs": lambda planned, store: Gangs(planned, units(planned.fits), store, Machine(address="local")),
}
