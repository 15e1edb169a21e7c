"""Parameters checked by value before anything runs: against a pydantic model, or the signature of `__init__`."""

import difflib
import inspect
import math
import types
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from raymer.errors import UsageError
from raymer.nearest import unknown

REFUSED = {
    "memory": "a cache on disk would be unpickled, and fits would share what they learnt",
    "n_jobs": "a fit has one thread; fits run side by side",
    "n_jobs_": "a fit has one thread; fits run side by side",
    "warm_start": "every fit starts from nothing",
}
"""Parameters of classes that are not raymer's which would break a law, and why."""


class Params(BaseModel):
    """What may be set of a component of raymer's own: no other name, no other type, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, allow_inf_nan=False)


@dataclass(frozen=True)
class Parameter:
    """One parameter: its name, default, and what is allowed, in words."""

    name: str
    default: Any
    allowed: str = ""


def read_model(model: type[BaseModel]) -> dict[str, Parameter]:
    """Return the parameters that a pydantic model declares."""
    return {name: Parameter(name, info.get_default(), _field_words(info)) for name, info in model.model_fields.items()}


def read_signature(cls: type[Any]) -> dict[str, Parameter]:
    """Return the parameters that `__init__` of `cls` takes by name."""
    found = {}
    for name, item in inspect.signature(cls).parameters.items():
        if item.kind in (item.VAR_POSITIONAL, item.VAR_KEYWORD):
            continue
        default = None if item.default is item.empty else item.default
        words = _type_words(item.annotation) if item.annotation is not item.empty else ""
        found[name] = Parameter(name, default, words)
    return found


def check(
    name: str, model: type[BaseModel] | None, known: Mapping[str, Parameter], params: Mapping[str, Any]
) -> dict[str, Any]:
    """Return `params` checked, without those at their default; UsageError, one line, for the first that is wrong."""
    for key in params:
        if key not in known:
            raise UsageError(f"{name}: {unknown('parameter', str(key), known)}")
    if model is None:
        checked = {key: _like_default(name, known[key], value) for key, value in params.items()}
    else:
        try:
            checked = model.model_validate(dict(params)).model_dump(exclude_unset=True)
        except ValidationError as error:
            raise UsageError(_fault(name, error, known, params)) from error
    return {key: value for key, value in sorted(checked.items()) if not _same(value, known[key].default)}


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and not hasattr(value, "__array__") and bool(value == default)


def _fault(name: str, error: ValidationError, known: Mapping[str, Parameter], params: Mapping[str, Any]) -> str:
    fault = error.errors()[0]
    if not fault["loc"]:
        return f"{name}: {fault['msg'].removeprefix('Value error, ')}"
    key = str(fault["loc"][0])
    value, allowed = params.get(key, fault.get("input")), known[key].allowed
    hint = ""
    if fault["type"] == "literal_error" and isinstance(value, str):
        choices = [word.strip(" '\"") for word in allowed.removeprefix("one of ").split(",")]
        near = difflib.get_close_matches(value, choices, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{name}: {key}={value!r} must be {allowed or fault['msg'].lower()}{hint}"


def _like_default(name: str, parameter: Parameter, value: Any) -> Any:
    """Check a value for a class that says no types: JSON-ready, and not text where the default is a number."""
    is_harmless = value is None or value is False or value == parameter.default or (value == 1 and value is not True)
    if parameter.name in REFUSED and not is_harmless:
        raise UsageError(f"{name}: {parameter.name} cannot be set: {REFUSED[parameter.name]}")
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{name}: {parameter.name}={value!r} is no finite number")
    if parameter.allowed:
        return value
    is_number = isinstance(parameter.default, int | float) and not isinstance(parameter.default, bool)
    if is_number and isinstance(value, str) and "sklearn" not in name and "lightgbm" not in name:
        raise UsageError(f"{name}: {parameter.name}={value!r} must be a number, like its default {parameter.default!r}")
    return value


def check_annotated(name: str, cls: type[Any], params: Mapping[str, Any]) -> None:
    """Hold parameters against the annotations of a class that has some; UsageError for one that does not fit."""
    for key, item in inspect.signature(cls).parameters.items():
        if key not in params or item.annotation is item.empty or isinstance(item.annotation, str):
            continue
        try:
            TypeAdapter(item.annotation, config=ConfigDict(arbitrary_types_allowed=True)).validate_python(params[key])
        except ValidationError as error:
            words = _type_words(item.annotation) or error.errors()[0]["msg"].lower()
            raise UsageError(f"{name}: {key}={params[key]!r} must be {words}") from error


def try_out(name: str, cls: type[Any], params: Mapping[str, Any]) -> None:
    """Fit a scikit-learn class on a dozen rows, so that it says itself what it thinks of its parameters' values.

    Whatever else it raises on so little is of no meaning; UsageError, one line, for a parameter that it refuses.
    """
    X, y = np.linspace(0, 1, 36).reshape(12, 3), np.arange(12) % 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            cls(**params).fit(X, y)
        except Exception as error:
            if type(error).__name__ == "InvalidParameterError":
                raise UsageError(f"{name}: {str(error).splitlines()[0]}") from error


def _field_words(info: FieldInfo) -> str:
    words = _type_words(info.annotation)
    limits = []
    for rule in info.metadata:
        for sign, text in (("gt", "above"), ("ge", "of at least"), ("lt", "below"), ("le", "of at most")):
            if getattr(rule, sign, None) is not None:
                limits.append(f"{text} {getattr(rule, sign):g}")
    return " ".join([words, " and ".join(limits)]).strip()


def _type_words(annotation: Any) -> str:
    """Return a type as a colleague would say it."""
    plain = {int: "a whole number", float: "a number", str: "text", bool: "true or false", type(None): "null"}
    if annotation in plain:
        return plain[annotation]
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return f"one of {', '.join(map(repr, inside))}"
    if origin in (Union, types.UnionType):
        return " or ".join(word for part in inside if (word := _type_words(part)))
    if origin in (tuple, list):
        return f"a list, each {_field_or_type(inside[0])}" if inside else "a list"
    if inside and hasattr(annotation, "__metadata__"):
        return _field_words(FieldInfo.from_annotation(annotation))
    return ""


def _field_or_type(annotation: Any) -> str:
    if hasattr(annotation, "__metadata__"):
        return _field_words(FieldInfo.from_annotation(annotation))
    return _type_words(annotation)
