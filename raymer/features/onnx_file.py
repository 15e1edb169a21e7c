"""ONNX files: read as data, refused where they reach beyond themselves, and opened for one thread.

An optional extra, `pip install raymer[onnx]`.
"""

import hashlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from raymer.errors import UsageError
from raymer.features import onnx_trial

KNOWN_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Operators that onnxruntime has of itself; all others would need a library that the file names."""
MEMORY, TIMES = 4 << 30, 4
"""Bytes that opening a model may take, beside some times its file: a few numbers in it may ask for all."""
WEIGHTS = 2 << 30
"""Bytes that the weights of one file may have, which protobuf limits; all runs at once get MEMORY beside them."""

_TOO_MUCH = ("Failed to allocate memory", "bad_alloc", "bad allocation", "Available memory of", onnx_trial.TOO_MUCH)


def check_installed() -> None:
    """Raise UsageError, with the name of the extra, where ONNX files cannot be read."""
    if find_spec("onnx") is None or find_spec("onnxruntime") is None:
        raise UsageError("onnx and onnxruntime are not installed: pip install raymer[onnx]")


def runtime_version() -> str:
    """Return the version of what computes."""
    check_installed()
    return version("onnxruntime")


def digest(path: Path) -> str:
    """Return the SHA-256 of a model's file, in hexadecimal digits; UsageError where it is missing."""
    if not path.is_file():
        raise UsageError(f"{path} is missing: a model is one .onnx file")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def session(path: str, sha256: str) -> Any:
    """Return an onnxruntime session on one thread, opened once in this process.

    Raises
    ------
    UsageError
        When the file is missing, is not the one of `sha256`, is no ONNX model, keeps its weights in other files, or
        has operators that are not onnxruntime's own, or takes more than MEMORY.
    """
    check_installed()
    import onnxruntime

    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise UsageError(f"{path} is another file than the features were made with (sha256 {sha256[:12]})")
    _check(data, path)
    _try(data, path)
    _bound_runs()
    options = onnx_trial.options()
    options.add_session_config_entry("session.use_env_allocators", "1")
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own errors have no common base
        raise UsageError(f"{path} cannot be opened: {first_line(error)}") from error


def _try(data: bytes, path: str) -> None:
    """Raise UsageError where a process of its own, which has so much memory, cannot open the model."""
    command = [sys.executable, "-P", onnx_trial.__file__, str(MEMORY + TIMES * len(data))]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    said = done.stdout.decode(errors="replace").partition(onnx_trial.PREFIX)[2]
    if said:
        raise UsageError(f"{path} cannot be opened: {first_line(said)}")
    if done.returncode:
        end = f"exit code {done.returncode}" if done.returncode > 0 else signal.Signals(-done.returncode).name
        raise UsageError(f"{path} cannot be opened: the process that tried it ended ({end})")


@cache
def _bound_runs() -> None:
    """Let all runs of this process take MEMORY beside the weights: a limit of onnxruntime's, so of nobody else's."""
    import onnxruntime

    where = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(where, onnxruntime.OrtArenaCfg({"max_mem": MEMORY + WEIGHTS}))


def run(opened: Any, output: str, batch: np.ndarray) -> np.ndarray:
    """Return the output (n, ...) of a session whose one input gets `batch` (n, ...)."""
    found: np.ndarray = opened.run([output], {opened.get_inputs()[0].name: batch})[0]
    return found


def first_line(error: Exception | str) -> str:
    """Return an error of onnxruntime in one line."""
    if any(words in str(error) for words in _TOO_MUCH):
        return f"it asks for more than the {MEMORY >> 30} GiB of memory that a model is given"
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _check(data: bytes, path: str) -> None:
    import onnx

    try:
        model = onnx.load_model_from_string(data)
    except Exception as error:  # protobuf's error is in a module that moves
        raise UsageError(f"{path} is no ONNX model") from error
    if not model.graph.node:
        raise UsageError(f"{path} is no ONNX model: its graph is empty")
    own = {function.domain for function in model.functions}
    for nodes in (model.graph.node, *(function.node for function in model.functions)):
        for node in _nodes(nodes):
            if node.domain not in KNOWN_DOMAINS | own:
                raise UsageError(f"{path} has the custom operator {node.domain}:{node.op_type}, which is not loaded")
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in _tensors(model)):
        raise UsageError(f"{path} keeps weights in other files, which are not read: save it as one file")


def _nodes(nodes: Any) -> Iterator[Any]:
    """Yield nodes, and those of the graphs inside them."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in (attribute.g, *attribute.graphs):
                yield from _nodes(graph.node)


def _tensors(model: Any) -> Iterator[Any]:
    """Yield every tensor that a model holds: weights, and constants in its nodes."""
    found = [*_nodes(model.graph.node), *(node for function in model.functions for node in _nodes(function.node))]
    attributes = [attribute for node in found for attribute in node.attribute]
    graphs = [model.graph, *(graph for one in attributes for graph in (one.g, *one.graphs))]
    sparse = [one.sparse_tensor for one in attributes] + [t for one in attributes for t in one.sparse_tensors]
    for graph in graphs:
        yield from graph.initializer
        sparse += graph.sparse_initializer
    for one in attributes:
        yield from (one.t, *one.tensors)
    for tensor in sparse:
        yield from (tensor.values, tensor.indices)
