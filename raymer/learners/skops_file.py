"""What a skops file says, as plain data, before anything of it is constructed: its types, its arrays, its objects.

skops looks at types alone, and trusts by itself more than any model of raymer is made of: generators of random numbers,
functions, every estimator of scikit-learn. Here a file is held against the types of the model's own components, and
against its own size: no entry is packed, no array is larger than its bytes.
"""

import io
import json
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import skops.io

SCHEMA = "schema.json"
DEEPEST = 100
_SCALARS = ("bool", "bool_", "str_", *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)))
_NUMPY = frozenset(f"numpy.{name}" for name in (*_SCALARS, "float16", "float32", "float64"))
_PLAIN = frozenset(f"builtins.{name}" for name in ("str", "int", "float", "bool"))
PLAIN_TYPES: Mapping[str, frozenset[str]] = {
    "JsonNode": _PLAIN,
    "DictNode": frozenset({"builtins.dict"}),
    "ListNode": frozenset({"builtins.list"}),
    "TupleNode": frozenset({"builtins.tuple"}),
    "NdArrayNode": _NUMPY | {"numpy.ndarray"},
    "TypeNode": _PLAIN | _NUMPY,
}
"""What any model may hold, by skops' word for how it is made."""
TREE = "sklearn.tree._tree.Tree"
_ONLY = {
    "TreeNode": (TREE,),
    "LossNode": ("sklearn._loss._loss.", "sklearn.linear_model._sgd_fast."),
    "DictNode": ("collections.OrderedDict",),
    "TypeNode": ("collections.OrderedDict",),
    "DefaultDictNode": ("collections.defaultdict",),
}
"""What some of skops' words make, whatever type they are said with: how the types begin that they may have."""
_GUESTS = frozenset({"SetNode", "SliceNode", "FunctionNode", "SparseMatrixNode", "ConstructorFromReduceNode"})


class UnfitFileError(ValueError):
    """A skops file that cannot be what was saved; the message says why, in one line."""


@dataclass(frozen=True, eq=False)
class Saved:
    """An object of the file, not made yet: its type, and its attributes as plain data, other objects as `Saved`.

    `arguments` are what its constructor is called with, for the few types that have one here.
    """

    type: str
    attributes: Mapping[str, Any]
    arguments: tuple[Any, ...] = ()


def read_objects(path: Path, allowed: Collection[str], *, guests: bool = False) -> list[Saved]:
    """Return all objects of a skops file, those inside others too, and construct none.

    Parameters
    ----------
    path : Path
    allowed : collection of str
        Types, as "module.Class", that may stand in it beside numbers, text, arrays, lists, tuples and dictionaries.
    guests : bool
        Whether classes of somebody else's may be in it, which are made of more kinds of plain data.

    Raises
    ------
    UnfitFileError
        For a type that is not allowed, and for a file that is damaged.
    """
    with np.load(path, allow_pickle=False) as opened:  # an archive of arrays and a text, as an .npz is
        arrays = _Arrays(opened.zip)
        schema = json.loads(arrays.bytes(SCHEMA))
        if schema.get("protocol") != _protocol():  # one of before is read by other rules
            raise UnfitFileError("it is of another format of skops than the one that is installed")
        reader = _Reader(arrays, frozenset(allowed), guests)
        reader.value(schema)
        return reader.found


@cache
def _protocol() -> int:
    with np.load(io.BytesIO(skops.io.dumps(0)), allow_pickle=False) as opened:
        number: int = json.loads(opened.zip.read(SCHEMA))["protocol"]
    return number


class _Arrays:
    """The arrays of an archive, by entry: each exactly as large as its header says."""

    def __init__(self, archive: Any) -> None:
        entries = archive.infolist()
        if len({entry.filename for entry in entries}) != len(entries):
            raise UnfitFileError("an entry stands twice in it")
        for entry in entries:
            if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
                raise UnfitFileError(f"its entry {entry.filename} is packed, as raymer packs none")
        self._archive = archive
        self._read: dict[str, np.ndarray[Any, Any]] = {}

    def bytes(self, name: str) -> bytes:
        """Return an entry as it is."""
        content: bytes = self._archive.read(name)
        return content

    def read(self, name: str) -> np.ndarray[Any, Any]:
        if name not in self._read:
            self._read[name] = _array(self.bytes(name), name)
        return self._read[name]


def _array(data: bytes, name: str) -> np.ndarray[Any, Any]:
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise UnfitFileError(f"its array {name} is of a version of .npy that raymer does not write")
    head = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = head(stream)
    size = dtype.itemsize
    for length in shape:
        size *= length
    if dtype.hasobject or size != len(data) - stream.tell():
        raise UnfitFileError(f"its array {name} is not as large as it says")
    stream.seek(0)
    made: np.ndarray[Any, Any] = np.load(stream, allow_pickle=False)
    return made


class _Reader:
    """Turns skops' nodes into plain data, and keeps the objects that it meets."""

    def __init__(self, arrays: _Arrays, allowed: frozenset[str], guests: bool) -> None:
        self._arrays, self._allowed, self._guests = arrays, allowed, guests
        self._known: dict[Any, tuple[Any, Any]] = {}
        self._depth = 0
        self.found: list[Saved] = []

    def value(self, node: Any) -> Any:
        """Return what a node stands for."""
        if not isinstance(node, dict):
            raise UnfitFileError(f"its schema has {str(node)[:30]!r} where an object is described")
        key = node.get("__id__")
        if key in self._known:  # skops takes the first for all of them
            if self._content(self._known[key][0]) != self._content(node):
                raise UnfitFileError("two objects in it have one number")
            return self._known[key][1]
        self._check_type(node)
        self._depth += 1
        if self._depth > DEEPEST:
            raise UnfitFileError("its objects are nested too deeply")
        made = self._made(node)
        self._depth -= 1
        if key in self._known:
            raise UnfitFileError("an object in it holds itself")
        if key is not None:
            self._known[key] = (node, made)
        return made

    def _content(self, node: Any) -> Any:
        """Return a node without the numbers that skops gives: an object that is written twice has others inside."""
        if isinstance(node, list):
            return [self._content(part) for part in node]
        if not isinstance(node, dict):
            return node
        kept = {name: self._content(part) for name, part in node.items() if name not in ("__id__", "file")}
        return kept | ({"file": self._arrays.bytes(node["file"])} if "file" in node else {})

    def _check_type(self, node: Mapping[str, Any]) -> None:
        loader, name = node["__loader__"], f"{node['__module__']}.{node['__class__']}"
        if name in PLAIN_TYPES.get(loader, ()):
            return
        fits = name.startswith(_ONLY[loader]) if loader in _ONLY else loader == "ObjectNode" and name != TREE
        if fits and name in self._allowed:
            return
        if self._guests and loader in _GUESTS:
            return  # skops holds their types against its own list
        raise UnfitFileError(
            f"it holds {name}, which no component of this model is made of; a class of somebody else's is brought as a "
            "file (--plugin), or by installing its package"
        )

    def _made(self, node: Mapping[str, Any]) -> Any:
        loader = node["__loader__"]
        if loader == "JsonNode":
            return json.loads(node["content"])
        if loader == "NdArrayNode":
            return self._of_array(node)
        if loader in ("ListNode", "TupleNode"):
            return [self.value(item) for item in node["content"]]
        if loader == "DictNode":
            self.value(node["key_types"])
            return {name: self.value(item) for name, item in node["content"].items()}
        if loader in ("ObjectNode", "TreeNode", "LossNode"):
            return self._object(node)
        for inner in _nodes(node.get("content")):
            self.value(inner)
        return None

    def _of_array(self, node: Mapping[str, Any]) -> Any:
        if node["type"] == "numpy":
            array = self._arrays.read(node["file"])
            if node["__class__"] != "ndarray" and array.shape != ():
                raise UnfitFileError("it has an array where a number stood")
            return array
        items = [self.value(item) for item in node["content"]]
        made = np.empty(len(items), dtype=object)
        made[:] = items
        return made if len(self.value(node["shape"])) == 1 else np.array(items, dtype=object)

    def _object(self, node: Mapping[str, Any]) -> Saved:
        state = self.value(node["content"]) if node.get("content") is not None else {}
        given = node.get("__reduce__")
        arguments = tuple(self.value(given["args"])) if given is not None else ()
        made = Saved(
            f"{node['__module__']}.{node['__class__']}",
            state if isinstance(state, dict) else {"state": state},
            arguments,
        )
        self.found.append(made)
        return made


def _nodes(content: Any) -> Iterator[Any]:
    """Yield the nodes in the content of a kind of node that is not looked into itself."""
    if isinstance(content, dict) and "__loader__" in content:
        yield content
    elif isinstance(content, dict):
        for part in content.values():
            yield from _nodes(part)
    elif isinstance(content, list):
        for part in content:
            yield from _nodes(part)
