"""Taking from a function what it has learnt before: fitted estimators in its closure, its object, its globals."""

from collections.abc import Callable, Iterator
from functools import partial
from types import FunctionType, MethodType
from typing import Any

DEEPEST = 4


def forget(evaluate: Callable[..., Any]) -> list[str]:
    """Make every fitted estimator that `evaluate` holds unfitted, in place, and return their classes' names.

    Looked at are closures, defaults, the object of a method, partial arguments, the globals that are named in the code
    and the lists and dictionaries among them; a container forgets the fitted estimators it holds.
    """
    return sorted(set(_forget(evaluate, set(), 0)))


def _forget(thing: Any, seen: set[int], depth: int) -> Iterator[str]:
    if id(thing) in seen or depth > DEEPEST:
        return
    seen.add(id(thing))
    if _is_fitted(thing):
        for name in _learnt(thing):
            delattr(thing, name)
        yield type(thing).__name__
    if isinstance(thing, dict):
        for key in [key for key, value in thing.items() if _is_fitted(value) and not isinstance(key, str | int)]:
            yield type(thing.pop(key)).__name__
        for key in [key for key, value in thing.items() if _is_fitted(value)]:
            yield type(thing.pop(key)).__name__
    elif isinstance(thing, list):
        held = [value for value in thing if _is_fitted(value)]
        thing[:] = [value for value in thing if not _is_fitted(value)]
        yield from (type(value).__name__ for value in held)
    for inner in _inside(thing):
        yield from _forget(inner, seen, depth + 1)


def _inside(thing: Any) -> list[Any]:
    if isinstance(thing, FunctionType):
        cells = [cell.cell_contents for cell in thing.__closure__ or () if _has_content(cell)]
        named = [thing.__globals__[name] for name in thing.__code__.co_names if name in thing.__globals__]
        own = [value for value in named if not _is_library(value)]
        return [
            *cells,
            *(thing.__defaults__ or ()),
            *(thing.__kwdefaults__ or {}).values(),
            *own,
            *vars(thing).values(),
        ]
    if isinstance(thing, MethodType):
        return [thing.__func__, thing.__self__]
    if isinstance(thing, partial):
        return [thing.func, *thing.args, *thing.keywords.values()]
    if isinstance(thing, dict):
        return list(thing.values())
    if isinstance(thing, list | tuple):
        return list(thing)
    if isinstance(thing, type) or _is_library(type(thing)):
        return []
    call = type(thing).__dict__.get("__call__")
    return [*getattr(thing, "__dict__", {}).values(), *([call] if call else [])]


def _is_library(value: Any) -> bool:
    module = getattr(value, "__module__", None) or getattr(value, "__name__", "")
    return str(module).split(".")[0] in {"numpy", "sklearn", "scipy", "torch", "pandas", "builtins"} and not _is_fitted(
        value
    )


def _has_content(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018, an empty cell raises
    except ValueError:
        return False
    return True


def _is_fitted(thing: Any) -> bool:
    return hasattr(thing, "get_params") and not isinstance(thing, type) and bool(_learnt(thing))


def _learnt(estimator: Any) -> list[str]:
    return [name for name in getattr(estimator, "__dict__", {}) if name.endswith("_") and not name.startswith("_")]
