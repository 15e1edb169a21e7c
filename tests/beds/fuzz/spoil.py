"""Ways in which bytes, JSON values and Parquet files are spoilt."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ODD_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 2**63, 10**400, 1.5, float("nan"), float("inf"), "", "x", "../../x", "[/x]", "\x1b[31m"),
    *([], {}, [[]], {"x": 1}, [None], "9" * 5000, {"a": {"b": {"c": []}}}),
)


def spoil_bytes(data: bytes, rng: random.Random) -> tuple[str, bytes]:
    """Return what was done to a file, and its bytes: cut, flipped, emptied, doubled, or something else's."""
    at = rng.randrange(max(1, len(data)))
    ways: list[tuple[str, Callable[[], bytes]]] = [
        ("cut off", lambda: data[:at]),
        ("a byte flipped", lambda: data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]),
        ("emptied", lambda: b""),
        ("zeros inside", lambda: data[:at] + bytes(16) + data[at + 16 :]),
        ("a part is gone", lambda: data[:at] + data[at + 1 + rng.randrange(64) :]),
        ("other bytes", lambda: rng.randbytes(rng.randrange(1, 400))),
        ("twice", lambda: data + data),
        ("text", lambda: b"hello\n"),
    ]
    word, way = rng.choice(ways)
    return word, way()


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all places in a JSON value."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


def spoil_json(value: Any, rng: random.Random) -> tuple[str, Any]:
    """Return what was done to a JSON value at one of its places, and the value: removed, replaced, renamed or added."""
    value = json.loads(json.dumps(value))
    path = rng.choice(places(value) or [()])
    if not path:
        return "replaced whole", rng.choice(ODD_VALUES)
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    where = ".".join(map(str, path))
    way = rng.choice(("removed", "replaced", "replaced", "replaced", "renamed", "whole"))
    if way == "whole":
        return "replaced whole", rng.choice(ODD_VALUES)
    if way == "removed" or (way == "renamed" and not isinstance(parent, dict)):
        del parent[path[-1]]
        return f"{where} removed", value
    if way == "renamed":
        parent[f"{path[-1]}_"] = parent.pop(path[-1])
        return f"{where} renamed", value
    parent[path[-1]] = rng.choice(ODD_VALUES)
    return f"{where} replaced", value


def json_text(value: Any) -> str:
    """Return a value as JSON, NaN and all, numbers of any length."""
    import sys

    sys.set_int_max_str_digits(0)
    return json.dumps(value)


def spoil_parquet(path: Path, rng: random.Random) -> str:
    """Spoil a Parquet file so that it stays one: columns dropped, renamed, of other types, rows gone or doubled."""
    table = pq.read_table(path)
    way = rng.choice(
        ("column dropped", "column renamed", "other type", "rows gone", "rows doubled", "nulls", "no rows")
    )
    names = table.column_names
    name = rng.choice(names)
    place = names.index(name)
    if way == "column dropped":
        table = table.remove_column(place)
    elif way == "renamed":
        table = table.rename_columns([f"{other}_" if other == name else other for other in names])
    elif way == "other type":
        odd = rng.choice((pa.string(), pa.int64(), pa.list_(pa.float64()), pa.binary(), pa.bool_(), pa.null()))
        made = [None if pa.types.is_null(odd) else _like(odd, k) for k in range(len(table))]
        table = table.set_column(place, name, pa.array(made, odd))
    elif way == "rows gone":
        table = table.slice(0, len(table) // 2)
    elif way == "rows doubled":
        table = pa.concat_tables([table, table])
    elif way == "nulls":
        table = table.set_column(place, name, pa.nulls(len(table), table.schema.field(place).type))
    else:
        table = table.slice(0, 0)
    pq.write_table(table, path)
    return f"{way} ({name})"


def _like(kind: pa.DataType, k: int) -> Any:
    if pa.types.is_string(kind):
        return f"text {k}"
    if pa.types.is_binary(kind):
        return bytes([k % 256])
    if pa.types.is_boolean(kind):
        return k % 2 == 0
    return [float(k)] if pa.types.is_list(kind) else k
