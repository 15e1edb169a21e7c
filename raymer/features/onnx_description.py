"""What an ONNX file does not say of itself: the rate of its sound, its windows, and which output is wanted."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from raymer.errors import UsageError
from raymer.yaml_text import read_yaml

Positive = Annotated[int, Field(ge=1, strict=True)]


class Description(BaseModel):
    """How clips become the input of a model.

    `rate` is in Hz; `window` and `hop` are in samples, of a log-mel model in frames. `input` is seen from the model's
    shape where it is not said; `logmel` are the settings of `raymer features --kind logmel`. By default a window is
    what the model takes, windows lie side by side, and the model's only output is wanted.
    """

    model_config = ConfigDict(extra="forbid")

    rate: Positive | None = None
    window: Positive | None = None
    hop: Positive | None = None
    output: str | None = None
    input: Literal["waveform", "logmel"] | None = None
    logmel: dict[str, Any] = {}
    batch: Positive = 4


def describe_model(path: Path, given: dict[str, Any]) -> Description:
    """Return the description of the model at `path`: that beside it, with what was given in its place.

    Parameters
    ----------
    path : Path
        MODEL.onnx; MODEL.yaml beside it is read where there is one.
    given : mapping
        Fields of Description.

    Raises
    ------
    UsageError
        For a file that is no YAML, or fields that there are not.
    """
    beside = path.with_suffix(".yaml")
    stored: Any = {}
    if beside.is_file():
        try:
            stored = read_yaml(beside.read_text(encoding="utf-8"), beside) or {}
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{beside} cannot be read: {str(error).splitlines()[0]}") from error
        if not isinstance(stored, dict):
            raise UsageError(f"{beside} describes no model: rate, window, hop, output, input, logmel and batch do")
    logmel = {**(stored.get("logmel") or {}), **given.pop("logmel", {})}
    try:
        return Description(**{**stored, **given, "logmel": logmel})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{beside if where in stored else path}: {where}: {first['msg']}") from error
    except TypeError as error:
        raise UsageError(f"{beside}: {error}") from error
