"""Fit: one system trained and scored on one split; plan(): an experiment as a plain list of fits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from raymer.identity import content_hash, content_hashes, derive_seed, fit_identity
from raymer.learners.system import System
from raymer.protocols.making import make_splits
from raymer.protocols.splits import Split, SplitProtocol, notes_of, uneven_words
from raymer.studies.samples import Samples


@dataclass(frozen=True, slots=True)
class Grouping:
    """What the inner splits of a tuned system do not divide.

    Attributes
    ----------
    column : str or None
        A column that stands for the group; None for the group itself.
    fingerprint : str
        Hash of its values.
    """

    column: str | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Fit:
    """One method on one split. Equal fits have equal ids, whoever planned them and in whichever order.

    Attributes
    ----------
    samples, labels : str
        Fingerprints of the features and of the target's labels.
    system : System
    targets : tuple of str
        One, but for systems that learn all at once.
    split : str
        Id of the split; its clips lie in Plan.splits.
    seed : int
        The experiment's seed; those of the representation and the predictor derive from it and from all else here.
    grouping : Grouping, optional
        Of the inner splits, where values are tuned inside the fit and the protocol is grouped.
    """

    samples: str
    labels: str
    system: System
    targets: tuple[str, ...]
    split: str
    seed: int
    grouping: Grouping | None = None
    id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", fit_identity(self.to_dict()))

    @classmethod
    def on_splits(
        cls,
        samples: str,
        labels: str,
        system: System,
        targets: tuple[str, ...],
        splits: Sequence[str],
        seed: int,
        grouping: Grouping | None = None,
    ) -> list["Fit"]:
        """Return the fits that differ in nothing but the split: as made one by one, some ten times faster."""
        if not splits:
            return []
        like = cls(samples, labels, system, targets, splits[0], seed, grouping)
        fits = []
        for split, fit_id in zip(splits, content_hashes(like.to_dict(), "fit", "split", splits), strict=True):
            fit = object.__new__(cls)
            values = (samples, labels, system, targets, split, seed, grouping, fit_id)
            for name, value in zip(cls.__slots__, values, strict=True):
                object.__setattr__(fit, name, value)
            fits.append(fit)
        return fits

    def to_dict(self) -> dict[str, Any]:
        """Return what the fit is, JSON-ready; `from_dict` is its inverse."""
        made = {
            "samples": self.samples,
            "labels": self.labels,
            "system": self.system.to_dict(),
            "targets": list(self.targets),
            "split": self.split,
            "seed": self.seed,
        }
        return made if self.grouping is None else {**made, "grouping": asdict(self.grouping)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Fit":
        """Return the fit that `to_dict` wrote."""
        system = System.from_dict(data["system"])
        grouping = Grouping(**data["grouping"]) if "grouping" in data else None
        targets = tuple(data["targets"])
        return cls(data["samples"], data["labels"], system, targets, data["split"], data["seed"], grouping)

    @property
    def representation_id(self) -> str | None:
        """Identity of the representation's training: equal for all fits that share it (law 8), None without steps."""
        if not self.system.steps:
            return None
        labels = [list(self.targets), self.labels] if self.system.is_supervised else None
        steps = [step.to_dict() for step in self.system.steps]
        if self.system.tunes_representation:  # what is chosen hangs on the predictor, and on the inner splits
            return content_hash(["representation", self.id])
        return content_hash(["representation", self.samples, labels, steps, self.split, self.seed])

    @property
    def representation_seed(self) -> int:
        """Seed of the representation: equal for all fits that share its training."""
        return derive_seed("representation", self.representation_id)

    def predictor_seed(self, target: str) -> int:
        """Seed of the predictor of a target, from the fit's identity."""
        return derive_seed("predictor", self.id, target)

    @property
    def cost(self) -> tuple[float, float]:
        """As System.cost."""
        return self.system.cost


Unit = tuple[Fit, ...]
"""Fits that are run together because they share a representation's training."""


@dataclass(frozen=True, eq=False)
class Plan:
    """An experiment, whole: its inputs by fingerprint, its fits in the order asked for, and its splits by id.

    `notes` are what its protocols have to say of the clips.
    """

    inputs: Mapping[str, Samples]
    fits: tuple[Fit, ...]
    splits: Mapping[str, Split]
    notes: tuple[str, ...] = ()

    @property
    def samples(self) -> Samples:
        """The first input: all have the same clips, groups and labels."""
        return next(iter(self.inputs.values()))

    @property
    def input_fingerprint(self) -> dict[str, str]:
        """The inputs' names and the fingerprints of their content: what a store must not mix."""
        return {samples.input: samples.fingerprint for samples in self.inputs.values()}


@dataclass(frozen=True)
class Asked:
    """One row of what is planned: a system, what it reads, and the rule that makes its splits."""

    system: System
    samples: Samples
    protocol: SplitProtocol


def plan(
    samples: Samples, systems: Iterable[tuple[System, SplitProtocol]], targets: Sequence[str], seed: int = 0
) -> Plan:
    """Return every fit of `systems` (each with its protocol) on `targets`, a fit once even if asked for twice."""
    return plan_each([Asked(system, samples, protocol) for system, protocol in systems], targets, seed)[0]


def plan_each(asked: Sequence[Asked], targets: Sequence[str], seed: int = 0) -> tuple[Plan, list[tuple[Fit, ...]]]:
    """Return the plan, and beside it the fits of each row of `asked`, in their order."""
    splits: dict[str, Split] = {}
    fits: dict[str, Fit] = {}
    notes: dict[str, None] = {}
    made: dict[str, list[str]] = {}  # ids of a protocol's splits: systems share protocols, and splits take time
    each = []
    for row in asked:
        rule = content_hash([row.protocol.to_dict(), row.samples.clip_ids.tolist()])
        if rule not in made:
            found = make_splits(row.protocol, row.samples.clips)
            notes |= dict.fromkeys([*notes_of(row.protocol, row.samples.clips), *uneven_words(found)])
            made[rule] = [split.id for split in found]
            splits.update(zip(made[rule], found, strict=True))
        grouping = grouping_of(row.protocol, row.samples) if row.system.is_tuned else None
        together = [tuple(targets)] if row.system.joint else [(target,) for target in targets]
        columns = [
            Fit.on_splits(
                row.samples.fingerprint, row.samples.labels_of(part), row.system, part, made[rule], seed, grouping
            )
            for part in together
        ]
        own = tuple(fits.setdefault(fit.id, fit) for line in zip(*columns, strict=True) for fit in line)
        each.append(own)
    inputs = {row.samples.fingerprint: row.samples for row in asked}
    return Plan(inputs, tuple(fits.values()), splits, tuple(notes)), each


def grouping_of(protocol: SplitProtocol, samples: Samples) -> Grouping | None:
    """Return what a protocol does not divide; None for one that looks at no group."""
    if not hasattr(protocol, "group"):
        return None
    return Grouping(protocol.group, content_hash(samples.clips.groups_by(protocol.group).tolist()))


def units(fits: Iterable[Fit]) -> list[Unit]:
    """Group fits that share a representation's training, the longest first, so that no long one is left for the end.

    Without steps there is nothing to share, and a unit is one fit.
    """
    groups: dict[str, list[Fit]] = {}
    for fit in fits:
        groups.setdefault(fit.representation_id or fit.id, []).append(fit)
    return sorted((tuple(group) for group in groups.values()), key=lambda unit: (-rough_seconds(unit), unit[0].id))


def rough_seconds(unit: Unit) -> float:
    """Return what a unit is said to take: its representation once, and each fit's predictor."""
    return unit[0].cost[0] + sum(fit.cost[1] for fit in unit)
