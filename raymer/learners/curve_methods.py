"""The names of paper B's methods and what of them can be set; curves.py, which needs torch, does the learning."""

from collections.abc import Mapping
from dataclasses import dataclass

from raymer.learners.spaces import Choice, Real, Space, Whole


@dataclass(frozen=True)
class CurveKind:
    """A method that is trained by epochs on sequences and predicts all targets at once.

    Attributes
    ----------
    reducer, regressor : str
        Kinds of its steps: the network by the similarity it learns, and what predicts from its features.
    reducer_params, regressor_params : tuple of str
    reducer_space, regressor_space : Space
        Which of them can be searched, and where; `width` stands for the units of the last layer of `hidden`.
    """

    reducer: str
    regressor: str
    reducer_params: tuple[str, ...]
    regressor_params: tuple[str, ...]
    reducer_space: Space
    regressor_space: Space


_NETWORK = (
    *("epochs", "every", "hidden", "excerpt", "batch"),
    *("optimiser", "learning_rate", "device", "label_scale", "normalisation"),
)
_SVM = ("C", "gamma", "epsilon")
EPOCHS, EVERY = 400, 10
NORMALISATIONS = ("train", "dataset")
"""Whose frames the statistics of the bins are of: the train clips', or all clips' as published (a mild leak)."""

_NETWORK_SPACE: Space = {
    "width": Whole(2, 200, log=True, default=50),
    "learning_rate": Real(0.1, 3.0, log=True),  # Adadelta's own is 1
    "excerpt": Whole(50, 400, log=True, default=100),
    "batch": Choice((16, 32, 64, 128), default=64),
}
_SVM_SPACE: Space = {
    "C": Real(0.01, 100.0, log=True, default=1.0),
    "gamma": Real(0.01, 10.0, log=True, default=0.5),
    "epsilon": Real(0.001, 0.5, log=True, default=0.1),
}
_RBF_SPACE: Space = {**_NETWORK_SPACE, "gamma": Real(0.05, 5.0, log=True, default=0.5)}
_POLYNOMIAL_SPACE: Space = {
    **_NETWORK_SPACE,
    "degree": Choice((1, 2, 3, 4), default=2),
    "offset": Real(0.0, 1.0, default=0.0),
}

CURVES: Mapping[str, CurveKind] = {
    "nn": CurveKind("gru", "head", _NETWORK, (), _NETWORK_SPACE, {}),
    "fl": CurveKind("gru", "svm", _NETWORK, _SVM, _NETWORK_SPACE, _SVM_SPACE),
    "rbf-sl": CurveKind("gru_rbf", "svm", (*_NETWORK, "gamma"), _SVM, _RBF_SPACE, _SVM_SPACE),
    "cos-sl": CurveKind("gru_cosine", "svm", _NETWORK, _SVM, _NETWORK_SPACE, _SVM_SPACE),
    "poly-sl": CurveKind("gru_polynomial", "svm", (*_NETWORK, "degree", "offset"), _SVM, _POLYNOMIAL_SPACE, _SVM_SPACE),
}
"""The five methods (paper B, section 3). `nn` and `fl` have one reducer, and so share its training."""
