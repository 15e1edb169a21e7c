"""What a class says of itself, by scikit-learn's public tags."""

import warnings

from sklearn.utils import get_tags

from raymer.components.component import Component


def is_supervised(component: Component) -> bool:
    """Say whether a reducer learns from labels.

    scikit-learn's own classes say so by their tags. Of a class of somebody else's only a tag that it sets itself
    counts: the default says nothing, and what is unknown counts as supervised, so that no training is shared between
    targets that it may have learnt from.
    """
    if component.supervised is not None:
        return component.supervised
    if component.role == "encoder":
        return True
    cls = component.cls
    says = next((base for base in cls.__mro__ if "__sklearn_tags__" in vars(base)), None)
    home = cls.__module__.partition(".")[0]
    if says is None or (home != "sklearn" and says.__module__.partition(".")[0] == "sklearn"):
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(get_tags(cls()).target_tags.required)
    except Exception:
        return True


def is_predictor(component: Component) -> bool:
    """Say whether a class predicts."""
    return callable(getattr(component.cls, "predict", None))
