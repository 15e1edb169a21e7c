"""The confusion matrix: its counts, and what is drawn of them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from raymer.reports.confusion import MOST_CLASSES, MOST_FIGURES, classes_of, confusion, confusion_plot
from raymer.reports.plot import draw_whole
from raymer.reports.scatter import Predictions


def predictions(n_classes: int, n: int = 300) -> Predictions:
    rng = np.random.default_rng(n_classes)
    names = np.array([f"class {k:02d}" for k in range(n_classes)])
    true, predicted = rng.choice(names, size=n), rng.choice(names[:-1], size=n)
    clips = pd.DataFrame({"clip_id": np.arange(n).astype(str), "group": "g", "true": true, "predicted": predicted})
    return Predictions("svc", "genre", "accuracy", 0.5, clips)


@pytest.mark.parametrize("n_classes", [2, 5])
def test_counts_are_scikit_learns(n_classes):
    one = predictions(n_classes)
    expected = confusion_matrix(one.clips["true"], one.clips["predicted"], labels=classes_of(one))
    assert confusion(one).tolist() == expected.tolist()
    assert confusion(one)[:, -1].sum() == 0, "a class that nobody predicted has its column"


@pytest.mark.parametrize("n_classes", [3, MOST_FIGURES + 1, MOST_CLASSES + 2])
def test_cells_are_named_as_far_as_they_can_be_read(n_classes):
    one = predictions(n_classes, 2000)
    plot = confusion_plot([one])
    (axes,) = draw_whole(plot).axes
    assert len(axes.texts) == (np.count_nonzero(confusion(one)) if n_classes <= MOST_FIGURES else 0)
    named = [label.get_text() for label in axes.get_yticklabels()]
    totals = dict(zip(classes_of(one), confusion(one).sum(axis=1), strict=True))
    assert named == ([f"{name} ({n})" for name, n in totals.items()] if n_classes <= MOST_CLASSES else [])
    assert axes.get_title("left") == "genre: svc, accuracy 0.500"
