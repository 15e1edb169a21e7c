"""The forest plot and the words of a comparison."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

from raymer.errors import UsageError
from raymer.experiments.loading import load_experiment
from raymer.experiments.spec import SystemSpec
from raymer.reports.comparison import published_claim, record, sentences
from raymer.reports.forest import draw_forest, forest
from raymer.stats import compare_pairs, pairs_from_arrays


def comparison(shift, target="valence", spread=0.02):
    rng = np.random.default_rng(0)
    b = rng.normal(0.4, 0.05, 30)
    a = b + shift + rng.normal(0, spread, 30)
    made = compare_pairs(pairs_from_arrays(a, b, n_train=360, n_test=40, a="tnn-svr", b="svr"), rope=0.01)
    return replace(made, target=target, metric="r2")


THREE = [comparison(0.1), comparison(0.01, "arousal", 0.1), comparison(0.0, "calmness", 0.001)]


def test_it_is_drawn_in_grey_only():
    axes = draw_forest(THREE).axes[0]
    drawn = [color for line in axes.lines for color in (line.get_color(), line.get_markerfacecolor())]
    for color in drawn:
        assert float(color) >= 0, "a grey level"
    markers = [(line.get_marker(), line.get_markerfacecolor()) for line in axes.lines if line.get_marker() in "os"]
    assert len(set(markers)) == 3, "three verdicts, three looks"
    assert [label.get_text().split(":")[0] for label in axes.get_yticklabels()] == ["valence", "arousal", "calmness"]


def test_rows_are_the_corrected_intervals_and_the_band_is_the_rope():
    axes = draw_forest(THREE).axes[0]
    lines = [line for line in axes.lines if line.get_marker() == "None" and len(set(line.get_ydata())) == 1]
    for one, line in zip(THREE, lines, strict=True):
        assert tuple(line.get_xdata()) == one.nadeau_bengio.interval
    band = axes.patches[0].get_extents().transformed(axes.transData.inverted())
    assert (band.x0, band.x1) == pytest.approx((-0.01, 0.01))


@pytest.mark.parametrize("name", ["f.svg", "f.png", "f.pdf"])
def test_files(tmp_path, name):
    forest(THREE, tmp_path / "new" / name, title="DEAM")
    assert (tmp_path / "new" / name).stat().st_size > 1000


def test_svg_is_the_same_each_time(tmp_path):
    for name in ("a.svg", "b.svg"):
        forest(THREE, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_another_format_is_refused(tmp_path):
    with pytest.raises(UsageError, match="a plot is"):
        forest(THREE, tmp_path / "f.gif")


@dataclass(frozen=True)
class Verdict:
    method: str = "rbf-sl"
    baseline: str = "nn"
    verdict: str = "improved"
    epoch: int = 400
    splits: int = 100
    target: str | None = None


def test_published_verdicts_and_means():
    a, b = SystemSpec(system="RBF-SL", method="svr"), SystemSpec(system="NN", method="gbm")
    spec = SimpleNamespace(targets=("genre",), published_verdicts=(Verdict("svr", "gbm"),))
    claim = published_claim(spec, a, b, "genre")
    other = published_claim(spec, b, a, "genre")
    assert (claim.verdict, claim.improved) == (other.verdict, other.improved)
    assert (claim.of_a, other.of_a) == (True, False)
    assert "svr improved on gbm (Welch at 5 % over 100 random splits, epoch 400)" in claim.verdict
    many = SimpleNamespace(targets=("joy", "power"), published_verdicts=(Verdict("svr", "gbm", "not improved"),))
    assert published_claim(many, a, b, "joy") is None
    assert "did not improve" in published_claim(many, a, b, "average").verdict
    assert record(THREE[0], claim)["published"]["difference"] is None
    real = load_experiment("cheuk2020-deam-significance")
    tnn, pca = real.systems[:2]
    assert published_claim(real, tnn, pca, "valence").difference == pytest.approx(0.361 - 0.274)
    assert "+0.087" in sentences(THREE[0], published_claim(real, tnn, pca, "valence"))[-1]
