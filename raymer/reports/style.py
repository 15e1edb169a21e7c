"""The house style of figures: told apart in grey and by colour-blind eyes, by line, marker and colour at once."""

from dataclasses import dataclass
from typing import Any

from matplotlib.lines import Line2D

INK, RULE, BAND = "0.1", "0.45", "0.87"

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito (2008), without the yellow that white paper swallows."""

LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 2.5)), (0, (8, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titlepad": 7,
    "axes.labelsize": 9,
    "axes.edgecolor": RULE,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.4,
    "lines.markersize": 4.5,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "text.parse_math": False,  # names are no formulas
}
"""matplotlib's settings under which every figure is drawn and written."""


@dataclass(frozen=True)
class Series:
    """How one method, reducer or group looks in every panel of a figure; `line` is "none" where points are loose."""

    label: str
    color: str
    line: Any
    marker: str
    is_hollow: bool = False

    def handle(self) -> Line2D:
        """Return its entry in a figure's legend."""
        return self._line([], label=self.label)

    def key(self) -> Line2D:
        """Return its mark alone, across the middle of a small figure."""
        return self._line([0.05, 0.5, 0.95], markevery=[1])

    def _line(self, x: list[float], **more: Any) -> Line2D:
        filling = "none" if self.is_hollow else self.color
        look = {"color": self.color, "linestyle": self.line, "marker": self.marker, "markerfacecolor": filling}
        return Line2D(x, [0.5] * len(x), **look, **more)


def make_series(labels: list[str], *, lines: bool = True) -> dict[str, Series]:
    """Return a look for each label, in order; beyond seven, colours come again with another line and marker."""
    n = len(OKABE_ITO)
    looks = {}
    for k, label in enumerate(labels):
        turn = k + k // n  # a second round pairs each colour with the next line and marker
        line = LINES[turn % n] if lines else "none"
        looks[label] = Series(label, OKABE_ITO[k % n], line, MARKERS[turn % n])
    return looks
