"""Similarity of the rows of a matrix, and the loss that makes one similarity copy another (paper B, 2.2 and 2.3)."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from raymer.nearest import unknown

DEFAULTS: dict[str, dict[str, Any]] = {
    "rbf": {"gamma": 0.5},
    "cosine": {},
    "polynomial": {"degree": 2, "offset": 0.0},
}
"""The parameters that each kernel has, and the paper's values; a parameter that a kernel lacks is refused."""


def rbf(x: Tensor, gamma: float = 0.5) -> Tensor:
    """Return exp(-gamma ||x_a - x_b||^2) (eq. 9) for all pairs of rows: (n, d) -> (n, n), in (0, 1]."""
    x = x - x.detach().mean(0)  # moves no distance, and keeps its digits where the rows lie far from zero
    squares = x.square().sum(1)
    # Rounding can leave the distance of a row to itself just below zero.
    distances = (squares[:, None] + squares[None, :] - 2 * (x @ x.T)).clamp(min=0)
    return torch.exp(-gamma * distances)


def cosine(x: Tensor) -> Tensor:
    """Return x_a . x_b / (||x_a|| ||x_b||) (eq. 8) for all pairs of rows: (n, d) -> (n, n), in [-1, 1].

    A row of zeros has no direction: its similarity to every row, itself included, is 0 and its gradient finite.
    """
    squares = x.square().sum(1, keepdim=True)
    directions = x * torch.where(squares > 0, squares, 1.0).rsqrt()
    return directions @ directions.T


def polynomial(x: Tensor, degree: int = 2, offset: float = 0.0) -> Tensor:
    """Return (x_a . x_b + offset)^degree (eq. 10; the paper's p and b) for all pairs of rows: (n, d) -> (n, n)."""
    product = x @ x.T + offset
    return product.square() if degree == 2 else product**degree


@dataclass(frozen=True)
class Similarity:
    """A notion of similarity, with its parameters; make it by `of`, which fills in the paper's values.

    Attributes
    ----------
    kind : {"rbf", "cosine", "polynomial"}
    gamma : float or None
        Of rbf, above 0.
    degree : int or None
        Of polynomial, at least 1.
    offset : float or None
        Of polynomial, at least 0.
    """

    kind: str
    gamma: float | None = None
    degree: int | None = None
    offset: float | None = None

    @classmethod
    def of(cls, kind: str, **params: Any) -> "Similarity":
        """Return the similarity with these parameters; None stands for the paper's value.

        Raises
        ------
        ValueError
            For an unknown kind, a parameter that it does not have, or one out of range.
        """
        if kind not in DEFAULTS:
            raise ValueError(unknown("kernel", str(kind), DEFAULTS))
        given = {name: value for name, value in params.items() if value is not None}
        for name, value in given.items():
            if name not in DEFAULTS[kind]:
                raise ValueError(f"{name}={value!r} would have no effect with kernel={kind!r}: leave it out")
        similarity = cls(kind, **{**DEFAULTS[kind], **given})
        similarity._check()
        return similarity

    def __call__(self, x: Tensor) -> Tensor:
        """Return K(x, x): (n, d) -> (n, n), on the device and in the type of `x`."""
        if self.kind == "rbf":
            return rbf(x, self.gamma or 0.0)
        if self.kind == "cosine":
            return cosine(x)
        return polynomial(x, self.degree or 1, self.offset or 0.0)

    def _check(self) -> None:
        if self.gamma is not None and not (_is_number(self.gamma) and self.gamma > 0):
            raise ValueError(f"gamma={self.gamma!r} must be a number above 0")
        if self.degree is not None and not (isinstance(self.degree, int) and self.degree >= 1):
            raise ValueError(f"degree={self.degree!r} must be a whole number of at least 1")
        if self.offset is not None and not (_is_number(self.offset) and self.offset >= 0):
            raise ValueError(f"offset={self.offset!r} must be a number of at least 0: below, it is no kernel")


def similarity_loss(features: Tensor, annotations: Tensor, similarity: Similarity) -> Tensor:
    """Return || K(F, F) - K(A, A) ||_F over a batch, the diagonal and both halves included (eq. 7).

    The norm is not squared. Its gradient where the two agree is taken as zero.

    A trap of scale: the norm runs over all pairs, so it grows about in proportion to the batch. Adadelta and Adam do
    not notice, plain gradient descent does: there a learning rate is one for a batch size. And K(A, A) knows nothing
    but the distances of the annotations: with rbf and gamma 0.5, nine targets within [0, 1] are never less alike than
    exp(-4.5), and targets that spread little are all nearly 1, so that a constant feature has little loss.

    Parameters
    ----------
    features : Tensor of shape (n_clips, width)
        F: mean outputs of the network.
    annotations : Tensor of shape (n_clips, n_targets)
        A: continuous targets, or classes as one-hot rows.
    similarity : Similarity

    Returns
    -------
    Tensor, a scalar.
    """
    # vector_norm's own gradient is zero, not NaN, where the norm is zero.
    loss: Tensor = torch.linalg.vector_norm(similarity(features) - similarity(annotations))
    return loss


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
