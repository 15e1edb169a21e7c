"""The catalogue of reducers: what stands before the predictor and turns a table into another."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from raymer.components.catalogue import Catalogue, lacks
from raymer.components.component import Component
from raymer.components.parameters import Params
from raymer.learners.spaces import Real, Space, Whole

DEFAULT_WIDTH = 100

Count = Annotated[int, Field(ge=1, strict=True)]
Above = Annotated[float, Field(gt=0)]
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
    d_p: Annotated[float, Field(ge=0)] = 0.1
    d_n: Above = 0.5
    margin: Above | None = None
    learning_rate: Above | None = None
    batch: Count | None = None
    steps: Count | None = None
    rounds: Count | None = None
    epochs: Count | None = None
    triplets: Count | None = None

    @model_validator(mode="after")
    def _gaps(self) -> Self:
        if self.d_p >= self.d_n:
            raise ValueError(f"d_p={self.d_p:g} must be below d_n={self.d_n:g}: positives are nearer than negatives")
        return self


class AutoencoderParams(SeededWidths):
    """Those of AutoencoderReducer."""

    learning_rate: Above = 1e-3
    batch: Count = 64
    max_epochs: Count = 150
    patience: Count = 5
    tol: Annotated[float, Field(ge=0)] = 0.01


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
            cost=1.0,
            supervised=False,
        ),
    ],
    _why_not,
)
