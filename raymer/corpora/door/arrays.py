"""Arrays by a clip's id, as people keep embeddings; read one at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from raymer.corpora.door.table_data import TableData
from raymer.errors import RaymerError

ID_NAMES = ("ids", "id", "clip_ids", "clip_id", "names")
"""What the array of ids may be called, where one array holds a row a clip."""


@dataclass(frozen=True)
class Arrays:
    """An array a clip.

    Attributes
    ----------
    source : str
        The file or folder, for messages.
    ids : sequence of str
    shapes : sequence of tuple of int
        (d,) or (t, d) of each; leading axes of one (a batch of one clip) are taken away.
    dtype : dtype
        That all of them fit in.
    read : callable
        From the place of an id to its array.
    made_by : mapping
        The file and its hash, JSON-ready.

    Raises
    ------
    RaymerError
        For an id that stands twice, an empty array, one that holds no real numbers, or shapes that are neither
        vectors of one length nor matrices of one width.
    """

    source: str
    ids: Sequence[str]
    shapes: Sequence[tuple[int, ...]]
    dtype: np.dtype[Any]
    read: Callable[[int], np.ndarray]
    made_by: Mapping[str, str]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for clip in self.ids:
            if clip in seen:
                raise RaymerError(f"{self.source}: {clip!r} stands twice")
            seen.add(clip)
        if self.dtype.kind not in "fiub":
            raise RaymerError(f"{self.source} holds {self.dtype}, which are no real numbers")
        first = self.shapes[0]
        for clip, shape in zip(self.ids, self.shapes, strict=True):
            if 0 in shape:
                raise RaymerError(f"{self.source}: {clip!r} is empty, of shape {shape}")
            if len(shape) not in (1, 2):
                raise RaymerError(
                    f"{self.source}: {clip!r} has shape {shape}: a clip is a vector (d,) or a sequence of them (t, d); "
                    "choose one layer, or average the rest, when you store them"
                )
            if len(shape) != len(first) or shape[-1] != first[-1]:
                raise RaymerError(
                    f"{self.source}: {clip!r} has shape {shape} and {self.ids[0]!r} {first}: all must be vectors of "
                    "one length, or sequences of one width"
                )

    @property
    def are_sequences(self) -> bool:
        """Whether a clip is a matrix (t, d); where every clip has one row only, that row is its vector."""
        return any(len(shape) == 2 and shape[0] > 1 for shape in self.shapes)

    def array(self, place: int) -> np.ndarray:
        """Return the array at `place`, of its shape in `shapes`; RaymerError where it is not finite."""
        values = self.read(place).reshape(self.shapes[place])
        if not np.isfinite(values).all():
            raise RaymerError(f"{self.source}: {self.ids[place]!r} holds NaN or infinite numbers")
        return values

    def table(self, *, may_miss: bool = False) -> TableData:
        """Return vectors as a table, a row a clip; RaymerError for infinite numbers, and unless `may_miss` for NaN."""
        width = self.shapes[0][-1]
        values = np.empty((len(self.ids), width))
        for row in range(len(values)):
            values[row] = self.read(row).reshape(-1)
        if np.isinf(values).any():
            clip = self.ids[int(np.argmax(np.isinf(values).any(axis=1)))]
            raise RaymerError(f"{self.source}: {clip!r} has an infinite number")
        if not may_miss and np.isnan(values).any():
            clip = self.ids[int(np.argmax(np.isnan(values).any(axis=1)))]
            raise RaymerError(f"{self.source}: {clip!r} holds NaN: where those are missing cells, say missing='keep'")
        names = [str(k) for k in range(width)]
        texts = {"clip_id": np.array(list(self.ids), dtype=object)}
        return TableData(
            self.source, ["clip_id", *names], set(), len(values), values, names, texts, made_by=self.made_by,
            index=("clip_id",),
        )  # fmt: skip


def by_id(
    source: str,
    heads: Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]],
    read: Callable[[str], np.ndarray],
    made_by: Mapping[str, str],
    row: Callable[[str, int], np.ndarray] | None = None,
) -> Arrays:
    """Return the arrays of a file with named arrays: `ids` and one array with a row an id, or an array an id.

    Parameters
    ----------
    source : str
    heads : mapping of name to (shape, dtype)
    read : callable
        From a name to the array.
    made_by : mapping
    row : callable, optional
        From a name and a place to that row; by default the array is read whole, once.

    Raises
    ------
    RaymerError
        As Arrays, and when ids are no text or whole numbers, or not one array has a row an id.
    """
    key = next((name for name in heads if name.casefold() in ID_NAMES), None)
    if key is None:
        names = list(heads)
        shapes = [without_batch(shape) for shape, _ in heads.values()]
        dtype = common_dtype([dtype for _, dtype in heads.values()])
        return Arrays(source, names, shapes, dtype, lambda place: read(names[place]), made_by)
    ids = _texts(read(key).reshape(-1), source)
    wide = [name for name, (shape, _) in heads.items() if name != key and len(shape) > 1 and shape[0] == len(ids)]
    if len(wide) != 1:
        found = ", ".join(f"{name} {shape}" for name, (shape, _) in heads.items())
        raise RaymerError(f"{source}: {'several arrays' if wide else 'no array'} with a row an id; it holds {found}")
    shape, dtype = heads[wide[0]]
    if row is None:
        whole: list[np.ndarray] = []

        def row(name: str, place: int) -> np.ndarray:
            if not whole:
                whole.append(read(name))
            return cast(np.ndarray, whole[0][place])

    rows = row
    return Arrays(source, ids, [shape[1:]] * len(ids), dtype, lambda place: rows(wide[0], place), made_by)


def without_batch(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without leading axes of one before the last two: (1, t, d) is a batch of one clip."""
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    return shape


def common_dtype(found: Sequence[np.dtype[Any]]) -> np.dtype[Any]:
    """Return the type that all arrays fit in, or the first that holds no real numbers."""
    strange = next((dtype for dtype in found if dtype.kind not in "fiub"), None)
    return strange if strange is not None else np.result_type(*set(found))


def _texts(ids: np.ndarray, source: str) -> list[str]:
    if ids.dtype.kind == "S":
        ids = np.char.decode(ids, "utf-8")
    if ids.dtype.kind not in "Uiu":
        raise RaymerError(f"{source}: ids are {ids.dtype}; text or whole numbers are needed")
    return [str(clip) for clip in ids.tolist()]
