"""The names of paper B's methods and what of them can be set; curves.py, which needs torch, does the learning."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class CurveKind:
    """A method that is trained by epochs on sequences and predicts all targets at once.

    Attributes
    ----------
    reducer, regressor : str
        Kinds of its steps: the network by the similarity it learns, and what predicts from its features.
    reducer_params, regressor_params : tuple of str
    """

    reducer: str
    regressor: str
    reducer_params: tuple[str, ...]
    regressor_params: tuple[str, ...]


_NETWORK = ("epochs", "every", "hidden", "excerpt", "batch", "optimiser", "learning_rate", "device", "label_scale")
_SVM = ("C", "gamma", "epsilon")
EPOCHS, EVERY = 400, 10

CURVES: Mapping[str, CurveKind] = {
    "nn": CurveKind("gru", "head", _NETWORK, ()),
    "fl": CurveKind("gru", "svm", _NETWORK, _SVM),
    "rbf-sl": CurveKind("gru_rbf", "svm", (*_NETWORK, "gamma"), _SVM),
    "cos-sl": CurveKind("gru_cosine", "svm", _NETWORK, _SVM),
    "poly-sl": CurveKind("gru_polynomial", "svm", (*_NETWORK, "degree", "offset"), _SVM),
}
"""The five methods (paper B, section 3). `nn` and `fl` have one reducer, and so share its training."""
