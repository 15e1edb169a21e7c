"""The catalogue of predictors: what stands last in a system and says a number or a class."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from raymer.components.catalogue import Catalogue, lacks
from raymer.components.component import Component
from raymer.components.parameters import Params
from raymer.learners.reducers import Above, Count, Seed
from raymer.learners.spaces import Choice, Real, Space, Whole

Share = Annotated[float, Field(gt=0, le=1, strict=True)]
NotBelow0 = Annotated[float, Field(ge=0, strict=True)]
Kernel = Literal["rbf", "linear", "poly", "sigmoid"]


class SVCParams(Params):
    """Those of SVC."""

    C: Above = 1.0
    gamma: Literal["scale", "auto"] | Above = "scale"
    kernel: Kernel = "rbf"


class SVRParams(SVCParams):
    """Those of SVR."""

    epsilon: NotBelow0 = 0.1


class SVMParams(Params):
    """Those of the SVM of paper B (2.6: C = 1, RBF kernel with gamma = 0.5; epsilon is not given)."""

    C: Above = 1.0
    gamma: Above = 0.5
    epsilon: NotBelow0 = 0.1
    label_scale: Literal["unit", "none"] = "unit"


class TreesParams(Params):
    """What both kinds of boosted trees have."""

    n_estimators: Count = 100
    learning_rate: Above = 0.1
    random_state: Seed = None


class LightGBMParams(TreesParams):
    """Those of LightGBM."""

    max_depth: Annotated[int, Field(ge=-1, strict=True)] = -1
    subsample: Share = 1.0
    num_leaves: Annotated[int, Field(ge=2, strict=True)] = 31
    min_child_samples: Count = 20
    colsample_bytree: Share = 1.0
    reg_lambda: NotBelow0 = 0.0


class SklearnTreesParams(TreesParams):
    """Those of scikit-learn's gradient boosting."""

    max_depth: Count = 3
    subsample: Share = 1.0
    min_samples_leaf: Count = 1
    max_features: Count | Literal["sqrt", "log2"] | None = None


class GPParams(Params):
    """Those of GPRegressor."""

    tuning_rows: Count = 250
    random_state: Seed = None


class GroupedGPParams(GPParams):
    """Those of GroupedGPRegressor."""

    groups: tuple[int, ...] | None = None


class RidgeParams(Params):
    """Those of ridge regression: one alpha, or several of which leave-one-out on the train rows chooses."""

    alpha: Above | None = None
    alphas: tuple[Above, ...] = (0.1, 1.0, 10.0)

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.alpha is not None and "alphas" in self.model_fields_set:
            raise ValueError("alpha and alphas are both set: say one of them")
        return self


class NeighboursParams(Params):
    """Those of the nearest neighbours."""

    n_neighbors: Count = 5
    weights: Literal["uniform", "distance"] = "uniform"


class LogisticParams(Params):
    """Those of logistic regression."""

    C: Above = 1.0
    max_iter: Count = 100


class ElasticNetParams(Params):
    """Those of the elastic net."""

    alpha: Above = 1.0
    l1_ratio: Annotated[float, Field(ge=0, le=1, strict=True)] = 0.5
    random_state: Seed = None


_C = Real(0.01, 100.0, log=True, default=1.0)
_SVC_SPACE: Space = {
    "C": _C,
    "gamma": Real(1e-4, 1.0, log=True),
    "kernel": Choice(("rbf", "linear", "poly", "sigmoid"), default="rbf"),
}
_SVR_SPACE: Space = {
    "C": _C,
    "epsilon": Real(0.001, 0.5, log=True, default=0.1),
    "gamma": Real(1e-4, 1.0, log=True),
    "kernel": Choice(("rbf", "linear", "poly", "sigmoid"), default="rbf"),
}
_SVM_SPACE: Space = {
    "C": _C,
    "gamma": Real(0.01, 10.0, log=True, default=0.5),
    "epsilon": Real(0.001, 0.5, log=True, default=0.1),
}
_TREES_SPACE: Space = {
    "n_estimators": Whole(50, 500, log=True, default=100),
    "learning_rate": Real(0.01, 0.3, log=True, default=0.1),
}
_GBM_SPACE: Space = {
    **_TREES_SPACE,
    "max_depth": Whole(2, 8),
    "num_leaves": Whole(4, 64, log=True, default=31, limits=(2, 131_072)),
    "min_child_samples": Whole(5, 100, log=True, default=20),
    "colsample_bytree": Real(0.2, 1.0, default=1.0, limits=(0.01, 1.0)),
    "reg_lambda": Real(1e-3, 10.0, log=True),
}
_SKLEARN_TREES_SPACE: Space = {
    **_TREES_SPACE,
    "max_depth": Whole(2, 8, default=3),
    "subsample": Real(0.3, 1.0, default=1.0, limits=(0.01, 1.0)),
    "min_samples_leaf": Whole(1, 50, log=True, default=1),
}
_QUIET_TREES = {"deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1}
_BOOSTERS = (
    "collections.OrderedDict",
    "collections.defaultdict",
    "sklearn.preprocessing._label.LabelEncoder",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMRegressor",
    "lightgbm.sklearn.LGBMClassifier",
)
_GAUSSIAN = tuple(
    f"sklearn.gaussian_process.{name}"
    for name in (
        "_gpr.GaussianProcessRegressor",
        *(f"kernels.{kernel}" for kernel in ("ConstantKernel", "Product", "RBF", "Sum", "WhiteKernel")),
    )
)
_GROWN = (
    "sklearn.tree._tree.Tree",
    "sklearn.tree._classes.DecisionTreeRegressor",
    "sklearn.dummy.DummyRegressor",
    "sklearn.dummy.DummyClassifier",
    *(f"sklearn._loss.loss.{name}" for name in ("HalfSquaredError", "HalfBinomialLoss", "HalfMultinomialLoss")),
    *(f"sklearn._loss._loss.Cy{name}" for name in ("HalfSquaredError", "HalfBinomialLoss", "HalfMultinomialLoss")),
    *(f"sklearn._loss.link.{name}" for name in ("IdentityLink", "Interval", "LogitLink", "MultinomialLogit")),
)
HEAD = "head"
"""The predictor that is a network's own last layer, trained with it: the paper's NN."""


BLIND = ("mean", "most_frequent", "no_information")
"""Predictors that look at no feature: what any other must beat."""


def _why_not(cls: type[Any]) -> str:
    return lacks(cls, "fit", "predict", "get_params", "set_params")


def _of(name: str, path: str, what: str, model: type[Params], **more: Any) -> Component:
    return Component(name, "predictor", path, what, model, scales_labels=bool(path), **more)


PREDICTORS = Catalogue(
    "predictor",
    [
        _of("svr", "sklearn.svm:SVR", "support vector regression", SVRParams, space=_SVR_SPACE, cost=0.1),
        _of(
            "svc",
            "",
            "support vector classifier",
            SVCParams,
            class_path="sklearn.svm:SVC",
            space=_SVC_SPACE,
            cost=0.1,
        ),
        _of(
            "svm",
            "sklearn.svm:SVR",
            "paper B's SVM: SVR on numbers, SVC on classes, labels at a scale of [0, 1]",
            SVMParams,
            class_path="sklearn.svm:SVC",
            space=_SVM_SPACE,
            cost=0.1,
        ),
        _of(
            "gbm",
            "lightgbm:LGBMRegressor",
            "gradient boosting (LightGBM)",
            LightGBMParams,
            class_path="lightgbm:LGBMClassifier",
            fixed=_QUIET_TREES,
            space=_GBM_SPACE,
            cost=0.8,
            trusted=_BOOSTERS,
        ),
        _of(
            "gbm_sklearn",
            "sklearn.ensemble:GradientBoostingRegressor",
            "gradient boosting (scikit-learn)",
            SklearnTreesParams,
            class_path="sklearn.ensemble:GradientBoostingClassifier",
            space=_SKLEARN_TREES_SPACE,
            cost=4.0,
            trusted=_GROWN,
        ),
        _of(
            "gp",
            "raymer.learners.gaussian_process:GPRegressor",
            "Gaussian process",
            GPParams,
            cost=0.5,
            trusted=("raymer.learners.gaussian_process.GPRegressor", *_GAUSSIAN),
        ),
        _of(
            "gp_groups",
            "raymer.learners.gaussian_process:GroupedGPRegressor",
            "Gaussian processes, one a group of features",
            GroupedGPParams,
            cost=8.0,
            trusted=("raymer.learners.gaussian_process.GroupedGPRegressor", *_GAUSSIAN),
        ),
        _of("ridge", "sklearn.linear_model:RidgeCV", "ridge, alpha by leave-one-out inside", RidgeParams, cost=0.1),
        _of(
            "elastic_net",
            "sklearn.linear_model:ElasticNet",
            "linear with L1 and L2 penalties",
            ElasticNetParams,
            cost=0.1,
        ),
        _of(
            "knn",
            "sklearn.neighbors:KNeighborsRegressor",
            "nearest neighbours",
            NeighboursParams,
            class_path="sklearn.neighbors:KNeighborsClassifier",
            fixed={"algorithm": "brute"},  # a tree is no array that a model could be checked for
            cost=0.05,
        ),
        _of(
            "logistic",
            "",
            "logistic regression",
            LogisticParams,
            class_path="sklearn.linear_model:LogisticRegression",
            cost=0.2,
        ),
        _of(
            "no_information",
            "sklearn.dummy:DummyRegressor",
            "the mean or the most frequent class of the train labels, whatever the features say",
            Params,
            class_path="sklearn.dummy:DummyClassifier",
            cost=0.001,
        ),
        _of("mean", "sklearn.dummy:DummyRegressor", "the mean of the train labels: no information", Params, cost=0.001),
        _of(
            "most_frequent",
            "",
            "the most frequent class: no information",
            Params,
            class_path="sklearn.dummy:DummyClassifier",
            cost=0.001,
        ),
        Component(HEAD, "predictor", "", "a network's own last layer, trained with it", Params, cost=0.0),
    ],
    _why_not,
)
