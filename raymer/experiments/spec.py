"""Experiments: what the YAML file of a table or figure may say, checked key by key before anything runs."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from raymer.errors import UsageError
from raymer.experiments.places import Places
from raymer.experiments.search import SearchSpec
from raymer.learners.presets import preset
from raymer.learners.search_space import search_space
from raymer.learners.system import System
from raymer.nearest import unknown
from raymer.protocols.kinds import make_protocol
from raymer.protocols.scoring import DEFAULT, check_metrics
from raymer.protocols.splits import SplitProtocol

JOIN = "+"
"""Between the names of tables that are joined."""


MOST_SEED = 2**32 - 1
MOST = 100_000
"""Epochs, folds, repeats and the like: more is a slip of the finger, and would be planned for hours."""
MOST_SPLITS = 1_000_000

Seed = Annotated[int, Field(ge=0, le=MOST_SEED, strict=True)]
Epochs = Annotated[int, Field(ge=1, le=MOST, strict=True)]
Folds = Annotated[int, Field(ge=2, le=MOST, strict=True)]


class _Strict(BaseModel):
    """No key that is not known, nothing changed after reading, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Names = str | int | tuple[str | int, ...]
"""What one part of a given split is called."""


class ProtocolSpec(BaseModel):
    """A rule that makes splits: its kind, and the keys that this kind has; what is left out is at its default.

    A protocol of somebody else's (a name, or "module:Class") has its own parameters beside its kind.
    """

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    kind: str = "kfold"
    folds: Folds | None = None
    repeats: int | None = Field(default=None, ge=1, le=MOST, strict=True)
    count: int | None = Field(default=None, ge=1, le=MOST, strict=True)
    train_share: float | None = Field(default=None, gt=0, lt=1)
    shuffle: bool | None = None
    seed: Seed | None = None
    group: str | None = None
    by: str | None = None
    bins: int | None = Field(default=None, ge=2, le=MOST, strict=True)
    column: str | None = None
    file: str | None = None
    train: Names | None = None
    valid: Names | None = None
    test: Names | None = None

    def build(self, folds: int | None = None) -> SplitProtocol:
        """Return the protocol, with another number of folds where a system asks for it.

        Raises
        ------
        UsageError
            For a key that the kind would ignore.
        """
        keys = {key: _as_names(key, value) for key, value in self.model_dump(exclude={"kind"}).items()}
        keys = {key: value for key, value in keys.items() if value is not None or key in (self.model_extra or {})}
        if (self.folds or 1) * (self.repeats or 1) > MOST_SPLITS:
            many = f"{self.folds} folds x {self.repeats} repeats"
            raise UsageError(f"protocol {self.kind}: {many} are more than {MOST_SPLITS} splits")
        return make_protocol(self.kind, {**keys, "folds": folds} if folds else keys)


def _as_names(key: str, value: Any) -> Any:
    if key not in ("train", "valid", "test") or value is None:
        return value
    return tuple(map(str, value)) if isinstance(value, list | tuple) else str(value)


class Published(_Strict):
    """A published mean and, where given, standard deviation."""

    mean: float
    sd: float | None = None


class PublishedVerdict(_Strict):
    """What a paper's test said of two methods: improved or not; on the mean over targets where none is named."""

    method: str
    baseline: str
    verdict: Literal["improved", "not improved"]
    epoch: int = Field(default=0, ge=0, le=MOST)
    splits: int = Field(ge=2, le=MOST_SPLITS)
    target: str | None = None


class SystemSpec(_Strict):
    """One row of the table: a method with its parameters, or its steps, and what was published for it.

    `method` is a preset, such as tnn-svr, with the parameters of its `reducer` and `predictor`; `steps` says the same
    in full, each step {use: NAME or module:Class, parameter: value, ...}, the predictor last. `input` is what it
    reads, by default the experiment's; `inputs` are tables that it reads side by side, `all` those of all other rows.
    """

    system: str
    method: str | None = None
    reducer: dict[str, Any] = {}
    predictor: dict[str, Any] = {}
    steps: tuple[dict[str, Any] | str, ...] = ()
    input: str | None = None
    inputs: tuple[str, ...] | Literal["all"] = ()
    folds: Folds | None = None
    published: dict[str, Published] = {}

    def build(self, *, width_share: float = 1.0, more: Mapping[str, Any] | None = None) -> System:
        """Return the system; its width is multiplied by `width_share` and rounded, 2 at least.

        `more` are parameters of its network, where they are not said here.

        Raises
        ------
        UsageError
            For a system that says neither a method nor steps, or both; and what `preset` and `System.of` refuse.
        """
        if (self.method is None) == (not self.steps):
            raise UsageError(f"system {self.system}: give it a method (such as tnn-svr) or steps, one of them")
        if self.input is not None and self.inputs:
            raise UsageError(f"system {self.system}: input is one, inputs are several that are joined: say one of them")
        if self.steps and (self.reducer or self.predictor):
            raise UsageError(
                f"system {self.system}: parameters of steps stand in the steps, not in reducer or predictor"
            )
        try:
            made = preset(self.method, self.reducer, self.predictor) if self.method else System.of(self.steps)
            if more and made.network is not None:
                first = self.steps[0] if self.steps else {}
                said = {*self.reducer, *(first if isinstance(first, dict) else ())}
                made = made.with_network({name: value for name, value in more.items() if name not in said})
        except UsageError as error:
            raise UsageError(f"system {self.system}: {error}") from error
        if width_share != 1.0 and made.main_step is not None and "width" in self.reducer:
            made = made.with_params("reducer", {"width": max(2, round(self.reducer["width"] * width_share))})
        return made


class Experiment(_Strict):
    """Corpus x methods x protocol, with the published numbers.

    `corpus` is a corpus' name; `places` says where it and the store lie, and decides nothing of what is computed.
    `metric` is one or several, all of them shown; of those for a target's kind the first decides, and is what was
    published. `aggregate` says what a score is of: the test part of a fold, or all predictions of a repeat, pooled.
    `epochs` and `every` go to all methods that are trained by epochs: how many, and which are scored (every k-th and
    the last). `baseline` is the system that all rows are held against where representations are compared, by default
    one that looks at no feature. `published_features`, where given, is the number of features the published table
    started from: widths are scaled by the number really there over it, and the table says so.
    """

    name: str
    title: str
    source: str = ""
    corpus: str
    places: Places | None = None
    input: str | None = None
    targets: tuple[str, ...] = Field(min_length=1)
    metric: str | tuple[str, ...] | None = None
    aggregate: Literal["fold", "pooled"] = "fold"
    seed: Seed = 0
    epochs: Epochs | None = None
    every: Epochs | None = None
    published_features: int | None = Field(default=None, ge=1, le=MOST_SPLITS)
    protocols: dict[str, ProtocolSpec] = Field(min_length=1)
    systems: tuple[SystemSpec, ...] = Field(min_length=1)
    baseline: str | None = None
    published_verdicts: tuple[PublishedVerdict, ...] = ()
    search: SearchSpec | None = None
    not_mentioned: dict[str, str] = {}
    notes: tuple[str, ...] = ()

    def __init__(self, **said: Any) -> None:
        try:
            super().__init__(**said)
        except ValidationError as error:
            raise UsageError(f"Experiment: {first_fault(error)}") from error

    def input_of(self, system: SystemSpec) -> str | None:
        """Return the name of what a system reads: "a+b" for tables that are joined; None where nobody says.

        Raises
        ------
        UsageError
            For `inputs: all` where the other rows read fewer than two tables.
        """
        if system.inputs == "all":
            others = [row for row in self.systems if not row.inputs and row.build().accepts == "table"]
            names = dict.fromkeys(name for row in others if (name := row.input or self.input) is not None)
            if len(names) < 2:
                raise UsageError(f"system {system.system}: inputs: all joins the tables of the other rows, name two")
            return JOIN.join(names)
        return JOIN.join(system.inputs) or system.input or self.input

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that are named; where none is, R2 for numbers and accuracy for classes."""
        if self.metric is None:
            return DEFAULT
        return (self.metric,) if isinstance(self.metric, str) else self.metric

    @property
    def has_epochs(self) -> bool:
        """Whether some system is trained by epochs."""
        return any(system.build().epochs for system in self.systems)

    def build(self, system: SystemSpec, *, width_share: float = 1.0) -> System:
        """Return one of its systems, with the experiment's epochs where it is trained by epochs."""
        asked = {"epochs": self.epochs, "every": self.every}
        return system.build(width_share=width_share, more={k: v for k, v in asked.items() if v is not None})

    def with_changes(
        self, *, epochs: int | None = None, every: int | None = None, folds: int | None = None
    ) -> "Experiment":
        """Return the experiment with another number of epochs, epochs between scores, or folds.

        Raises
        ------
        UsageError
            When no system is trained by epochs, or a number is out of its bounds.
        """
        data = self.model_dump()
        if epochs is not None:
            data["epochs"] = epochs
        if every is not None:
            data["every"] = every
        if folds is not None:
            data["protocols"] = {name: rule | {"folds": folds} for name, rule in data["protocols"].items()}
        try:
            return type(self).model_validate(data)
        except ValidationError as error:
            fault = error.errors()[0]
            words = fault["msg"].removeprefix("Input ")
            raise UsageError(f"{fault['loc'][-1]}={fault['input']} {words}") from error

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.epochs or self.every) and not self.has_epochs:
            raise UsageError("epochs and every would have no effect: no system is trained by epochs")
        for system in self.systems:
            self.build(system)
            self.input_of(system)
            for target in system.published:
                if target not in self.targets:
                    raise UsageError(f"system {system.system}: {unknown('target', target, self.targets)}")
        rows = [system.system for system in self.systems]
        if self.baseline is not None and self.baseline not in rows:
            raise UsageError(f"baseline: {unknown('system', self.baseline, rows)}")
        methods = [system.method or system.system for system in self.systems]
        for claim in self.published_verdicts:
            for name in (claim.method, claim.baseline):
                if name not in methods:
                    raise UsageError(f"published_verdicts: {unknown('method', name, methods)}")
        for protocol in self.protocols.values():
            protocol.build()
        check_metrics(self.metrics)
        if self.search is not None:
            self._check_search(self.search)
        return self

    def _check_search(self, search: SearchSpec) -> None:
        search.objectives_of(self.targets)
        if search.protocol is not None and search.protocol not in self.protocols:
            raise UsageError(f"search: {unknown('protocol', search.protocol, self.protocols)}")
        names = [system.system for system in self.systems]
        if names.count(search.system) > 1:
            raise UsageError(f"search: {names.count(search.system)} systems are called {search.system!r}")
        if search.system not in names:
            raise UsageError(f"search: {unknown('system', search.system, names)}")
        system = self.systems[names.index(search.system)]
        search_space(self.build(system), search.space)


def first_fault(error: ValidationError) -> str:
    """Return in a line what is wrong first with an experiment, with the nearest valid key for a misspelt one."""
    faults = error.errors()
    fault = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])  # a misspelt key first
    place = ".".join(map(str, fault["loc"]))
    if fault["type"] == "extra_forbidden":
        model = _model_at(fault["loc"])
        return f"{place}: {unknown('key', str(fault['loc'][-1]), model.model_fields)}"
    return f"{place}: {fault['msg'].removeprefix('Value error, ')}"


def _model_at(location: tuple[int | str, ...]) -> type[BaseModel]:
    models: Mapping[str, type[BaseModel]] = {
        "protocols": ProtocolSpec,
        "systems": SystemSpec,
        "published": Published,
        "published_verdicts": PublishedVerdict,
        "search": SearchSpec,
        "places": Places,
    }
    inner = [models[str(part)] for part in location[:-1] if str(part) in models]
    return inner[-1] if inner else Experiment
