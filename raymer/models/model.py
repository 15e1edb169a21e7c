"""A fitted model: what a folder written by `raymer fit` holds, and its predictions for new clips."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from pydantic import BaseModel, ConfigDict, Field

from raymer.corpora.base import Target
from raymer.errors import RaymerError, UsageError
from raymer.features.audio import AudioError
from raymer.features.shards import Broken
from raymer.identity import array_hash, content_hash
from raymer.learners.checkpoint import Snapshot, write_snapshot
from raymer.learners.clips import Sequences
from raymer.learners.fitted import FittedSystem
from raymer.learners.novelty import Novelty
from raymer.learners.saved import seal
from raymer.learners.threads import one_thread
from raymer.models.card import describe
from raymer.models.proof import make_proof
from raymer.models.source import Source, summary_row
from raymer.scratch import scratch
from raymer.whole import why

CARD, README, MEASURES = "card.json", "README.md", "measures.safetensors"
LEVEL = 0.9
BLOCK = 32
"""Files predicted at once, whoever does it: a prediction's last bits may hang on what it is computed with."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model says of some clips.

    Attributes
    ----------
    frame : DataFrame
        A row a clip that could be read: `clip`; for each target its prediction under its name, in the label's unit or
        as a class, and `NAME_low` and `NAME_high` where the model has out-of-fold errors, or `NAME_p_CLASS` for each
        class where its predictor has probabilities; `distance` to the train
        clips, in units of the limit that 99 % of these keep among themselves; and `unlike`, whether it is above 1.
    broken : tuple of Broken
        Files that cannot be used, and why.
    """

    frame: pd.DataFrame
    broken: tuple[Broken, ...] = ()

    def records(self) -> list[dict[str, Any]]:
        """Return the rows of `frame`, JSON-ready."""
        rows: list[dict[str, Any]] = self.frame.to_dict("records")
        return rows


@dataclass(frozen=True, eq=False)
class Model:
    """A method fitted on all clips of a corpus; read one with `load_model`.

    Attributes
    ----------
    card : mapping
        What the model is, JSON-ready: corpus, targets, method, features, scores, versions.
    predictor : FittedSystem
    source : Source or None
        What turns a file into features; None where raymer cannot compute them.
    novelty : Novelty
    errors : mapping of target to ndarray of shape (n_errors,), float64
        Absolute out-of-fold errors, sorted; empty where there are none.
    error_clips : int
        Clips that they are of: under repeated splits a clip has several errors.
    folder : Path, optional
        Where it was read from.
    """

    card: Mapping[str, Any]
    predictor: FittedSystem
    source: Source | None
    novelty: Novelty
    errors: Mapping[str, np.ndarray]
    error_clips: int
    folder: Path | None = None

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """What is predicted, with the scale of the labels."""
        names = ("name", "kind", "low", "high")
        return tuple(Target(**{name: item[name] for name in names}) for item in self.card["targets"])

    @property
    def accepts(self) -> str:
        """What it reads: "table" or "frames"."""
        return self.predictor.system.accepts

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the features, in order; for methods on sequences empty."""
        return tuple(self.card["features"]["columns"])

    def predict(
        self, clips: str | Path | Sequence[str | Path] | Sequence[np.ndarray], *, level: float = LEVEL
    ) -> Predictions:
        """Predict audio files, or clips whose features are at hand, in this process and on one thread.

        Parameters
        ----------
        clips : sequence
            Paths of audio files, or one path; or features: for methods on tables a matrix (n_clips, n_features) in the
            order of `columns`, for methods on sequences an array (n_frames, n_bins) a clip. Clips without a file are
            called "0", "1", ...
        level : float
            Share of new clips that the intervals are to hold, if those are drawn like the corpus' clips.

        Raises
        ------
        UsageError
            When raymer cannot compute the features of files, for features of another shape or with NaN, and for a
            level out of (0, 1) or beyond what the number of errors allows.
        """
        if isinstance(clips, str | Path):
            return self.predict_files([Path(clips)], level=level)
        if len(clips) and isinstance(clips[0], str | Path):
            return self.predict_files([Path(str(clip)) for clip in clips], level=level)
        features: Any = np.asarray(clips) if self.accepts == "table" else list(clips)
        return self.predict_features([str(k) for k in range(len(clips))], features, level=level)

    def predict_files(self, files: Sequence[Path], *, level: float = LEVEL) -> Predictions:
        """Decode `files`, compute their features and predict them; as `predict`, a broken file costs itself only."""
        blocks = [self._predict_block(files[k : k + BLOCK], level) for k in range(0, len(files), BLOCK)]
        return joined(blocks)

    def predict_features(
        self, names: Sequence[str], features: np.ndarray | Sequence[np.ndarray], *, level: float = LEVEL
    ) -> Predictions:
        """Predict clips called `names` from their features, as `predict` takes them."""
        if len(features) == 0:
            raise UsageError("there is no clip to predict")
        radius = {target.name: self._radius(target.name, level) for target in self.targets}
        with one_thread():
            if self.accepts == "table":
                rows = self._checked_rows(np.asarray(features, dtype=np.float64))
                answers = self.predictor.answer(rows)
            else:
                frames = [self._checked_frames(clip) for clip in features]
                offsets = np.cumsum([0, *map(len, frames)])
                answers = self.predictor.answer(Sequences.from_offsets(np.concatenate(frames), offsets))
                rows = np.stack([summary_row(clip) for clip in frames])
            distance = self.novelty.measure(rows)
        columns: dict[str, Any] = {"clip": list(names)}
        for target, reach in radius.items():
            answer = answers[target]
            values = columns[target] = answer.labels
            if reach is not None:
                columns |= {f"{target}_low": values - reach, f"{target}_high": values + reach}
            if answer.probabilities is not None:
                columns |= {f"{target}_p_{name}": answer.probabilities[:, k] for k, name in enumerate(answer.classes)}
        return Predictions(pd.DataFrame({**columns, "distance": distance, "unlike": distance > 1}))

    def save(self, folder: str | Path) -> None:
        """Write the model as `folder`, whole or not at all; UsageError when it exists and is not empty."""
        folder = Path(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} exists already: choose a new folder for the model")
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            with scratch("model", beside=folder) as temporary:
                made = temporary / "new"
                made.mkdir(mode=0o755)
                self._write(made)
                seal(made)
                made.replace(folder)
        except OSError as error:
            raise RaymerError(f"{folder} cannot be written: {why(error)}") from error

    def _write(self, folder: Path) -> None:
        self.predictor.save(folder)
        novelty = {name: np.asarray(value) for name, value in asdict(self.novelty).items()}
        tensors = {f"novelty/{name}": torch.from_numpy(value) for name, value in novelty.items()}
        tensors |= {f"errors/{target}": torch.from_numpy(values) for target, values in self.errors.items()}
        tensors |= {name: torch.from_numpy(values) for name, values in make_proof(self).items()}
        facts = {
            "error_clips": self.error_clips,
            "card": content_hash(self.card),
            "errors": hash_of(self.errors),
            "novelty": hash_of(novelty),
        }
        write_snapshot(folder / MEASURES, Snapshot(tensors, facts))
        (folder / CARD).write_text(json.dumps(self.card, indent=1, allow_nan=False) + "\n")
        (folder / README).write_text(describe(self.card))

    def _predict_block(self, files: Sequence[Path], level: float) -> Predictions:
        if self.source is None:
            raise UsageError(
                f"raymer cannot compute the features of this model ({self.card['features']['input']}) from audio: "
                + ("give a table of them (features_table=FILE)" if self.columns else "from Python, give arrays of them")
            )
        read = self.source.read_row if self.accepts == "table" else self.source.read_frames
        names, features, broken = [], [], []
        with one_thread():
            for file in files:
                try:
                    features.append(read(file))
                    names.append(str(file))
                except AudioError as error:
                    broken.append(Broken(str(file), str(file), str(error)))
        if not names:
            return Predictions(pd.DataFrame(), tuple(broken))
        return Predictions(self.predict_features(names, features, level=level).frame, tuple(broken))

    def _checked_rows(self, rows: np.ndarray) -> np.ndarray:
        if rows.ndim != 2 or rows.shape[1] != len(self.columns):
            raise UsageError(f"features must be (n_clips, {len(self.columns)}), not {rows.shape}")
        fine = np.isfinite(rows) | (np.isnan(rows) & self.predictor.system.takes_missing)
        if not fine.all():
            raise UsageError(f"clip {int(np.argmin(fine.all(axis=1)))} has features that are no numbers")
        return rows

    def _checked_frames(self, frames: np.ndarray) -> np.ndarray:
        n_bins = int(self.card["features"]["width"])
        if frames.ndim != 2 or len(frames) == 0 or frames.shape[1] != n_bins or frames.dtype.kind != "f":
            raise UsageError(f"a clip must be floats (n_frames, {n_bins}), not {frames.dtype} {frames.shape}")
        return frames

    def _radius(self, target: str, level: float) -> float | None:
        """Return half the width of the interval of `level`: the split-conformal quantile of the absolute errors."""
        if not 0 < level < 1:
            raise UsageError(f"level {level:g} must lie between 0 and 1")
        errors = self.errors.get(target)
        if errors is None:
            return None
        rank = ceil(level * (self.error_clips + 1) / self.error_clips * len(errors))
        if rank > len(errors):
            raise UsageError(f"level {level:g} is too high for the errors of {self.error_clips} clips: lower it")
        return float(errors[rank - 1])


def joined(parts: Sequence[Predictions]) -> Predictions:
    """Return the predictions of several blocks as one, in their order."""
    frames = [part.frame for part in parts if len(part.frame)]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    return Predictions(frame, tuple(item for part in parts for item in part.broken))


class Facts(BaseModel):
    """What stands beside the tensors of MEASURES: the clips that errors are of, and what the card and they were."""

    model_config = ConfigDict(strict=True)

    error_clips: int = Field(ge=0)
    card: str
    errors: str
    novelty: str


def hash_of(arrays: Mapping[str, np.ndarray]) -> str:
    """Return the hash by which a saved model knows arrays of its own, such as its out-of-fold errors."""
    return content_hash({name: array_hash(values) for name, values in arrays.items()})
