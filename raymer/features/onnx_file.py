"""ONNX files: read as data, refused where they reach beyond themselves, and opened for one thread.

An optional extra, `pip install raymer[onnx]`.
"""

import hashlib
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from raymer.errors import UsageError

KNOWN_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Operators that onnxruntime has of itself; all others would need a library that the file names."""
MEMORY, TIMES = 4 << 30, 4
"""Bytes that opening or running a model may take, beside some times its file: a few numbers in it may ask for all."""


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
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what is wrong is raised, and said once
    try:
        with _limited(MEMORY + TIMES * len(data)):  # constants are worked out here, however large they become
            return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own errors have no common base
        raise UsageError(f"{path} cannot be opened: {first_line(error)}") from error


def run(opened: Any, output: str, batch: np.ndarray) -> np.ndarray:
    """Return the output (n, ...) of a session whose one input gets `batch` (n, ...)."""
    with _limited(MEMORY + TIMES * batch.nbytes):
        found: np.ndarray = opened.run([output], {opened.get_inputs()[0].name: batch})[0]
    return found


@contextmanager
def _limited(more: int) -> Iterator[None]:
    """Let this process take so many more bytes of addresses, where the system tells how many it has."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + more
    if soft != resource.RLIM_INFINITY:
        most = min(most, soft)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def first_line(error: Exception) -> str:
    """Return an error of onnxruntime in one line."""
    if any(words in str(error) for words in ("Failed to allocate memory", "bad_alloc", "bad allocation")):
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
