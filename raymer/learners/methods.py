"""Methods: named pipelines of scaler, reducer and regressor, each built new for every fit from its own seed.

`tnn-svr` is the reducer `tnn` before the regressor `svr`; `svr` alone works on all features. A new reducer or
regressor is one factory and one line in REDUCERS or REGRESSORS.
"""

import importlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from raymer.errors import UsageError
from raymer.learners.curve_methods import CURVES, EPOCHS, EVERY, NORMALISATIONS
from raymer.learners.spaces import Choice, Real, Space, Whole
from raymer.nearest import unknown

DEFAULT_WIDTH = 100


@dataclass(frozen=True)
class Step:
    """A reducer or a regressor by its kind, with the parameters that differ from its defaults, sorted by name."""

    kind: str
    params: tuple[tuple[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return {"kind": self.kind, "params": dict(self.params)}


@dataclass(frozen=True)
class Method:
    """A named pipeline: an optional reducer, then a regressor."""

    name: str
    reducer: Step | None
    regressor: Step

    @classmethod
    def of(
        cls, name: str, reducer: Mapping[str, Any] | None = None, regressor: Mapping[str, Any] | None = None
    ) -> "Method":
        """Return the method called `name` with these parameters of its reducer and regressor.

        Raises
        ------
        UsageError
            For an unknown name or parameter (with the nearest valid one), or parameters of a reducer where the method
            has none.
        """
        if name in CURVES:
            return cls._of_curve(name, reducer or {}, regressor or {})
        if name not in method_names():
            raise UsageError(unknown("method", name, [*method_names(), *CURVES]))
        first, _, last = name.partition("-") if name not in REGRESSORS else ("", "", name)
        if reducer and not first:
            raise UsageError(f"method {name} has no reducer: its reducer parameters would have no effect")
        return cls(
            name=name,
            reducer=_step(REDUCERS, first, {"width": DEFAULT_WIDTH, **(reducer or {})}, name) if first else None,
            regressor=_step(REGRESSORS, last, regressor or {}, name),
        )

    @classmethod
    def _of_curve(cls, name: str, reducer: Mapping[str, Any], regressor: Mapping[str, Any]) -> "Method":
        kind = CURVES[name]
        reducer = {"epochs": EPOCHS, "every": EVERY, **reducer}
        if reducer.get("normalisation") == NORMALISATIONS[0]:
            del reducer["normalisation"]  # the default: said or not, it is the same fit
        return cls(
            name,
            _checked(kind.reducer, kind.reducer_params, reducer, name),
            _checked(kind.regressor, kind.regressor_params, regressor, name),
        )

    @property
    def is_curve(self) -> bool:
        """Whether it is trained by epochs on sequences, and predicts all targets at each scored epoch."""
        return self.name in CURVES

    @property
    def width(self) -> int | None:
        """Number of features after the reducer; None where the method has none."""
        if self.reducer is None:
            return None
        params = dict(self.reducer.params)
        return int(params.get("hidden", (50,))[-1] if self.is_curve else params["width"])

    @property
    def is_supervised(self) -> bool:
        """Whether the reducer learns from the target; if not, its training serves every target."""
        return self.is_curve or (self.reducer is not None and REDUCERS[self.reducer.kind].supervised)

    @property
    def wants_gpu(self) -> bool:
        """Whether its reducer is to be trained on another device than the CPU."""
        return self.reducer is not None and str(dict(self.reducer.params).get("device", "cpu")) != "cpu"

    @property
    def cost(self) -> tuple[float, float]:
        """Rough seconds of the reducer's training and of the regressor's; they order the work, nothing else."""
        if self.is_curve:
            return 0.2 * dict(self.reducer.params)["epochs"] if self.reducer else 0.0, 1.0
        return (REDUCERS[self.reducer.kind].cost if self.reducer else 0.0), REGRESSORS[self.regressor.kind].cost

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data; `from_dict` is its inverse."""
        reducer = self.reducer.to_dict() if self.reducer else None
        return {"name": self.name, "reducer": reducer, "regressor": self.regressor.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Method":
        """Return the method that `to_dict` wrote."""
        reducer = data["reducer"]
        return cls.of(data["name"], reducer["params"] if reducer else None, data["regressor"]["params"])


@dataclass(frozen=True)
class Kind:
    """How a step is made: where its class is (imported when first needed) and what of it can be set.

    Attributes
    ----------
    path : str
        "module:Class".
    params : tuple of str
        Names that a method or an experiment may set.
    cost : float
        Rough seconds of a fit on 1,000 songs; only the order of the work list hangs on it.
    supervised : bool
        Whether a reducer learns from the target: if not, all targets share its training.
    rename : mapping
        Our name of a parameter to the class'; every reducer calls its number of features `width`.
    fixed : mapping
        Parameters that are always set, so that a fit is silent, repeatable and on one thread.
    space : Space
        Which of `params` can be searched, and where.
    """

    path: str
    params: tuple[str, ...]
    cost: float
    supervised: bool = True
    rename: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    space: Space = field(default_factory=dict)

    def make(self, params: Mapping[str, Any]) -> BaseEstimator:
        """Return a new estimator with `params`, ours by name."""
        module, _, name = self.path.partition(":")
        estimator: BaseEstimator = getattr(importlib.import_module(module), name)()
        return estimator.set_params(**self.fixed, **{self.rename.get(key, key): value for key, value in params.items()})


_TRIPLET = (
    *("width", "mining", "d_p", "d_n", "margin", "learning_rate", "batch"),
    *("steps", "rounds", "epochs", "triplets", "random_state"),
)
_TREES = ("n_estimators", "learning_rate", "max_depth", "subsample")
_WIDTH = {"width": Whole(2, 200, log=True, default=DEFAULT_WIDTH)}
_TRIPLET_SPACE: Space = {
    **_WIDTH,
    "d_p": Real(0.02, 0.3, default=0.1),
    "d_n": Real(0.1, 1.0, default=0.5, above="d_p"),
    "margin": Real(1.0, 200.0, log=True, default=20.0),
    "learning_rate": Real(3e-4, 3e-2, log=True, default=3e-3),
    "steps": Whole(50, 800, log=True, default=200),
}
_TREES_SPACE: Space = {
    "n_estimators": Whole(50, 500, log=True, default=100),
    "learning_rate": Real(0.01, 0.3, log=True, default=0.1),
}
_QUIET_TREES = {"deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1}

REDUCERS: dict[str, Kind] = {
    "tnn": Kind("raymer.learners.triplet:TripletReducer", _TRIPLET, cost=0.3, space=_TRIPLET_SPACE),
    "pca": Kind(
        "sklearn.decomposition:PCA",
        ("width", "random_state"),
        0.05,
        supervised=False,
        rename={"width": "n_components"},
        space=_WIDTH,
    ),
    "rp": Kind(
        "sklearn.random_projection:GaussianRandomProjection",
        ("width", "random_state"),
        0.01,
        supervised=False,
        rename={"width": "n_components"},
        space=_WIDTH,
    ),
    "ae": Kind(
        "raymer.learners.autoencoder:AutoencoderReducer",
        ("width", "learning_rate", "batch", "max_epochs", "patience", "tol", "random_state"),
        1.0,
        supervised=False,
        space={**_WIDTH, "learning_rate": Real(1e-4, 1e-2, log=True, default=1e-3)},
    ),
}
"""The reducers by the first part of a method's name."""

REGRESSORS: dict[str, Kind] = {
    "svr": Kind(
        "sklearn.svm:SVR",
        ("C", "epsilon", "gamma", "kernel"),
        cost=0.1,
        space={
            "C": Real(0.01, 100.0, log=True, default=1.0),
            "epsilon": Real(0.001, 0.5, log=True, default=0.1),
            "gamma": Real(1e-4, 1.0, log=True),
            "kernel": Choice(("rbf", "linear", "poly", "sigmoid"), default="rbf"),
        },
    ),
    "gbm": Kind(
        "lightgbm:LGBMRegressor",
        (*_TREES, "num_leaves", "min_child_samples", "colsample_bytree", "reg_lambda", "random_state"),
        cost=0.8,
        fixed=_QUIET_TREES,
        space={
            **_TREES_SPACE,
            "max_depth": Whole(2, 8),
            "num_leaves": Whole(4, 64, log=True, default=31, limits=(2, 131_072)),
            "min_child_samples": Whole(5, 100, log=True, default=20),
            "colsample_bytree": Real(0.2, 1.0, default=1.0, limits=(0.01, 1.0)),
            "reg_lambda": Real(1e-3, 10.0, log=True),
        },
    ),
    "gbm_sklearn": Kind(
        "sklearn.ensemble:GradientBoostingRegressor",
        (*_TREES, "min_samples_leaf", "max_features", "random_state"),
        cost=4.0,
        space={
            **_TREES_SPACE,
            "max_depth": Whole(2, 8, default=3),
            "subsample": Real(0.3, 1.0, default=1.0, limits=(0.01, 1.0)),
            "min_samples_leaf": Whole(1, 50, log=True, default=1),
        },
    ),
    "gp": Kind("raymer.learners.gaussian_process:GPRegressor", ("tuning_rows", "random_state"), cost=0.5),
    "gp_groups": Kind(
        "raymer.learners.gaussian_process:GroupedGPRegressor", ("groups", "tuning_rows", "random_state"), cost=8.0
    ),
}
"""The regressors by the last part of a method's name."""


def method_names() -> list[str]:
    """Return the name of every method on tables: each regressor alone, and after each reducer where that makes sense.

    `gp_groups` needs the names of the features to group them, so it follows no reducer.
    """
    after = [name for name in REGRESSORS if name != "gp_groups"]
    return [*REGRESSORS, *(f"{reducer}-{regressor}" for reducer in REDUCERS for regressor in after)]


def _step(kinds: Mapping[str, Kind], kind: str, params: Mapping[str, Any], method: str) -> Step:
    return _checked(kind, kinds[kind].params, params, method)


def _checked(kind: str, valid: Sequence[str], params: Mapping[str, Any], method: str) -> Step:
    for name in params:
        if name not in valid:
            raise UsageError(f"method {method}: {unknown(f'parameter of {kind}', name, valid)}")
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in params.items()}
    return Step(kind, tuple(sorted(plain.items())))


def _make(kinds: Mapping[str, Kind], step: Step, seed: int) -> BaseEstimator:
    kind = kinds[step.kind]
    params = dict(step.params)
    if "random_state" in kind.params:
        params.setdefault("random_state", seed)
    return kind.make(params)


def make_representation(reducer: Step | None, seed: int) -> Pipeline:
    """Return a new, unfitted pipeline from raw features to what the regressor sees: scaler, then reducer if any."""
    steps: list[tuple[str, BaseEstimator]] = [("scaler", StandardScaler())]
    if reducer is not None:
        steps.append(("reducer", _make(REDUCERS, reducer, seed)))
    return Pipeline(steps)


def make_regressor(step: Step, seed: int, feature_names: Sequence[str]) -> TransformedTargetRegressor:
    """Return a new, unfitted regressor that scales labels to [-1, 1] on the rows it is fitted on, and back.

    `feature_names` are those of the raw features; only `gp_groups` looks at them.
    """
    params = dict(step.params)
    if step.kind == "gp_groups" and "groups" not in params:
        step = Step(step.kind, tuple({**params, "groups": feature_groups(feature_names)}.items()))
    return TransformedTargetRegressor(_make(REGRESSORS, step, seed), transformer=MinMaxScaler((-1, 1)))


def feature_groups(names: Sequence[str]) -> list[int]:
    """Return the group of each openSMILE feature: its base descriptor (paper A, tables I and II), as a number.

    What stands before `_sma`, or before a band or a number, is the base: `audSpec_Rfilt_sma_de[3]_stddev` belongs to
    `audSpec_Rfilt`. Groups are numbered as they first appear.
    """
    bases = [re.split(r"_sma|\[|\d+$", name, maxsplit=1)[0] for name in names]
    number = {base: k for k, base in enumerate(dict.fromkeys(bases))}
    return [number[base] for base in bases]
