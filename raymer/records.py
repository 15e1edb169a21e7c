"""What lies on disk is read through a typed model; what does not fit is one line: file, field, expected, what to do.

Manifests, headers, run records and journal lines are JSON: `read_record` holds them against a pydantic model or a
dataclass. Parquet files are held against the columns they must have by `check_columns`; what a damaged one raises is
caught by `whole`.
"""

import contextlib
import functools
import json
import struct
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, TypeVar, cast

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import from_json

from raymer.errors import RaymerError

STRICT = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
"""How a dataclass is read that is a part of a record: as its `__pydantic_config__`."""

UNREADABLE = (
    *(pa.ArrowException, OSError, KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError),
    *(MemoryError, RecursionError, struct.error),
)
"""What reading a damaged file raises."""

SHOWN = 60
T = TypeVar("T")


class Record(BaseModel):
    """A record on disk: no key that is not known, no other type, no NaN."""

    model_config = STRICT


def read_record(
    kind: Callable[..., T],
    data: bytes | str,
    where: object,
    remedy: str,
    *,
    reads: int | None = None,
    error: type[RaymerError] = RaymerError,
) -> T:
    """Return the record that JSON `data` holds.

    Parameters
    ----------
    kind : type
        A `Record`, or a dataclass whose `__pydantic_config__` is STRICT.
    data : bytes or str
    where : str or Path
        What errors call it: the file.
    remedy : str
        What errors say is to be done: "import again".
    reads : int, optional
        The format that this raymer reads, where the record has one: another is said before all else.
    error : type of RaymerError

    Raises
    ------
    error
        In one line, for the first thing that does not fit.
    """
    try:
        value = from_json(data, allow_inf_nan=False)
    except ValueError as fault:
        raise error(f"{where} is damaged: it is no JSON ({fault}): {remedy}") from fault
    found = value.get("format") if isinstance(value, dict) else None
    if reads is not None and found is not None and found != reads:
        raise error(f"{where} has format {shown(found)}, this raymer reads {reads}: {remedy}")
    try:
        made: T = _adapter(kind).validate_json(data)
    except ValidationError as fault:
        raise error(f"{where} is damaged: {first_fault(fault)}: {remedy}") from fault
    return made


@functools.cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    made: TypeAdapter[Any] = TypeAdapter(cast(Any, kind))
    return made


def first_fault(error: ValidationError) -> str:
    """Return the first thing that did not fit: the field, what was expected there, and what was found."""
    fault = error.errors(include_url=False)[0]
    place = ".".join(map(str, fault["loc"]))
    if fault["type"] == "missing":
        return f"{place} is missing"
    if fault["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"{place} is no key that is known"
    words = fault["msg"].removeprefix("Value error, ").replace("Input should", "should")
    return f"{place or 'it'} {words}, not {shown(fault['input'])}"


def shown(value: object) -> str:
    """Return a value for a message, cut where it is long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


@contextlib.contextmanager
def whole(where: object, remedy: str, error: type[RaymerError] = RaymerError) -> Iterator[None]:
    """Turn what reading a damaged file raises into one line that names it; what raymer itself says stays."""
    try:
        yield
    except RaymerError:
        raise
    except FileNotFoundError as fault:
        raise error(f"{where} is missing: {remedy}") from fault
    except UNREADABLE as fault:
        raise error(f"{where} is damaged ({reason(fault)}): {remedy}") from fault


def reason(error: BaseException) -> str:
    """Return what an error says, in one line of a bearable length."""
    lines = str(error).splitlines()
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= 200 else f"{text[:200]}..."


Fits = Callable[[pa.DataType], bool]


def is_text(kind: pa.DataType) -> bool:
    """Say whether a column is text, in whichever way it is kept."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_number(kind: pa.DataType) -> bool:
    """Say whether a column is numbers."""
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def is_float(kind: pa.DataType) -> bool:
    """Say whether a column is float64."""
    return bool(pa.types.is_float64(kind))


def is_whole_number(kind: pa.DataType) -> bool:
    """Say whether a column is whole numbers."""
    return bool(pa.types.is_integer(kind))


_WORDS: Mapping[Fits, str] = {
    is_text: "text",
    is_number: "numbers",
    is_float: "float64",
    is_whole_number: "whole numbers",
}


def check_columns(schema: pa.Schema, wanted: Mapping[str, Fits], where: object, remedy: str) -> None:
    """Raise RaymerError for the first column that a Parquet file lacks, has twice, or has of another type.

    Parameters
    ----------
    schema : pyarrow.Schema
    wanted : mapping of name to is_text, is_number, is_float or is_whole_number
        Other columns may be there.
    where, remedy : as `read_record`
    """
    counts = Counter(schema.names)
    for name, fits in wanted.items():
        if counts[name] != 1:
            words = "stands twice" if counts[name] else "is missing"
            raise RaymerError(f"{where}: column {shown(name)} {words}: {remedy}")
        kind = schema.field(name).type
        if not fits(kind):
            raise RaymerError(
                f"{where}: column {shown(name)} should be {_WORDS.get(fits, 'of another type')}, not {kind}: {remedy}"
            )


def metadata(schema: pa.Schema, key: bytes, where: object, remedy: str) -> bytes:
    """Return what a Parquet file says under `key`; RaymerError where it says nothing."""
    found = (schema.metadata or {}).get(key)
    if found is None:
        raise RaymerError(f"{where} holds nothing of raymer's: {remedy}")
    return bytes(found)


def to_json(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON text; NaN is no JSON."""
    return json.dumps(value, allow_nan=False, indent=indent)
