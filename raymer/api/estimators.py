"""scikit-learn objects, presets and steps as systems: what people have in their hands in Python."""

import inspect
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from raymer.components.path import ALLOWED
from raymer.components.plugins import PLUGINS
from raymer.errors import UsageError
from raymer.learners.predictors import PREDICTORS
from raymer.learners.presets import preset
from raymer.learners.reducers import REDUCERS
from raymer.learners.system import System
from raymer.records import shown

AsSystem = Any
"""A preset's name, a System, steps as a YAML has them, or an estimator of scikit-learn's kind (a Pipeline of such)."""


def as_system(given: AsSystem) -> System:
    """Return a system; of a scikit-learn Pipeline its last estimator is the predictor.

    An estimator is taken as what it was made with, not as what it has learnt: every fit makes it anew. Classes that
    stand in a session or a file of one's own go to workers by value, and their source counts in the identity of a fit.

    Raises
    ------
    UsageError
        For what is none of these, a parameter that JSON cannot say, or what `System.of` refuses.
    """
    if isinstance(given, System):
        return given
    if isinstance(given, str):
        return preset(given)
    if isinstance(given, Pipeline):
        steps = [step for _, step in given.steps if step not in (None, "passthrough")]
        return System.of([_record(step) for step in steps])
    if isinstance(given, BaseEstimator) or callable(getattr(given, "get_params", None)):
        return System.of([_record(given)])
    if isinstance(given, Sequence):
        return System.of([step if isinstance(step, str | Mapping) else _record(step) for step in given])
    raise UsageError(
        f"{shown(given)} is no system: give a preset's name, steps, or an estimator of scikit-learn's kind"
    )


def _record(estimator: Any) -> dict[str, Any]:
    """Return an estimator as a YAML would have it."""
    if isinstance(estimator, type):
        raise UsageError(f"{estimator.__name__} is a class: give an object, {estimator.__name__}()")
    cls = type(estimator)
    use = _path(cls)
    defaults = {name: item.default for name, item in inspect.signature(cls).parameters.items()}
    params = {}
    for name, value in estimator.get_params(deep=False).items():
        plain = _plain(value, f"{use}: {name}")
        if not _same(plain, defaults.get(name, inspect.Parameter.empty)):
            params[name] = plain
    return {"use": use, **params}


def _path(cls: type[Any]) -> str:
    """Return "module:Class", by the public module of an allowed package, and let in a class of one's own."""
    package = cls.__module__.partition(".")[0]
    if package == "raymer":
        own = {component.cls: name for name, component in {**REDUCERS.own, **PREDICTORS.own}.items() if component.path}
        if cls in own:
            return own[cls]
    if package in ALLOWED:
        return f"{_public_module(cls)}:{cls.__name__}"
    path = f"{cls.__module__}:{cls.__qualname__}"
    if package not in PLUGINS:
        PLUGINS.hand_over(path, cls)
    return path


def _public_module(cls: type[Any]) -> str:
    """Return the shortest module, of those that a class lies in, that has it."""
    parts = cls.__module__.split(".")
    modules = [".".join(parts[:k]) for k in range(1, len(parts) + 1)]
    return next(name for name in modules if getattr(sys.modules[name], cls.__name__, None) is cls)


def _plain(value: Any, place: str) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple | list):
        return [_plain(item, place) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item, place) for key, item in value.items()}
    if callable(getattr(value, "get_params", None)) and not isinstance(value, type):
        return _record(value)
    raise UsageError(f"{place}={value!r} cannot be written down: put what it does into a class of your own")


def _same(value: Any, default: Any) -> bool:
    if default is inspect.Parameter.empty:
        return False
    return type(value) is type(default) and bool(value == default)
