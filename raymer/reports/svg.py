"""A figure as an element of the page: ids of its own, colours that follow the page's, marks that can be picked."""

import io
import re
from collections.abc import Callable, Mapping
from html import escape

from matplotlib.figure import Figure
from matplotlib.style import context

from raymer.reports.marks import Mark, name_marks
from raymer.reports.style import STYLE

COLOURS = {
    "#000000": "ink",
    "#1a1a1a": "ink",
    "#595959": "quiet",
    "#737373": "quiet",
    "#999999": "grey",
    "#cccccc": "rule",
    "#d9d9d9": "rule",
    "#dedede": "band",
    "#ededed": "soft",
    "#ffffff": "paper",
    "#0072b2": "blue",
}
"""The colours of the house style that the page has as its own: light on dark where the page is dark."""

PlaceOf = Callable[[int | str], int | None]


def svg_element(figure: Figure, prefix: str, place_of: PlaceOf = lambda system: None) -> str:
    """Return a figure as an SVG element for a page, without size: the page decides how wide it is.

    Parameters
    ----------
    figure : Figure
    prefix : str
        What its ids begin with.
    place_of : callable
        From a system, as marks name it, to its place in the experiment; None where it is not known.
    """
    buffer = io.StringIO()
    marks = name_marks(figure)
    with context([STYLE, {"svg.hashsalt": prefix}]):
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    text = buffer.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)  # it would hold for the whole page
    text = re.sub(r'(<path id="[^"]*" d="[^"]*") style="[^"]*"', r"\1", text)  # shapes take the colour of their use
    text = re.sub(r"(?<=[:;] )#[0-9a-f]{6}(?=[;\"])", _colour, text)
    text = _with_marks(text, marks, place_of)
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", text)
    return re.sub(r' width="[^"]*pt" height="[^"]*pt"', "", text, count=1)


def _colour(found: re.Match[str]) -> str:
    name = COLOURS.get(found[0])
    return f"var(--{name})" if name else found[0]


def _with_marks(text: str, marks: Mapping[str, Mark], place_of: PlaceOf) -> str:
    """Say of each mark's group which systems it is of, and its numbers as a title."""
    for name, one in marks.items():
        places = {place for system in one.systems if (place := place_of(system)) is not None}
        of = f' data-systems="{" ".join(map(str, sorted(places)))}"' if places else ""
        title = f"<title>{escape(one.said)}</title>" if one.said else ""
        text = text.replace(f'<g id="{name}">', f'<g id="{name}" class="mark"{of}>{title}', 1)
    return text
