"""What a person hands over in Python is held against the signature: what is of another kind is one line."""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Callable as AnyCallable
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin

from raymer.errors import UsageError
from raymer.records import shown

P = ParamSpec("P")
R = TypeVar("R")
_WORDS: Mapping[Any, str] = {
    **{str: "a text", Path: "a path", int: "a whole number", float: "a number", bool: "True or False"},
    **{NoneType: "None", AnyCallable: "a function"},
}


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Return `function` so that it refuses what is not of its annotation: "compare: rope is 'x': a number is needed".

    Any number of NumPy's is a number, any sequence of texts (an index, an array) a sequence of texts. What is
    annotated otherwise than by classes, unions, sequences and mappings is not looked at.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def run(*given: P.args, **more: P.kwargs) -> R:
        for name, value in signature.bind(*given, **more).arguments.items():
            parameter = signature.parameters[name]
            if parameter.kind is not parameter.VAR_KEYWORD:
                values = value if parameter.kind is parameter.VAR_POSITIONAL else (value,)
                _check(function.__name__, name, values, parameter.annotation)
        return function(*given, **more)

    return run


def _check(function: str, name: str, values: Iterable[object], wanted: Any) -> None:
    for value in values:
        if not _fits(value, wanted):
            raise UsageError(f"{function}: {name} is {shown(value)}: {_named(wanted)} is needed")


def _fits(value: object, wanted: Any) -> bool:
    origin, inside = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in inside)
    if origin is AnyCallable:
        return callable(value)
    if origin is Sequence:
        if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
            return False
        return getattr(value, "ndim", 1) == 1 and all(_fits(item, inside[0]) for item in value)
    if origin is Mapping:
        return isinstance(value, Mapping) and all(_fits(key, inside[0]) for key in value)
    if wanted in (int, float):
        return isinstance(value, Integral if wanted is int else Real) and not isinstance(value, bool)
    is_class = isinstance(wanted, type) and origin is None and wanted not in (Any, inspect.Parameter.empty)
    return not is_class or isinstance(value, wanted)


def _named(wanted: Any) -> str:
    origin, inside = get_origin(wanted), get_args(wanted)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_named(one) for one in inside if one is not NoneType))
    if origin is Sequence:
        return f"several ({_named(inside[0])} each)"
    if origin is Mapping:
        return f"a mapping from {_named(inside[0])}"
    return _WORDS.get(origin or wanted, f"a {getattr(wanted, '__name__', wanted)}")
