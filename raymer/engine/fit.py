"""Fit: one method trained and scored on one split; plan(): an experiment as a plain list of fits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from raymer.corpora.base import Corpus
from raymer.errors import UsageError
from raymer.identity import array_hash, content_hash, content_hashes, derive_seed
from raymer.learners.methods import Method
from raymer.protocols.splits import Split, SplitProtocol


@dataclass(frozen=True, eq=False)
class Samples:
    """What fits are trained on: the clips of a corpus that have one input, aligned.

    Attributes
    ----------
    corpus, input : str
        Names, for people.
    clip_ids, groups : ndarray of shape (n_clips,), str
    features : ndarray of shape (n_clips, n_features), float64
        For sequences (total_frames, n_bins), float16 or float32, and read-only.
    feature_names : tuple of str
        Empty for sequences.
    labels : mapping of target to ndarray of shape (n_clips,), float64
        Text for classes.
    fingerprint : str
        Hash of ids, features and their names.
    label_fingerprints : mapping of target to str
        Hash of the labels of each target.
    offsets : ndarray of shape (n_clips, 2), int64, optional
        For sequences: the first frame of each clip and the one behind its last.
    folder : str, optional
        For sequences: where the built features lie.
    """

    corpus: str
    input: str
    clip_ids: np.ndarray
    groups: np.ndarray
    features: np.ndarray
    feature_names: tuple[str, ...]
    labels: Mapping[str, np.ndarray]
    fingerprint: str
    label_fingerprints: Mapping[str, str]
    offsets: np.ndarray | None = None
    folder: str | None = None

    @classmethod
    def of(cls, corpus: Corpus, input_name: str | None, targets: Sequence[str]) -> "Samples":
        """Return the clips of `corpus` that have the table `input_name`, in the order of the clip table."""
        item = corpus.input(input_name)
        for target in targets:
            if corpus.target(target).kind != "number":
                raise UsageError(f"target {target} of corpus {corpus.name} is a class: table methods predict numbers")
        row_of = {clip: row for row, clip in enumerate(item.clip_ids.tolist())}
        clips = corpus.clips[corpus.clips["clip_id"].isin(row_of)]
        ids = clips["clip_id"].to_numpy(dtype=object).astype(str)
        features = item.values[[row_of[clip] for clip in ids.tolist()]]
        labels = {target: clips[target].to_numpy(dtype=np.float64) for target in targets}
        return cls(
            corpus=corpus.name,
            input=item.name,
            clip_ids=ids,
            groups=clips["group"].to_numpy(dtype=object).astype(str),
            features=features,
            feature_names=item.columns,
            labels=labels,
            fingerprint=content_hash([ids.tolist(), array_hash(features), list(item.columns)]),
            label_fingerprints={target: label_fingerprint(values) for target, values in labels.items()},
        )

    def only(self, clip_ids: Sequence[str]) -> "Samples":
        """Return the samples of `clip_ids` alone, in the order they have here.

        Nothing of the result hangs on the other clips' features or labels, its fingerprints included; of sequences,
        whose frames are shared, the other clips' features still name the fingerprint.
        """
        wanted = set(clip_ids)
        rows = np.array([row for row, clip in enumerate(self.clip_ids.tolist()) if clip in wanted], dtype=np.int64)
        ids = self.clip_ids[rows]
        labels = {target: values[rows] for target, values in self.labels.items()}
        features, offsets = self.features, self.offsets
        if offsets is None:
            features = features[rows]
            fingerprint = content_hash([ids.tolist(), array_hash(features), list(self.feature_names)])
        else:
            offsets = offsets[rows]
            fingerprint = content_hash(["part", self.fingerprint, ids.tolist()])
        return replace(
            self,
            clip_ids=ids,
            groups=self.groups[rows],
            features=features,
            labels=labels,
            fingerprint=fingerprint,
            label_fingerprints={target: label_fingerprint(values) for target, values in labels.items()},
            offsets=offsets,
        )

    def labels_of(self, targets: Sequence[str]) -> str:
        """Return the fingerprint of the labels of `targets`."""
        marks = [self.label_fingerprints[target] for target in targets]
        return marks[0] if len(marks) == 1 else content_hash(marks)


def label_fingerprint(values: np.ndarray) -> str:
    """Return the hash of the labels of a target: numbers, or text for classes."""
    return content_hash(values.tolist()) if values.dtype.kind == "U" else array_hash(values)


@dataclass(frozen=True, slots=True)
class Fit:
    """One method on one split. Equal fits have equal ids, whoever planned them and in whichever order.

    Attributes
    ----------
    samples, labels : str
        Fingerprints of the features and of the target's labels.
    method : Method
    targets : tuple of str
        One, but for methods that predict all at once.
    split : str
        Id of the split; its clips lie in Plan.splits.
    seed : int
        The experiment's seed; the seeds of reducer and regressor derive from it and from all else here.
    """

    samples: str
    labels: str
    method: Method
    targets: tuple[str, ...]
    split: str
    seed: int
    id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", content_hash(["fit", self.to_dict()]))

    @classmethod
    def on_splits(
        cls, samples: str, labels: str, method: Method, targets: tuple[str, ...], splits: Sequence[str], seed: int
    ) -> list["Fit"]:
        """Return the fits that differ in nothing but the split: as made one by one, some ten times faster."""
        if not splits:
            return []
        like = cls(samples, labels, method, targets, splits[0], seed)
        fits = []
        for split, fit_id in zip(splits, content_hashes(like.to_dict(), "fit", "split", splits), strict=True):
            fit = object.__new__(cls)
            values = (samples, labels, method, targets, split, seed, fit_id)
            for name, value in zip(cls.__slots__, values, strict=True):
                object.__setattr__(fit, name, value)
            fits.append(fit)
        return fits

    def to_dict(self) -> dict[str, Any]:
        """Return what the fit is, JSON-ready; `from_dict` is its inverse."""
        return {
            "samples": self.samples,
            "labels": self.labels,
            "method": self.method.to_dict(),
            "targets": list(self.targets),
            "split": self.split,
            "seed": self.seed,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Fit":
        """Return the fit that `to_dict` wrote."""
        method = Method.from_dict(data["method"])
        return cls(data["samples"], data["labels"], method, tuple(data["targets"]), data["split"], data["seed"])

    @property
    def reducer_id(self) -> str | None:
        """Identity of the reducer's training: equal for all fits that share it (law 8), None without a reducer."""
        reducer = self.method.reducer
        if reducer is None:
            return None
        labels = [list(self.targets), self.labels] if self.method.is_supervised else None
        return content_hash(["reducer", self.samples, labels, reducer.to_dict(), self.split, self.seed])

    @property
    def reducer_seed(self) -> int:
        """Seed of the reducer: equal for all fits that share its training."""
        return derive_seed("reducer", self.reducer_id)

    @property
    def regressor_seed(self) -> int:
        """Seed of the regressor, from the fit's identity."""
        return derive_seed("regressor", self.id)

    @property
    def cost(self) -> tuple[float, float]:
        """As Method.cost."""
        return self.method.cost


Unit = tuple[Fit, ...]
"""Fits that are run together because they share a reducer's training; one fit where there is no reducer."""


@dataclass(frozen=True, eq=False)
class Plan:
    """An experiment, whole: its fits in the order asked for, and its splits by id."""

    samples: Samples
    fits: tuple[Fit, ...]
    splits: Mapping[str, Split]

    @property
    def input_fingerprint(self) -> dict[str, str]:
        """The input's name and the fingerprint of its content: what a store must not mix."""
        return {self.samples.input: self.samples.fingerprint}


def plan(
    samples: Samples, methods: Iterable[tuple[Method, SplitProtocol]], targets: Sequence[str], seed: int = 0
) -> Plan:
    """Return every fit of `methods` (each with its protocol) on `targets`, a fit once even if asked for twice."""
    return plan_each(samples, methods, targets, seed)[0]


def plan_each(
    samples: Samples, methods: Iterable[tuple[Method, SplitProtocol]], targets: Sequence[str], seed: int = 0
) -> tuple[Plan, list[tuple[Fit, ...]]]:
    """Return the plan, and beside it the fits of each of `methods`, in their order."""
    splits: dict[str, Split] = {}
    fits: dict[str, Fit] = {}
    made: dict[str, list[str]] = {}  # ids of a protocol's splits: methods share protocols, and splits take time
    each = []
    for method, protocol in methods:
        rule = content_hash(protocol.to_dict())
        if rule not in made:
            found = protocol.splits(samples.clip_ids, samples.groups)
            made[rule] = [split.id for split in found]
            splits.update(zip(made[rule], found, strict=True))
        together = [tuple(targets)] if method.is_curve else [(target,) for target in targets]
        columns = [
            Fit.on_splits(samples.fingerprint, samples.labels_of(part), method, part, made[rule], seed)
            for part in together
        ]
        asked = tuple(fits.setdefault(fit.id, fit) for row in zip(*columns, strict=True) for fit in row)
        each.append(asked)
    return Plan(samples, tuple(fits.values()), splits), each


def units(fits: Iterable[Fit]) -> list[Unit]:
    """Group fits that share a reducer's training, the longest first, so that no long one is left for the end."""
    groups: dict[str, list[Fit]] = {}
    for fit in fits:
        groups.setdefault(fit.reducer_id or fit.id, []).append(fit)

    def seconds(unit: Unit) -> float:
        return unit[0].cost[0] + sum(fit.cost[1] for fit in unit)

    return sorted((tuple(group) for group in groups.values()), key=lambda unit: (-seconds(unit), unit[0].id))
