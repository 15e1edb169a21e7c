"""What can be searched of a method: a typed, bounded dimension a parameter.

The dimensions stand beside the methods (`Kind.space`, `CurveKind.space`); search_space.py puts a method's together.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from raymer.errors import UsageError
from raymer.nearest import unknown

HAIR = 1e-3
"""How far a parameter that must lie above another stays from it."""


@dataclass(frozen=True)
class Real:
    """A real number from `low` to `high`, both included.

    Attributes
    ----------
    low, high : float
        Where a search looks unless an experiment says otherwise.
    log : bool
        Whether ratios matter, not differences.
    default : float, optional
        What the method takes when it is left out; None where that is no number (SVR's gamma "scale").
    above : str, optional
        A parameter of the same step that this one must exceed: dN > dP.
    limits : (float, float)
        No experiment may look outside.
    """

    low: float
    high: float
    log: bool = False
    default: float | None = None
    above: str | None = None
    limits: tuple[float, float] = (0.0, math.inf)

    def holds(self, value: Any) -> bool:
        """Say whether `value` lies in it."""
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high

    def __str__(self) -> str:
        scale = ", logarithmic" if self.log else ""
        return f"real, {self.low:g} to {self.high:g}{scale}{f', above {self.above}' if self.above else ''}"


@dataclass(frozen=True)
class Whole:
    """A whole number from `low` to `high`, both included; attributes as those of :class:`Real`."""

    low: int
    high: int
    log: bool = False
    default: int | None = None
    limits: tuple[float, float] = (1, math.inf)

    def holds(self, value: Any) -> bool:
        """Say whether `value` lies in it."""
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"whole, {self.low} to {self.high}{', logarithmic' if self.log else ''}"


@dataclass(frozen=True)
class Choice:
    """One of `values`; the method takes `default` when it is left out."""

    values: tuple[Any, ...]
    default: Any = None

    def holds(self, value: Any) -> bool:
        """Say whether `value` is one of them."""
        return value in self.values

    def __str__(self) -> str:
        return f"one of {', '.join(map(str, self.values))}"


Dimension = Real | Whole | Choice
Space = Mapping[str, Dimension]


def narrowed(name: str, dimension: Dimension, asked: Any) -> Dimension:
    """Return the dimension `name` as an experiment asks for it.

    Parameters
    ----------
    name : str
        For messages, "reducer.d_p".
    dimension : Dimension
    asked : None, mapping or list
        None or {} takes it as it is; {low, high, log} moves the bounds that are given; a list is the values to choose
        from.

    Raises
    ------
    UsageError
        For bounds that are empty, of the wrong type or out of sense, with what would be right.
    """
    if isinstance(asked, list):
        return _choice(name, dimension, asked)
    if asked is None or asked == {}:
        return dimension
    if not isinstance(asked, dict):
        raise UsageError(f"space: {name}: bounds {{low: ..., high: ...}} or a list of values is wanted, not {asked!r}")
    keys = () if isinstance(dimension, Choice) else ("low", "high", "log")
    for key in asked:
        if key not in keys:
            hint = unknown("key", str(key), keys) if keys else f"it is {dimension}: give a list of values"
            raise UsageError(f"space: {name}: {hint}")
    assert not isinstance(dimension, Choice)
    kind, wanted = (int, "a whole number") if isinstance(dimension, Whole) else ((int, float), "a number")
    for key in ("low", "high"):
        value = asked.get(key, dimension.low)
        if not isinstance(value, kind) or isinstance(value, bool) or not math.isfinite(value):
            raise UsageError(f"space: {name}: {key} is {wanted}, not {value!r}")
    if not isinstance(asked.get("log", False), bool):
        raise UsageError(f"space: {name}: log is true or false, not {asked['log']!r}")
    changed = replace(dimension, **asked)
    _check_bounds(name, changed)
    return changed


def _check_bounds(name: str, dimension: Real | Whole) -> None:
    least, most = dimension.limits
    if not dimension.low < dimension.high:
        raise UsageError(f"space: {name}: low {dimension.low:g} is not below high {dimension.high:g}")
    if dimension.low < least or dimension.high > most:
        raise UsageError(f"space: {name}: {dimension.low:g} to {dimension.high:g} leaves {_range(least, most)}")
    if dimension.log and dimension.low <= 0:
        raise UsageError(f"space: {name}: a logarithmic range begins above 0, not at {dimension.low:g}")


def _range(least: float, most: float) -> str:
    return f"what makes sense, {least:g} and more" if math.isinf(most) else f"what makes sense, {least:g} to {most:g}"


def _choice(name: str, dimension: Dimension, values: list[Any]) -> Choice:
    if not values or len(set(map(repr, values))) < len(values):
        raise UsageError(f"space: {name}: a list of values needs one at least, and none twice")
    for value in values:
        if not _makes_sense(dimension, value):
            raise UsageError(f"space: {name}: {value!r} is no value of it ({dimension})")
    return Choice(tuple(values), dimension.default)


def _makes_sense(dimension: Dimension, value: Any) -> bool:
    if isinstance(dimension, Choice):
        return dimension.holds(value)
    kinds = int if isinstance(dimension, Whole) else (int, float)
    least, most = dimension.limits
    return isinstance(value, kinds) and not isinstance(value, bool) and least <= value <= most


def in_order(prefix: str, space: Space, fixed: Mapping[str, Any]) -> dict[str, Dimension]:
    """Return the space so that no draw can break an `above`, or refuse it.

    Parameters
    ----------
    prefix : str
        "reducer." or "predictor.", for messages.
    space : Space
        Of one step, by the parameters' own names.
    fixed : mapping
        Values of the parameters that are not searched.

    Returns
    -------
    dict
        A parameter that must lie above another comes after it. Where the other is not searched, the lower bound is
        moved above its value.

    Raises
    ------
    UsageError
        When some draw of the lower parameter would leave nothing above it (dP >= dN).
    """
    ordered = dict(sorted(space.items(), key=lambda item: getattr(item[1], "above", None) is not None))
    for name, dimension in space.items():
        if not isinstance(dimension, Real) or dimension.above is None:
            continue
        other = dimension.above
        top = _top(space[other]) if other in space else fixed[other]
        if dimension.high <= top + HAIR:
            raise UsageError(
                f"space: {prefix}{name} (up to {dimension.high:g}) must lie above {prefix}{other} (up to {top:g}): "
                f"raise the high of {name} or lower that of {other}"
            )
        if other not in space:
            ordered[name] = replace(dimension, low=max(dimension.low, top + HAIR), above=None)
    return ordered


def check_below(prefix: str, space: Space, fixed: Mapping[str, Any], known: Space) -> None:
    """Refuse a searched parameter whose range reaches one that must lie above it and is not searched itself."""
    for name, dimension in known.items():
        other = dimension.above if isinstance(dimension, Real) else None
        if other is not None and other in space and name not in space and _top(space[other]) >= fixed[name]:
            raise UsageError(
                f"space: {prefix}{other} (up to {_top(space[other]):g}) must stay below {prefix}{name}, which is "
                f"{fixed[name]:g}: lower its high or search {name} too"
            )


def _top(dimension: Dimension) -> float:
    return float(max(dimension.values) if isinstance(dimension, Choice) else dimension.high)
