"""A snapshot in one file: tensors and JSON-ready facts, put in place whole and read without unpickling."""

import contextlib
import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from raymer.errors import RaymerError

FACTS = "raymer"


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Tensors by name, and facts that JSON can say."""

    tensors: Mapping[str, torch.Tensor]
    facts: Mapping[str, Any]


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Write `snapshot` to `path` as safetensors, the facts as JSON in its header.

    A process killed at any moment leaves the old file or the new one, never a part of one.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in snapshot.tensors.items()}
    data = save(tensors, {FACTS: json.dumps(snapshot.facts, allow_nan=False)})
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


def read_snapshot(path: Path, advice: str = "delete it to begin anew") -> Snapshot:
    """Return what `write_snapshot` wrote, its tensors on the CPU; `advice` is what to do about a damaged file.

    Raises
    ------
    RaymerError
        When the file is damaged or is something else.
    FileNotFoundError
    """
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
            facts = json.loads(file.metadata()[FACTS])
        if not isinstance(facts, dict):
            raise TypeError("what it says beside its tensors is no record")
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, RecursionError, OSError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise RaymerError(f"{path} is damaged ({reason}): {advice}") from error
    return Snapshot(tensors, facts)
