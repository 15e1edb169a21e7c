"""Predictions for many files: in this process when they are few, else in blocks on Ray."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from raymer.components.guests import Guests
from raymer.corpora.audio_files import audio_below, no_files_below
from raymer.corpora.tables import clip_ids, find_id_column, numbers, read_table, require_columns
from raymer.engine.cluster import connected
from raymer.engine.guests import guests_for_workers
from raymer.engine.machine import LOCAL, Machine
from raymer.errors import RaymerError, UsageError
from raymer.features.shards import Broken
from raymer.identity import content_hash
from raymer.models.loading import load_model
from raymer.models.model import BLOCK, LEVEL, Model, Predictions, joined

AHEAD = 2
"""Blocks in flight for each worker."""
FEW = 256
"""Files up to which Ray is not started of itself: it takes about ten seconds until its workers decode."""


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the audio files that `paths` name, a folder standing for all below it; a file once.

    What is named as audio in a folder and is no regular file is among them: it is broken, and said to be.

    Raises
    ------
    UsageError
        For a folder without audio files.
    """
    files: dict[Path, None] = {}
    for path in paths:
        below = [*audio_below(path), *no_files_below(path)] if path.is_dir() else [path]
        if not below:
            raise UsageError(f"{path} holds no audio file (wav, flac, ogg, mp3)")
        files.update(dict.fromkeys(below))
    return list(files)


def predict_files(
    model: Model,
    files: Sequence[Path],
    *,
    level: float = LEVEL,
    machine: Machine = LOCAL,
    on_progress: Callable[[int], None] = lambda done: None,
) -> Predictions:
    """Decode files, compute their features and predict them, in blocks; the same bits on any number of workers.

    Parameters
    ----------
    model : Model
        From `load_model`. Workers read its folder themselves: on a cluster, folder and files lie on a file system that
        all nodes share.
    files : sequence of Path
    level : float
        As in Model.predict.
    machine : Machine
        By default few files are predicted in this process.
    on_progress : callable
        Told how many files are done, after every block.

    Raises
    ------
    UsageError
        As Model.predict. Broken files do not raise: they are in the result.
    RaymerError
        When Ray cannot be started or a task fails.
    """
    blocks = [list(files[k : k + BLOCK]) for k in range(0, len(files), BLOCK)]
    is_few = len(files) <= FEW and machine == LOCAL
    if not (machine.serial or is_few):
        model.predict_files(files[:1], level=level)  # what is wrong with the call is said before Ray starts
        with connected(machine.address, machine.workers, for_data=True) as count:
            return predict_on_ray(model, blocks, level, count, on_progress)
    parts = []
    for block in blocks:
        parts.append(model.predict_files(block, level=level))
        on_progress(sum(map(len, blocks[: len(parts)])))
    return joined(parts)


def predict_on_ray(
    model: Model,
    blocks: Sequence[Sequence[Path]],
    level: float,
    workers: int,
    on_progress: Callable[[int], None] = lambda done: None,
) -> Predictions:
    """Predict blocks of files on the connected Ray, a task a block; a task whose process dies is run again.

    Raises
    ------
    UsageError
        When the model was not read from a folder.
    RaymerError
        When a task fails.
    """
    import ray
    from ray.exceptions import RayError

    if model.folder is None:
        raise UsageError("a model that was not read from a folder cannot be read by Ray's workers: save it first")
    # Plain tasks: a Ray Data pipeline takes three seconds to begin, as long as five hundred short files.
    task = ray.remote(num_cpus=1)(_predict_block)
    folder, mark = str(model.folder.absolute()), content_hash(model.card)
    guests = ray.put(guests_for_workers())
    made: dict[int, Predictions] = {}
    numbers: dict[Any, int] = {}
    try:
        for number, block in enumerate(blocks):
            if len(numbers) >= AHEAD * workers:
                _collect(numbers, made, blocks, on_progress)
            files = [str(file.absolute()) for file in block]  # workers stand in folders of their own
            numbers[task.remote(guests, folder, mark, files, level)] = number
        while numbers:
            _collect(numbers, made, blocks, on_progress)
    except RayError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise RaymerError(f"the prediction stopped: {lines[-1] if lines else type(error).__name__}") from error
    return joined([made[number] for number in range(len(blocks))])


def _predict_block(guests: Guests, folder: str, mark: str, files: list[str], level: float) -> str:
    """Predict a block of files in a worker."""
    guests.let_in()
    return _packed(_read_once(folder, mark).predict_files([Path(file) for file in files], level=level))


def _collect(
    numbers: dict[Any, int],
    made: dict[int, Predictions],
    blocks: Sequence[Sequence[Path]],
    on_progress: Callable[[int], None],
) -> None:
    """Wait for a block of those in flight (`numbers` by reference) and move it to `made`."""
    import ray

    (ready,), _ = ray.wait(list(numbers), num_returns=1)
    number = numbers.pop(ready)
    made[number] = _unpacked(ray.get(ready), blocks[number])
    on_progress(sum(len(blocks[k]) for k in made))


def predict_table(model: Model, path: Path, *, id_column: str | None = None, level: float = LEVEL) -> Predictions:
    """Predict the rows of a table with an id and the model's features by name; other columns are not looked at.

    Raises
    ------
    UsageError
        When the file is missing, or the model is of a method on sequences.
    RaymerError
        For a missing column, an id that stands twice, or a cell that is no finite number.
    """
    if not model.columns:
        raise UsageError("this model hears spectrograms: give it audio files, not a table of features")
    frame = read_table(path)
    require_columns(frame, model.columns, path)
    ids = clip_ids(frame, find_id_column(frame, path, id_column), path).tolist()
    rows = numbers(frame, model.columns, path, ids, may_miss=model.predictor.system.takes_missing)
    return model.predict_features(ids, rows, level=level)


@cache
def _read_once(folder: str, mark: str) -> Model:
    """Read a model once a process; `mark` tells it from another that was in the same folder before."""
    return load_model(folder)


def _packed(made: Predictions) -> str:
    return json.dumps({"rows": made.records(), "broken": [asdict(item) for item in made.broken]})


def _unpacked(text: str, files: Sequence[Path]) -> Predictions:
    """Return what `_packed` wrote, with the files called as they were given."""
    name_of = {str(file.absolute()): str(file) for file in files}
    packed = json.loads(text)
    frame = pd.DataFrame(packed["rows"])
    if len(frame):
        frame["clip"] = frame["clip"].map(name_of)
    broken = (Broken(**item) for item in packed["broken"])
    return Predictions(
        frame, tuple(replace(item, clip_id=name_of[item.file], file=name_of[item.file]) for item in broken)
    )
