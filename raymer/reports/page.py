"""The page: one HTML file with everything in it, that asks nothing of any network."""

import json
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from raymer import __version__
from raymer.plain import visible
from raymer.reports.copies import make_copies
from raymer.reports.plot import Plot, legend_keys, panel_svgs
from raymer.reports.report import Report
from raymer.reports.searched import Searched, search_sentences, search_table
from raymer.reports.summary import RULE
from raymer.reports.svg import PlaceOf
from raymer.reports.text_table import TextTable

STYLES = ("layout.css", "table.css", "figure.css", "print.css")
SCRIPTS = ("theme.js", "tables.js", "picks.js", "points.js")


def make_page(report: Report, plots: list[Plot]) -> str:
    """Return the page of a report as HTML: styles, figures, points and their scripts are all inside.

    Names from the corpus are escaped in the text and reach the script as data only. The page's own policy forbids
    every request but that for a local sound file, which is made when its clip is clicked.
    """
    environment = Environment(
        loader=PackageLoader("raymer.reports", "page_parts"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    figures = [
        {
            "name": plot.name,
            "title": plot.title,
            "caption": plot.caption,
            # Our own SVG: matplotlib has escaped the text in it.
            "keys": [(Markup(svg), label) for svg, label in legend_keys(plot)],
            "panels": [Markup(svg) for svg in panel_svgs(plot, _place_of(report))],
            "width": plot.size[0],
        }
        for plot in plots
    ]
    return environment.get_template("page.html").render(
        report=report,
        spec=report.spec,
        version=__version__,
        contents=_contents(report, plots),
        verdicts=report.verdicts(),
        rule=RULE,
        n_systems=len(report.spec.systems),
        tables=report.tables(),
        make_copies=make_copies,
        search=_search(report.searched),
        figures=figures,
        css=Markup("\n".join(map(_part, STYLES))),
        script=Markup("\n".join(map(_part, SCRIPTS))),
        hover=Markup(_hover(plots)),
    )


def _shown(value: object) -> object:
    """Return a text whose control characters are seen; what is HTML, and no text, is as it was."""
    return visible(value) if type(value) is str else value


def _place_of(report: Report) -> PlaceOf:
    """Return what finds the place in the experiment of a system that a figure names; of all protocols the same."""
    count = len(report.spec.systems)
    named = zip(report.systems, report.labels, strict=True)
    places = {name: k % count for k, (one, label) in enumerate(named) for name in (label, f"{label}, {one.protocol}")}
    return lambda system: system % count if isinstance(system, int) else places.get(system)


def _search(found: Searched | None) -> tuple[list[str], TextTable | None]:
    """Return what is said of the search, and the table of its outer folds."""
    if found is None:
        return [], None
    return search_sentences(found), search_table(found.worth) if found.worth else None


def _contents(report: Report, plots: list[Plot]) -> dict[str, str]:
    """Return the sections of the page by id, in order, with their titles."""
    spec = report.spec
    contents = {"summary": "Verdict" if report.verdicts() else "Summary", "results": "Results"}
    contents |= {plot.name: plot.title for plot in plots}
    if report.searched:
        contents["search"] = "What the search is worth"
    contents["run"] = "How to reproduce it"
    if spec.not_mentioned or spec.notes:
        contents["notes"] = "What the source leaves open, and what was chosen" if spec.not_mentioned else "Notes"
    if report.failures:
        contents["failures"] = "Failed fits"
    return contents


def _hover(plots: list[Plot]) -> str:
    """Return the records of all points as JSON that cannot end the script element it stands in."""
    records = {
        f"{plot.name}-{number}": panel.hover
        for plot in plots
        for number, panel in enumerate(plot.panels, 1)
        if panel.hover
    }
    text = json.dumps(records, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _part(name: str) -> str:
    return (files("raymer.reports") / "page_parts" / name).read_text(encoding="utf-8")
