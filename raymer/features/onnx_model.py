"""A model in an ONNX file as an extractor: windows of a clip in, a vector or a sequence of them each out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from raymer.errors import UsageError
from raymer.features.audio import decoder_versions, longest_samples, read_audio
from raymer.features.logmel import LogMel, log_mel
from raymer.features.onnx_description import Description
from raymer.features.onnx_file import digest, first_line, run, runtime_version, session


@dataclass(frozen=True)
class OnnxModel:
    """A model and how clips become its input; `open_model` makes it, and has tried it.

    Attributes
    ----------
    model_file : str
        Where the file lies; it may move, `sha256` says which it is.
    sample_rate : int
        Hz.
    window, hop : int
        In samples, or in frames of `logmel`. A clip shorter than a window is followed by zeros; what is left behind
        the last whole window of another is dropped.
    output : str
    batch : int
        Windows at once.
    axes : tuple of int
        The shape of one window as the model takes it: (window,), (window, 1), (1, window), or (window, bins).
    rows, width : int
        Of what it makes of one window.
    logmel : LogMel, optional
        The spectrogram that it takes; None for samples.
    """

    kind: ClassVar[str] = "onnx"
    shard_size: ClassVar[int] = 8
    dtype: ClassVar[str] = "float32"
    columns: ClassVar[tuple[str, ...]] = ()
    is_spectrogram: ClassVar[bool] = False

    model_file: str
    sha256: str
    sample_rate: int
    window: int
    hop: int
    output: str
    batch: int
    axes: tuple[int, ...]
    rows: int
    width: int
    logmel: LogMel | None = None

    def parameters(self) -> dict[str, Any]:
        """Return everything that the values depend on, JSON-ready."""
        return {
            "model": Path(self.model_file).name,
            "sha256": self.sha256,
            "sample_rate": self.sample_rate,
            "window": self.window,
            "hop": self.hop,
            "output": self.output,
            "batch": self.batch,
            "axes": list(self.axes),
            "rows": self.rows,
            "width": self.width,
            "logmel": self.logmel.parameters() if self.logmel else None,
        }

    @classmethod
    def from_parameters(cls, model_file: Path, parameters: dict[str, Any]) -> "OnnxModel":
        """Return the extractor that has these parameters, with its file at `model_file`."""
        own = {name: value for name, value in parameters.items() if name not in ("model", "axes", "logmel")}
        logmel = LogMel(**parameters["logmel"]) if parameters["logmel"] else None
        return cls(str(model_file), **own, axes=tuple(parameters["axes"]), logmel=logmel)

    def versions(self) -> dict[str, str]:
        """Return the versions of the libraries that take part; UsageError without onnxruntime."""
        logmel = self.logmel.versions() if self.logmel else {}
        return {**decoder_versions(), **logmel, "onnxruntime": runtime_version()}

    def longest(self, path: Path) -> int:
        """Return an upper bound of the number of rows of a file, from its header alone."""
        samples = longest_samples(path, self.sample_rate)
        length = samples if self.logmel is None else 1 + samples // self.logmel.hop_length
        return self.rows * (1 + max(length - self.window, 0) // self.hop)

    def extract(self, path: Path) -> np.ndarray:
        """Return the rows (n_windows * rows, width), float32, of a file; raises AudioError."""
        samples = read_audio(path, self.sample_rate)
        units = samples if self.logmel is None else log_mel(samples, self.logmel)
        if len(units) < self.window:
            missing = np.zeros((self.window - len(units), *units.shape[1:]), dtype=np.float32)
            units = np.concatenate([units, missing])
        windows = sliding_window_view(units, self.window, axis=0)[:: self.hop]
        if self.logmel is not None:
            windows = windows.transpose(0, 2, 1)
        opened = session(self.model_file, self.sha256)
        found = [self._run(opened, windows[k : k + self.batch]) for k in range(0, len(windows), self.batch)]
        return np.concatenate(found).reshape(-1, self.width)

    def _run(self, opened: Any, windows: np.ndarray) -> np.ndarray:
        batch = np.ascontiguousarray(windows, dtype=np.float32).reshape(len(windows), *self.axes)
        fixed = opened.get_inputs()[0].shape[0]
        if isinstance(fixed, int) and len(batch) < fixed:
            rest = np.zeros((fixed - len(batch), *self.axes), dtype=np.float32)
            return run(opened, self.output, np.concatenate([batch, rest]))[: len(batch)]
        return run(opened, self.output, batch)


def open_model(path: Path, said: Description) -> OnnxModel:
    """Return the extractor of a model, checked against its description and tried on silence.

    Raises
    ------
    UsageError
        When the file cannot be opened, or its inputs and outputs are not what was said.
    """
    path = path.absolute()
    sha256 = digest(path)
    opened = session(str(path), sha256)
    if said.rate is None:
        raise UsageError(f"{path} does not say at which rate it hears: rate=HZ, or rate: HZ in {path.stem}.yaml")
    shape = _input_shape(opened, path)
    is_logmel = _is_logmel(shape, said, path)
    logmel = LogMel(sample_rate=said.rate, **_logmel_settings(said, path)) if is_logmel else None
    if said.logmel and not is_logmel:
        raise UsageError(f"{path} takes samples: settings of log-mel ({', '.join(said.logmel)}) would have no effect")
    window = _window(shape, said, logmel, path)
    axes = tuple(size if size == 1 else window for size in shape[1:]) if logmel is None else (window, logmel.n_bins)
    batch = shape[0] if isinstance(shape[0], int) else said.batch
    output = _output(opened, said, path)
    try:
        found = run(opened, output, np.zeros((batch, *axes), dtype=np.float32))
    except Exception as error:  # onnxruntime's own errors have no common base
        raise UsageError(f"{path} cannot be run on {(batch, *axes)}: {first_line(error)}") from error
    if found.ndim not in (2, 3) or len(found) != batch or found.dtype.kind != "f":
        what = f"{found.dtype} {found.shape} of {batch} windows"
        raise UsageError(f"{path}: output {output} is {what}: numbers (n, width) or (n, frames, width) are wanted")
    rows = 1 if found.ndim == 2 else found.shape[1]
    hop = said.hop or window
    return OnnxModel(str(path), sha256, said.rate, window, hop, output, batch, axes, rows, int(found.shape[-1]), logmel)


def _input_shape(opened: Any, path: Path) -> list[Any]:
    """Return the shape of the one input: whole numbers, or anything else where a size is free."""
    inputs = opened.get_inputs()
    if len(inputs) != 1:
        names = ", ".join(item.name for item in inputs)
        raise UsageError(f"{path} takes {len(inputs)} inputs ({names}): a model of one is wanted")
    if inputs[0].type != "tensor(float)":
        raise UsageError(f"{path} takes {inputs[0].type} as {inputs[0].name}: 32-bit floats are wanted")
    shape = list(inputs[0].shape)
    if len(shape) not in (2, 3):
        raise UsageError(f"{path} takes {_words(shape)}: (n, samples) or (n, frames, bins) is wanted")
    return shape


def _is_logmel(shape: list[Any], said: Description, path: Path) -> bool:
    is_logmel = len(shape) == 3 and 1 not in shape[1:]
    wanted = "logmel" if is_logmel else "waveform"
    if said.input is not None and said.input != wanted:
        raise UsageError(f"{path} takes {_words(shape)}, which is {wanted}: its description says {said.input}")
    return is_logmel


def _logmel_settings(said: Description, path: Path) -> dict[str, Any]:
    known = set(LogMel.__dataclass_fields__) - {"sample_rate", "dtype"}
    strange = [name for name in said.logmel if name not in known]
    if strange:
        raise UsageError(f"{path}: {strange[0]!r} is no setting of log-mel: {', '.join(sorted(known))} are")
    return said.logmel


def _window(shape: list[Any], said: Description, logmel: LogMel | None, path: Path) -> int:
    sizes = shape[1:2] if logmel else [size for size in shape[1:] if size != 1]
    fixed = sizes[0] if sizes and isinstance(sizes[0], int) else None
    if logmel and isinstance(shape[2], int) and shape[2] != logmel.n_bins:
        raise UsageError(f"{path} takes {shape[2]} bins and is to get {logmel.n_bins}: n_bins: {shape[2]} under logmel")
    if fixed is not None and said.window not in (None, fixed):
        raise UsageError(f"{path} takes windows of {fixed}, and window={said.window} was said")
    window = fixed or said.window
    if window is None:
        unit = "FRAMES" if logmel else "SAMPLES"
        raise UsageError(f"{path} takes windows of any length: say which, window={unit}")
    return window


def _output(opened: Any, said: Description, path: Path) -> str:
    names = [item.name for item in opened.get_outputs()]
    if said.output is None and len(names) == 1:
        return str(names[0])
    if said.output is None or said.output not in names:
        which = "several outputs" if said.output is None else f"no output {said.output!r}"
        raise UsageError(f"{path} has {which}: output=NAME, one of {', '.join(names)}")
    return said.output


def _words(shape: list[Any]) -> str:
    return f"({', '.join(str(size) if isinstance(size, int) else 'any' for size in shape)})"
