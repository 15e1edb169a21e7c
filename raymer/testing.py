"""Conformance: whether a class may stand in a system, and what a fit of it would do wrong if not.

Made for classes of one's own; raymer's go through the very same function.
"""

import copy
import json
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier

from raymer.components.component import Component
from raymer.components.path import ALLOWED
from raymer.errors import RaymerError
from raymer.learners.build import make_estimator, make_predictor
from raymer.learners.saved import read_estimators, write_estimators
from raymer.learners.seeding import seeded_globals
from raymer.learners.step import Step, find_component, make_step
from raymer.learners.tags import is_supervised
from raymer.scratch import scratch

ROWS, FEATURES, CLASSES = 48, 8, 3
SEED = 7
RELATIVE = 1e-6
STATE = "a second fit goes on from the first: a fold would know of another fold's test rows"


@dataclass(frozen=True)
class Fault:
    """What a component does wrong: a code, and one line on what a fit of it would do."""

    code: str
    line: str


def check_component(use: str, role: str = "step", **params: Any) -> list[Fault]:
    """Return what is wrong with a component; nothing means that it may stand in a system.

    Checked are: it can be made with its parameters, they survive JSON, it clones; the same seed gives the same bits; a
    fit leaves its input and its parameters alone, and another fit starts from nothing; what it makes is finite; a row
    transformed alone comes out as in a batch; labels of test rows are never looked at; save and load are equal.

    Parameters
    ----------
    use : str
        Name of a reducer or predictor, or "module:Class" of a file that was brought.
    role : {"step", "predictor"}
    **params
        Of the component. Reducers with a `width` are tried at 2 unless it is said.

    Raises
    ------
    UsageError
        For a name that cannot be had, as in a system.
    """
    component = find_component(use, role)
    if component.role == "encoder":
        return check_encoder(use, **params)
    if "width" in component.parameters:
        params = {"width": 2, **params}
    step, component = make_step({"use": use, **params}, role)
    faults = [fault for kind in _kinds(step, component) for fault in _faults(step, component, kind)]
    return list({fault.code: fault for fault in faults}.values())


def _kinds(step: Step, component: Component) -> list[str]:
    """Return the kinds of targets that a component is tried on."""
    if component.is_foreign:
        try:
            return ["class"] if is_classifier(make_estimator(step, component, SEED)) else ["number"]
        except Exception:
            return ["number"]  # what keeps it from being made is said there
    if component.role != "predictor":
        return [component.kinds[0]]
    kinds = {"number": component.path, "class": component.class_path}
    return [kind for kind, path in kinds.items() if path]


def _data(kind: str, rng_seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(rng_seed)
    X = rng.normal(size=(ROWS, FEATURES))
    value = X[:, 0] + 0.5 * X[:, 1] + 0.1 * rng.normal(size=ROWS)
    if kind == "number":
        return X, value
    ranks = np.argsort(np.argsort(value)) * CLASSES // ROWS
    return X, np.array(["calm", "happy", "sad"])[ranks]


class _Tried:
    """A component, fitted and asked as a fit of a system would."""

    def __init__(self, step: Step, component: Component, kind: str) -> None:
        self.step, self.component, self.kind = step, component, kind
        self.is_predictor = component.role == "predictor"

    def make(self) -> Any:
        if self.is_predictor:
            return make_predictor(self.step, SEED, self.kind)
        return make_estimator(self.step, self.component, SEED)

    def fit(self, X: np.ndarray, y: np.ndarray, made: Any = None) -> Any:
        labels = y if self.is_predictor or is_supervised(self.component) else None
        made = self.make() if made is None else made
        with seeded_globals(SEED), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return made.fit(X, labels)

    def ask(self, fitted: Any, X: np.ndarray) -> np.ndarray:
        with seeded_globals(SEED):
            return np.asarray(fitted.predict(X) if self.is_predictor else fitted.transform(X))


def _faults(step: Step, component: Component, kind: str) -> Iterator[Fault]:
    tried = _Tried(step, component, kind)
    X, y = _data(kind)
    train, test = slice(0, 32), slice(32, ROWS)
    try:
        json.loads(json.dumps(step.to_dict(), allow_nan=False))
    except (TypeError, ValueError) as error:
        yield Fault("json", f"its parameters cannot be written as JSON ({error}): no fit of it would have an identity")
    try:
        made = tried.make()
    except (RaymerError, TypeError, ValueError, AttributeError) as error:
        yield Fault("make", f"it cannot be made with its parameters ({error}): every fit of it would fail")
        return
    yield from _of_cloning(made)
    before, shared = _params(made), _shared_state(component.cls)
    given = X[train].copy(), y[train].copy()
    try:
        fitted = tried.fit(*given, made)
        first = tried.ask(fitted, X[test].copy())
    except Exception as error:
        yield Fault("fit", f"it cannot be fitted ({type(error).__name__}: {error}): every fit of it would fail")
        return
    if not (np.array_equal(given[0], X[train]) and np.array_equal(given[1], y[train])):
        yield Fault("input", "it changes its input in place: another fit on the same rows would see other numbers")
    if repr(_params(made)) != repr(before):
        yield Fault("mutates", "fit changes its own parameters: what the store says of a fit would not be what was run")
    if len(first) != ROWS - 32:
        yield Fault("rows", f"it makes {len(first)} rows of {ROWS - 32}: clips would get other clips' numbers")
        return
    if first.dtype.kind == "f" and not np.isfinite(first).all():
        yield Fault("finite", "it returns NaN or infinity: the fit would fail, or score what means nothing")
        return
    if _shared_state(component.cls) != shared:
        yield Fault("state", STATE)
        return
    yield from _of_repeats(tried, X, y, train, test, first)
    yield from _of_rows(tried, X, y, train, test, first)
    yield from _of_saving(tried, fitted, X[test], first)


def _params(made: Any) -> dict[str, Any]:
    return {name: repr(value) for name, value in made.get_params(deep=True).items()}


def _shared_state(cls: type[Any]) -> str:
    """Return, as text, what a class of somebody else's and its module keep beside its objects."""
    if cls.__module__.partition(".")[0] in ALLOWED:
        return ""
    module = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    own = [vars(base) for base in cls.__mro__ if base.__module__ == cls.__module__]
    kept = {
        f"{k}.{name}": repr(value)
        for k, names in enumerate([module, *own])
        for name, value in names.items()
        if not name.startswith("__") and not callable(value) and not isinstance(value, types.ModuleType | property)
    }
    return repr(sorted(kept.items()))


def _of_cloning(made: Any) -> Iterator[Fault]:
    try:
        again = clone(made)
        if repr(_params(again)) != repr(_params(made)):
            yield Fault("clone", "its clone has other parameters: fits of one system would differ")
    except Exception as error:
        yield Fault("clone", f"it cannot be cloned ({type(error).__name__}: {error}): no fit could start from nothing")


def _of_repeats(
    tried: _Tried, X: np.ndarray, y: np.ndarray, train: slice, test: slice, first: np.ndarray
) -> Iterator[Fault]:
    again = tried.ask(tried.fit(X[train].copy(), y[train].copy()), X[test].copy())
    if not _equal(first, again, exact=True):
        yield Fault("seed", "two fits with one seed differ: no result could be found again, or trusted to be one")
        return
    kept = tried.make()  # fitted on other rows, then on these: what an object keeps between fits shows here
    tried.fit(X[test].copy(), y[test].copy(), kept)
    refitted = tried.ask(tried.fit(X[train].copy(), y[train].copy(), kept), X[test].copy())
    if not _equal(first, refitted, exact=False):
        yield Fault("state", STATE)


def _of_rows(
    tried: _Tried, X: np.ndarray, y: np.ndarray, train: slice, test: slice, first: np.ndarray
) -> Iterator[Fault]:
    fitted = tried.fit(X[train].copy(), y[train].copy())
    alone = np.concatenate([tried.ask(fitted, row[None].copy()) for row in X[test]])
    if not _equal(first, alone, exact=False):
        yield Fault(
            "batch", "a row alone comes out other than in a batch: a test clip's score would hang on the others"
        )
    if _looks_at_labels(tried, X, y, train, test):
        yield Fault("labels", "it looks at labels outside fit: test labels would reach the representation")


def _looks_at_labels(tried: _Tried, X: np.ndarray, y: np.ndarray, train: slice, test: slice) -> bool:
    """Say whether what was given to `fit` is read again later: labels that change after it must change nothing."""
    given = y[train].copy()
    fitted = tried.fit(X[train].copy(), given)
    before = tried.ask(fitted, X[test].copy())
    given[:] = given[::-1].copy()
    if not _equal(before, tried.ask(fitted, X[test].copy()), exact=True):
        return True
    call: Callable[..., Any] = fitted.predict if tried.is_predictor else fitted.transform
    try:
        with_labels = np.asarray(call(X[test].copy(), y[test][::-1].copy()))
    except Exception:
        return False  # it does not take labels there
    return not _equal(before, with_labels, exact=True)


def _of_saving(tried: _Tried, fitted: Any, X: np.ndarray, first: np.ndarray) -> Iterator[Fault]:
    with scratch("check") as folder:
        try:
            path = folder / "one.skops"
            write_estimators(path, {"one": fitted})
            read = read_estimators(path, [tried.component])["one"]
            again = tried.ask(read, X.copy())
        except Exception as error:
            text = str(error).replace(str(folder) + "/", "")
            yield Fault("save", f"it cannot be saved and read back ({type(error).__name__}: {text}): no model of it")
            return
    if not _equal(first, again, exact=True):
        yield Fault("save", "read back it says something else: a saved model would not be the one that was fitted")


def _equal(a: np.ndarray, b: np.ndarray, *, exact: bool) -> bool:
    if a.shape != b.shape:
        return False
    if exact or a.dtype.kind not in "f":
        return bool(np.array_equal(a, b))
    return bool(np.allclose(a, b, rtol=RELATIVE, atol=RELATIVE * max(1.0, float(np.abs(a).max(initial=0.0)))))


def check_encoder(use: str, **params: Any) -> list[Fault]:
    """As `check_component`, for an encoder of sequences: seed, padding, other clips of the batch, save and load."""
    return list(_encoder_faults(use, params))


def _encoder_faults(use: str, params: dict[str, Any]) -> Iterator[Fault]:
    from raymer.learners.clips import Sequences
    from raymer.learners.sequence_network import Network

    step, _ = make_step(
        {"objective": "rbf", "epochs": 2, "every": 1, "excerpt": 8, "batch": 8, **params, "use": use}, "step"
    )
    rng = np.random.default_rng(0)
    lengths = rng.integers(9, 14, size=16)
    frames = rng.normal(size=(int(lengths.sum()), 4)).astype(np.float32)
    clips = Sequences(frames, np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    train, test = clips.select(np.arange(12)), clips.select(np.arange(12, 16))
    y = np.array([[clips.clip(k).mean()] for k in range(12)], dtype=np.float64)
    try:
        network = Network(step)
        network.fit(train, y, seed=SEED)
        first = network.transform(test)
    except Exception as error:
        yield Fault("fit", f"it cannot be trained ({type(error).__name__}: {error}): every fit of it would fail")
        return
    again = Network(step)
    again.fit(train, y, seed=SEED)
    if not _equal(first, again.transform(test), exact=True):
        yield Fault("seed", "two fits with one seed differ: no result could be found again, or trusted to be one")
    alone = np.concatenate([network.transform(test.select(np.array([k]))) for k in range(4)])
    if not _equal(first, alone, exact=False):
        yield Fault(
            "batch", "a clip alone comes out other than in a batch: a test clip's score would hang on the others"
        )
    with scratch("check") as folder:
        try:
            network.save(folder)
            read = Network(copy.copy(step))
            read.load(folder)
            saved = read.transform(test)
        except Exception as error:
            yield Fault("save", f"it cannot be saved and read back ({type(error).__name__}: {error}): no model of it")
            return
    if not _equal(first, saved, exact=True):
        yield Fault("save", "read back it says something else: a saved model would not be the one that was fitted")


__all__ = ["Fault", "check_component", "check_encoder"]
