"""What raymer's reducers that learn from labels have in common."""

from numbers import Integral
from typing import Any

from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags


class SupervisedReducer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """A transformer of tables whose `fit` needs labels, by default of several targets too."""

    def __sklearn_tags__(self) -> Tags:
        """Say that `fit` needs labels, and takes several targets."""
        tags: Tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags


def check_counts(reducer: Any, **least: int) -> None:
    """Raise a ValueError for the first of these parameters that is no whole number of at least so much."""
    for name, lowest in least.items():
        value = getattr(reducer, name)
        if not isinstance(value, Integral) or int(value) < lowest:
            raise ValueError(f"{name}={value!r} must be a whole number of at least {lowest}")
