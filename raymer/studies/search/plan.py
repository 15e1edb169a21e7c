"""Planning a search: from an experiment's `search:` section to what is to be done, all checked before it starts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from raymer.components.guests import Guests
from raymer.corpora.base import Corpus
from raymer.errors import UsageError
from raymer.experiments.spec import Experiment
from raymer.identity import content_hash
from raymer.learners.search_space import capped, search_space
from raymer.learners.spaces import Space
from raymer.nearest import unknown
from raymer.protocols.making import make_splits
from raymer.protocols.nested import search_splits
from raymer.protocols.splits import Split, SplitProtocol
from raymer.results.frame import AVERAGE, Metrics
from raymer.studies.samples import Samples
from raymer.studies.search.samplers import grid_levels
from raymer.studies.search.task import SearchTask
from raymer.studies.study import make_study

SAMPLERS = ("tpe", "random", "grid")


@dataclass(frozen=True, eq=False)
class Held:
    """One given split with a valid part: what the search finds is scored on its test part once.

    `samples` are all clips; the search itself has those of the train and valid parts alone.
    """

    split: Split
    samples: Samples


@dataclass(frozen=True, eq=False)
class PlannedSearch:
    """A search, whole: its work, its space, and how trials are chosen.

    Attributes
    ----------
    name : str
        The experiment's.
    system : str
    corpus : str
        The corpus' fingerprint.
    task : SearchTask
    protocol : SplitProtocol
        That the task's splits were made by.
    space : Space
        "reducer.d_p" and so on.
    trials : int
        How many in all, counting those of earlier runs.
    sampler : {"tpe", "random", "grid"}
    stopping : bool
        Whether hopeless trials are stopped; never with two objectives.
    seed : int
        The sampler's.
    held : Held, optional
        Where one given split with a valid part is searched on.
    """

    name: str
    system: str
    corpus: str
    task: SearchTask
    protocol: SplitProtocol
    space: Space
    trials: int
    sampler: str
    stopping: bool
    seed: int
    held: Held | None = None

    @property
    def whole(self) -> Samples:
        """All clips, those that no trial sees among them: what a store is claimed for."""
        return self.task.samples if self.held is None else self.held.samples

    @cached_property
    def description(self) -> dict[str, Any]:
        """What the search is, JSON-ready: all that its trials hang on."""
        task = self.task
        said = {
            "system": task.system.to_dict(),
            "space": {name: {"kind": type(item).__name__, **asdict(item)} for name, item in self.space.items()},
            "protocol": self.protocol.to_dict(),
            "splits": [split.id for split in task.splits],
            "objectives": list(task.objectives),
            "targets": list(task.targets),
            "metric": task.metric,
            "samples": task.samples.fingerprint,
            "labels": task.samples.labels_of(task.targets),
            "fit_seed": task.seed,
            "sampler": self.sampler,
            "stopping": self.stopping,
            "seed": self.seed,
            "points": self.trials if self.sampler == "grid" else None,
        }
        return {key: _finite(value) for key, value in said.items()}

    @cached_property
    def id(self) -> str:
        """Identity of the search: one journal each. More trials of the same search go on with it, but for grids."""
        return content_hash(["search", self.description])

    @property
    def defaults(self) -> dict[str, Any]:
        """The method as it stands, as far as it lies in the space: the first trial."""
        return {name: item.default for name, item in self.space.items() if item.holds(item.default)}

    def on(self, task: SearchTask) -> "PlannedSearch":
        """Return the same search with other work: that of an outer train part."""
        return replace(self, task=task)


def plan_search(
    spec: Experiment,
    corpus: Corpus,
    *,
    trials: int | None = None,
    sampler: str | None = None,
    stopping: bool | None = None,
    seed: int = 0,
) -> PlannedSearch:
    """Plan the search of an experiment on a corpus; what is None is as the experiment says.

    Raises
    ------
    UsageError
        When the experiment has no `search` section; for less than one trial, an unknown sampler, objectives that are
        scored by different metrics or pooled over folds, a grid that cannot be; and as `make_study` does.
    """
    if spec.search is None:
        raise UsageError(f"experiment {spec.name} has no search section: say which system and space are to be searched")
    search = spec.search
    trials = search.trials if trials is None else trials
    sampler = search.sampler if sampler is None else sampler
    if trials < 1:
        raise UsageError(f"trials={trials}: at least 1 is needed")
    if sampler not in SAMPLERS:
        raise UsageError(unknown("sampler", sampler, SAMPLERS))
    row = next(system for system in spec.systems if system.system == search.system)
    protocol_name = _protocol(spec)
    rule = spec.protocols[protocol_name]
    narrow = spec.model_copy(update={"systems": (row,), "protocols": {protocol_name: rule}})
    study = make_study(narrow, corpus)
    system = study.systems[0].system
    objectives = search.objectives_of(spec.targets)
    targets = spec.targets if system.joint or AVERAGE in objectives else objectives
    metric = _metric(spec, study.metrics, targets)
    samples = study.plan.samples
    space = capped(search_space(system, search.space), system, samples.n_features)
    if sampler == "grid":
        grid_levels(space, trials - 1)
    planned = rule.build(row.folds)
    made = make_splits(planned, samples.clips)
    inner = search_splits(planned, made)
    held = Held(made[0], samples) if len(made) == 1 and len(made[0].valid) else None
    if held is not None:
        samples = samples.only([*held.split.train.tolist(), *held.split.valid.tolist()])
    return PlannedSearch(
        name=spec.name,
        system=row.system,
        corpus=corpus.fingerprint,
        task=SearchTask(
            samples=samples,
            splits=inner,
            system=system,
            targets=targets,
            objectives=objectives,
            metric=metric,
            seed=spec.seed,
            guests=Guests.here(),
        ),
        protocol=planned,
        space=space,
        trials=trials,
        sampler=sampler,
        stopping=(search.stopping if stopping is None else stopping) and len(objectives) == 1,
        seed=seed,
        held=held,
    )


def _protocol(spec: Experiment) -> str:
    assert spec.search is not None
    if spec.search.protocol is None and len(spec.protocols) > 1:
        raise UsageError(f"experiment {spec.name} has protocols {', '.join(spec.protocols)}: name one in search")
    return spec.search.protocol or next(iter(spec.protocols))


def _metric(spec: Experiment, metrics: Metrics, targets: Sequence[str]) -> str:
    """Return the metric that is searched by: the one that decides all targets, fold by fold."""
    if spec.aggregate == "pooled":
        raise UsageError(
            f"a search looks at its trials fold by fold, and {spec.name} pools them (aggregate: pooled): search an "
            "experiment that does not, by a metric that its folds allow"
        )
    found = list(dict.fromkeys(metrics[target][0] for target in targets))
    if len(found) > 1:
        raise UsageError(f"search: {' and '.join(targets)} are scored by {' and '.join(found)}: search for one of them")
    return found[0]


def _finite(value: Any) -> Any:
    """Return JSON-ready data without infinities, which JSON has not."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and value == float("inf") else value
