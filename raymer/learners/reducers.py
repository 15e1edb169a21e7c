"""The catalogue of reducers: what stands before the predictor and turns a table into another."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from raymer.components.catalogue import Catalogue, lacks
from raymer.components.component import Component
from raymer.components.parameters import Params
from raymer.learners.spaces import Real, Space, Whole

DEFAULT_WIDTH = 100
PREPARING = ("scale", "impute", "clip")
"""Steps that make features ready and learn no representation of their own: no table calls them the reducer."""

Count = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
Above = Annotated[float, Field(gt=0, strict=True)]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1, strict=True)] | None


class Widths(Params):
    """What reducers that draw nothing have."""

    width: Count = DEFAULT_WIDTH


class SeededWidths(Widths):
    """What PCA and random projection have."""

    random_state: Seed = None


class TripletParams(SeededWidths):
    """Those of TripletReducer (paper A, section III)."""

    mining: Literal["exact", "paper", "reference"] = "exact"
    d_p: Annotated[float, Field(ge=0, strict=True)] = 0.1
    d_n: Above = 0.5
    margin: Above | None = None
    learning_rate: Above | None = None
    batch: Count | None = None
    steps: Count | None = None
    rounds: Count | None = None
    epochs: Count | None = None
    triplets: Count | None = None
    labels: Literal["auto", "numbers", "classes"] = "auto"

    @model_validator(mode="after")
    def _gaps(self) -> Self:
        if self.d_p >= self.d_n:
            raise ValueError(f"d_p={self.d_p:g} must be below d_n={self.d_n:g}: positives are nearer than negatives")
        return self


class AutoencoderParams(SeededWidths):
    """Those of AutoencoderReducer."""

    learning_rate: Above = 1e-3
    batch: Count = 64
    max_epochs: Count = 300
    patience: Count = 10
    tol: Annotated[float, Field(ge=0, strict=True)] = 0.01


class NarrowWidths(Params):
    """What linear supervised reducers have: a few directions hold what there is."""

    width: Count = 10


class LDAParams(Params):
    """Those of LDAReducer."""

    width: Count | None = None


class NCAParams(NarrowWidths):
    """Those of NCAReducer."""

    iterations: Count = 50
    init: Literal["auto", "pca", "lda", "identity", "random"] = "auto"
    random_state: Seed = None


class MLKRParams(NarrowWidths):
    """Those of MLKRReducer."""

    iterations: Count = 5


class RnCParams(SeededWidths):
    """Those of RnCReducer."""

    hidden: Count | None = 256
    tau: Above = 2.0
    batch: Count = 256
    epochs: Count = 20
    learning_rate: Above = 1e-3
    weight_decay: Annotated[float, Field(ge=0, strict=True)] = 1e-2


class ClipParams(Params):
    """Those of ClipOutliers."""

    sd: Above = 5.0


class ImputeParams(Params):
    """Those of Impute."""

    indicators: bool = False


class ScaleParams(Params):
    """Those of StandardScaler."""

    with_mean: bool = True
    with_std: bool = True


_WIDTH = {"width": Whole(2, 200, log=True, default=DEFAULT_WIDTH)}
_TRIPLET_SPACE: Space = {
    **_WIDTH,
    "d_p": Real(0.02, 0.3, default=0.1),
    "d_n": Real(0.1, 1.0, default=0.5, above="d_p"),
    "margin": Real(1.0, 200.0, log=True, default=20.0),
    "learning_rate": Real(3e-4, 3e-2, log=True, default=3e-3),
    "steps": Whole(50, 800, log=True, default=200),
}
_TO_COMPONENTS = {"width": "n_components"}


def _linear(
    name: str, path: str, what: str, model: type[Params], *, space: Space | None = None, **more: Any
) -> Component:
    """Return a supervised reducer of `learners/` that has few directions."""
    width = {"width": Whole(1, 50, log=True, default=10)} if name != "lda" else {}
    settings = {"cost": 0.2, **more}
    own = {**width, **(space or {})}
    return Component(name, "reducer", f"raymer.learners.{path}", what, model, space=own, supervised=True, **settings)


def _why_not(cls: type[Any]) -> str:
    return lacks(cls, "fit", "transform", "get_params", "set_params")


REDUCERS = Catalogue(
    "reducer",
    [
        Component(
            "scale",
            "reducer",
            "sklearn.preprocessing:StandardScaler",
            "each feature to mean 0 and variance 1",
            ScaleParams,
            cost=0.01,
            supervised=False,
        ),
        Component(
            "tnn",
            "reducer",
            "raymer.learners.triplet:TripletReducer",
            "triplet net, positives and negatives from label gaps",
            TripletParams,
            space=_TRIPLET_SPACE,
            cost=0.3,
            supervised=True,
        ),
        Component(
            "pca",
            "reducer",
            "sklearn.decomposition:PCA",
            "principal components",
            SeededWidths,
            rename=_TO_COMPONENTS,
            space=_WIDTH,
            cost=0.05,
            supervised=False,
        ),
        Component(
            "rp",
            "reducer",
            "sklearn.random_projection:GaussianRandomProjection",
            "Gaussian random projection",
            SeededWidths,
            rename=_TO_COMPONENTS,
            space=_WIDTH,
            cost=0.01,
            supervised=False,
        ),
        Component(
            "ae",
            "reducer",
            "raymer.learners.autoencoder:AutoencoderReducer",
            "autoencoder with one ReLU layer",
            AutoencoderParams,
            space={**_WIDTH, "learning_rate": Real(1e-4, 1e-2, log=True, default=1e-3)},
            revision="2",  # 1 stopped by the loss of single epochs: its results are not these
            cost=0.5,
            supervised=False,
        ),
        _linear("pls", "pls:PLSReducer", "partial least squares", NarrowWidths, kinds=("number",)),
        _linear("lda", "lda:LDAReducer", "linear discriminants, shrunk", LDAParams, kinds=("class",)),
        _linear("nca", "nca:NCAReducer", "neighbourhood components", NCAParams, kinds=("class",), cost=1.0),
        _linear(
            "mlkr",
            "mlkr:MLKRReducer",
            "metric learning for kernel regression",
            MLKRParams,
            kinds=("number",),
            space={"iterations": Whole(1, 30, log=True, default=5)},
        ),
        Component(
            "rnc",
            "reducer",
            "raymer.learners.rnc:RnCReducer",
            "Rank-N-Contrast, a small network",
            RnCParams,
            space={**_WIDTH, "tau": Real(0.5, 10.0, log=True, default=2.0)},
            cost=0.4,
            supervised=True,
            kinds=("number",),
        ),
        Component(
            "clip",
            "reducer",
            "raymer.learners.steps:ClipOutliers",
            "each feature to its train mean plus and minus some standard deviations",
            ClipParams,
            cost=0.01,
            supervised=False,
        ),
        Component(
            "impute",
            "reducer",
            "raymer.learners.steps:Impute",
            "missing values by the median of the train rows",
            ImputeParams,
            cost=0.01,
            supervised=False,
        ),
    ],
    _why_not,
)
