"""The catalogue of encoders: networks that turn the frames of a clip into one vector, and how they are trained."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from raymer.components.catalogue import Catalogue, lacks
from raymer.components.component import Component
from raymer.components.parameters import Params
from raymer.learners.reducers import Above, Count
from raymer.learners.spaces import Choice, Real, Space, Whole

OBJECTIVES = ("direct", "rbf", "cosine", "polynomial")
NORMALISATIONS = ("train", "dataset")
"""Whose frames the statistics of the bins are of: the train clips', or all clips' as published (a mild leak)."""


class NetworkParams(Params):
    """How an encoder is trained (paper B, 2.2 to 2.6): what every step that names an encoder may set.

    `objective` is what its features learn: to predict through a linear head (direct), or to be as similar as the
    annotations are, by an RBF, cosine or polynomial kernel. `every` says which epochs are scored: each k-th and the
    last. `excerpt` and `differences` are by default what the frames call for: 100 frames and the change from the frame
    before of a spectrogram; of embeddings the whole clip, as it is.
    """

    objective: Literal["direct", "rbf", "cosine", "polynomial"] = "direct"
    gamma: Above | None = None
    degree: Count | None = None
    offset: Annotated[float, Field(ge=0, strict=True)] | None = None
    epochs: Count = 400
    every: Count = 10
    excerpt: Count | None = None
    differences: bool | None = None
    batch: Count = 64
    optimiser: str = "Adadelta"
    learning_rate: Above | None = None
    device: str = "cpu"
    label_scale: Literal["unit", "none"] | None = None
    normalisation: Literal["train", "dataset"] = "train"

    @model_validator(mode="after")
    def _of_the_objective(self) -> Self:
        for name, objective in (("gamma", "rbf"), ("degree", "polynomial"), ("offset", "polynomial")):
            if getattr(self, name) is not None and self.objective != objective:
                raise ValueError(f"{name} would have no effect: it is of objective {objective}, not {self.objective}")
        return self


class GRUParams(NetworkParams):
    """Those of the GRU: units of its layers, of which the last is the width of the features."""

    hidden: Annotated[tuple[Count, ...], Field(min_length=1)] = (100, 50)


_SPACE: Space = {
    "width": Whole(2, 200, log=True, default=50),
    "learning_rate": Real(0.1, 3.0, log=True),  # Adadelta's own is 1
    "excerpt": Whole(50, 400, log=True, default=100),
    "batch": Choice((16, 32, 64, 128), default=64),
}
OBJECTIVE_SPACES: dict[str, Space] = {
    "rbf": {"gamma": Real(0.05, 5.0, log=True, default=0.5)},
    "polynomial": {"degree": Choice((1, 2, 3, 4), default=2), "offset": Real(0.0, 1.0, default=0.0)},
}
"""What an objective adds to the search space of its encoder."""


def _why_not(cls: type[Any]) -> str:
    return lacks(cls, "forward", "state_dict", "parameters")


ENCODERS = Catalogue(
    "encoder",
    [
        Component(
            "gru",
            "encoder",
            "raymer.learners.network:GRUEncoder",
            "GRU layers, the mean over time of the last",
            GRUParams,
            space=_SPACE,
            cost=0.2,
            supervised=True,
        )
    ],
    _why_not,
)
