# %% [markdown]
# # A reducer of your own
#
# Any class with scikit-learn's `fit` and `transform` goes between the scaler and the predictor. It is made new in every
# fold; `raymer.find_leaks` shows whether a way of evaluating it lets it see more.

# %%
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

import raymer


class MostCorrelated(TransformerMixin, BaseEstimator):
    """Keep the features that go best with the labels of the train part."""

    def __init__(self, count: int = 4) -> None:
        self.count = count

    def fit(self, X: np.ndarray, y: np.ndarray) -> "MostCorrelated":
        """Choose."""
        with_y = np.abs(np.corrcoef(X.T, y)[-1, :-1])
        self.kept_ = np.argsort(with_y)[-self.count :]
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the features that were chosen."""
        return X[:, self.kept_]


# %%
corpus = raymer.make_synthetic(120, 30, seed=0)
systems = {
    "all": make_pipeline(StandardScaler(), SVR()),
    "most correlated": make_pipeline(StandardScaler(), MostCorrelated(4), SVR()),
}
scores = raymer.cross_validate(corpus, systems, raymer.KFold(5, shuffle=True, seed=0), targets="valence")
print(scores)
print(raymer.compare(scores, "most correlated", "all"))

# %% [markdown]
# From the command line the class stands in a file, and the YAML's steps name it,
# `{use: "mine:MostCorrelated", count: 4}`, with `raymer run mine.yaml --plugin mine.py`.
