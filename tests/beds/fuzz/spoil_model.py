"""Ways in which a saved model is spoilt: its arrays, its schema, its tensors, its text, each sealed anew."""

import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from beds.fuzz.spoil import json_text, spoil_json
from safetensors import safe_open
from safetensors.numpy import save_file

FOREIGN = (
    *("numpy.random.mtrand.RandomState", "sklearn.tree._tree.Tree", "sklearn.svm._classes.SVR", "builtins.eval"),
    *("os.system", "sklearn.neighbors._ball_tree.BallTree", "numpy.random._generator.Generator", "builtins.list"),
)
LOADERS = (
    "TreeNode",
    "RandomStateNode",
    "ObjectNode",
    "FunctionNode",
    "MethodNode",
    "TypeNode",
    "DictNode",
    "JsonNode",
)


def _numbers(array: np.ndarray, rng: random.Random) -> np.ndarray:
    """Return the array with one of its values, or one of a field, far from what it was."""
    made = array.copy()
    part = made[rng.choice(made.dtype.names)] if made.dtype.names else made
    if part.size == 0 or part.dtype.kind not in "iufb":
        return made[: len(made) // 2] if made.ndim else made
    odd: list[Any] = [0, 1, -1, -2, 7, 2**31 - 1, -(2**31), 1e308, float("nan"), float("inf"), 0.37]
    value = rng.choice(odd)
    with np.errstate(all="ignore"):
        if part.dtype.kind in "iu" and not np.isfinite(value):
            value = 2**31 - 1
        place = np.unravel_index(rng.randrange(part.size), part.shape)
        part[place] = np.array(value).astype(part.dtype)
    return made


def _bits(array: np.ndarray, rng: random.Random) -> np.ndarray:
    data = bytearray(array.tobytes())
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return np.frombuffer(bytes(data), array.dtype).reshape(array.shape)


ARRAY_WAYS: dict[str, Callable[[np.ndarray, random.Random], np.ndarray]] = {
    "a value": _numbers,
    "a bit": _bits,
    "half of it": lambda array, rng: array[: len(array) // 2] if array.ndim else array,
    "none of it": lambda array, rng: array[:0] if array.ndim else array.reshape(1)[:0],
    "twice": lambda array, rng: np.concatenate([array, array]) if array.ndim else np.stack([array, array]),
    "another axis": lambda array, rng: array[None],
    "flat": lambda array, rng: array.reshape(-1),
    "turned": lambda array, rng: np.asfortranarray(array.T),
    "another type": lambda array, rng: (
        array.astype(rng.choice(("float32", "int8", "complex128", "U4")))
        if array.dtype.names is None and array.dtype.kind in "iufb"
        else array[:0]
    ),
    "zeros": lambda array, rng: np.zeros_like(array),
    "negative": lambda array, rng: -array if array.dtype.kind in "if" else array[:0],
}


def spoil_skops(path: Path, rng: random.Random) -> str:
    """Spoil a skops file in its schema, an array, the text of a booster, or its archive."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    arrays = sorted(name for name in entries if name.endswith(".npy"))
    how = zipfile.ZIP_STORED
    ways = ["schema", "schema", "type", "loader"] + (["array"] * 6 if arrays else [])
    schema = json.loads(entries["schema.json"])
    boosters = b"tree_sizes=" in entries["schema.json"]
    way = rng.choice([*ways, *(["text"] * 12 if boosters else []), "packed", "promise"])
    if way == "schema":
        word, schema = spoil_json(schema, rng)
    elif way in ("type", "loader"):
        word = way
        _swap(schema, way, rng)
    elif way == "text":
        word = "text"
        entries["schema.json"] = _spoil_text(entries["schema.json"].decode(), rng).encode()
    elif way == "array":
        name = rng.choice(arrays)
        word = rng.choice(list(ARRAY_WAYS))
        buffer = io.BytesIO()
        np.save(buffer, ARRAY_WAYS[word](np.load(io.BytesIO(entries[name]), allow_pickle=False), rng))
        entries[name] = buffer.getvalue()
    elif way == "promise" and arrays:
        word, name = "a header that promises more", rng.choice(arrays)
        entries[name] = entries[name].replace(b"(", b"(9999999999, ", 1).replace(b"            \n", b"\n", 1)
    else:
        word, how = "packed", zipfile.ZIP_DEFLATED
    if way in ("schema", "type", "loader"):
        entries["schema.json"] = json_text(schema).encode()
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return f"skops, {way}: {word}"


def _swap(schema: Any, way: str, rng: random.Random) -> None:
    nodes: list[dict[str, Any]] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "__loader__" in value:
                nodes.append(value)
            for part in value.values():
                walk(part)
        elif isinstance(value, list):
            for part in value:
                walk(part)

    walk(schema)
    node = rng.choice(nodes)
    if way == "loader":
        node["__loader__"] = rng.choice(LOADERS)
    else:
        module, _, name = rng.choice(FOREIGN).rpartition(".")
        node |= {"__module__": module, "__class__": name}


def _spoil_text(schema: str, rng: random.Random) -> str:
    """Change a number in a line of LightGBM's text that a tree is made of, or lose a line."""
    lines = [
        *("num_leaves", "split_feature", "threshold", "decision_type", "left_child", "right_child", "leaf_value"),
        *("num_cat", "num_class", "num_tree_per_iteration", "max_feature_idx", "tree_sizes", "shrinkage", "is_linear"),
    ]
    found = list(re.finditer(rf"{rng.choice(lines)}=([^\\]*)", schema))
    if not found:
        return schema
    one = rng.choice(found)
    words = one[1].split(" ")
    words[rng.randrange(len(words))] = rng.choice(("-1", "0", "7", "99999", "-99999", "nan", "inf", "1e400", "x", ""))
    start, end = one.span(1)
    return schema[:start] + rng.choice((" ".join(words), " ".join(words[1:]), "")) + schema[end:]


def spoil_tensors(path: Path, rng: random.Random) -> str:
    """Spoil a tensor of a safetensors file, or what stands beside them."""
    with safe_open(path, framework="np") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        facts = dict(file.metadata())
    name = rng.choice(sorted(tensors))
    way = rng.choice(("array",) * 6 + ("gone", "renamed", "facts"))
    word = way
    if way == "array":
        word = rng.choice([name for name in ARRAY_WAYS if name != "another type"])
        tensors[name] = np.ascontiguousarray(ARRAY_WAYS[word](tensors[name], rng))
    elif way == "gone":
        del tensors[name]
    elif way == "renamed":
        tensors[f"{name}_"] = tensors.pop(name)
    else:
        word, made = spoil_json(json.loads(facts["raymer"]), rng)
        facts["raymer"] = json_text(made)
    save_file(tensors, path, facts)
    return f"tensors, {name}: {word}"
