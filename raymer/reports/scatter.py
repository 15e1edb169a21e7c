"""Clips as points: predicted against true, the plane of valence and arousal, and embeddings in two dimensions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from raymer.reports.marks import mark
from raymer.reports.plot import POINTS, Panel, Plot
from raymer.reports.style import OKABE_ITO, RULE, Series, make_series

GROUPS = 7
"""Groups that can be told apart by colour and marker; where there are more, the page shows a clip's own on hovering."""

BANDS = ("lowest", "below the middle", "above the middle", "highest")


@dataclass(frozen=True, eq=False)
class Predictions:
    """What one system predicted of one target.

    `clips` has a row a clip: `clip_id`, `group`, `true` and `predicted`, the mean over the splits that tested it; of
    classes a row a clip and split. `score` is the system's mean over splits.
    """

    system: str
    target: str
    metric: str
    score: float
    clips: pd.DataFrame

    @property
    def are_classes(self) -> bool:
        """Whether classes were predicted, and not numbers."""
        return not pd.api.types.is_numeric_dtype(self.clips["true"])


def predicted_plot(found: Sequence[Predictions], audio: Mapping[str, str]) -> Plot:
    """Return predicted against true, a panel a target; `audio` maps clip ids to file URLs where files are known."""
    groups = list(dict.fromkeys(group for one in found for group in one.clips["group"]))
    looks = make_series(sorted(groups), lines=False) if len(groups) <= GROUPS else {}
    panels = []
    for one in found:
        clips = one.clips.sort_values("group", kind="stable") if looks else one.clips
        said = "true {:.3g}, predicted {:.3g}"
        hover = tuple(
            _record(row, said.format(row.true, row.predicted), audio) for row in clips.itertuples(index=False)
        )
        panels.append(Panel(partial(_draw_predicted, one=one, clips=clips, looks=looks), hover))
    caption = (
        "Each clip as predicted by a fit that had not seen it, of the system with the best mean on that target "
        "(chosen for this picture by the scores it shows). The dashed line is a perfect prediction."
    )
    if not looks and len(groups) < len(found[0].clips):
        caption += f" {len(groups)} groups; on hovering, the clips of the same group light up."
    return Plot("predicted", "Predicted against true", caption, tuple(panels), tuple(looks.values()), (3.2, 3.1), 3)


def plane_plot(clips: pd.DataFrame, scales: Mapping[str, tuple[float, float]], audio: Mapping[str, str]) -> Plot:
    """Return the plane of valence and arousal with the clips as annotated.

    Parameters
    ----------
    clips : DataFrame
        `clip_id`, `group`, `valence`, `arousal`.
    scales : mapping of target to (low, high)
        The ends of each scale.
    audio : mapping of clip id to file URL
    """
    hover = tuple(
        _record(row, f"valence {row.valence:.3g}, arousal {row.arousal:.3g}", audio)
        for row in clips.itertuples(index=False)
    )
    caption = f"{len(clips)} clips where they were annotated. Hover for a clip's name."
    if audio:
        caption += f" Click to hear it ({len(audio)} files are known on this machine)."
    panel = Panel(partial(_draw_plane, clips=clips, scales=scales), hover)
    return Plot("plane", "The valence-arousal plane", caption, (panel,), size=(4.6, 4.4), columns=1)


def embeddings_plot(embedded: pd.DataFrame, target: str) -> Plot:
    """Return t-SNE pictures, a panel a representation, after paper A's figure 3.

    `embedded` has a row a panel and clip: `panel`, `clip_id`, `group`, `x`, `y` and `band`, 0 to 3 (`BANDS`).
    """
    names = [f"{band} {target}" for band in BANDS]
    looks = make_series(names, lines=False)
    counts = embedded[embedded["panel"] == embedded["panel"].iloc[0]]["band"].value_counts()
    panels = []
    for name in dict.fromkeys(embedded["panel"]):
        mine = embedded[embedded["panel"] == name].sort_values("band", kind="stable")
        hover = tuple(_record(row, names[row.band], {}) for row in mine.itertuples(index=False))
        panels.append(Panel(partial(_draw_embedding, name=name, rows=mine, looks=list(looks.values())), hover))
    caption = (
        f"t-SNE of {counts.sum()} train clips of one split: the {counts[0]} lowest and the {counts[3]} highest in "
        f"{target}, and the halves between. A picture of the rows that the reducers were fitted on, one of them with "
        "their labels: it shows what was learnt, not what holds for new clips."
    )
    return Plot(
        "embeddings", "What the representations look like", caption, tuple(panels), tuple(looks.values()), (3.9, 3.5), 2
    )


def _record(row: Any, text: str, audio: Mapping[str, str]) -> dict[str, str]:
    record = {"name": str(row.clip_id), "text": text}
    if row.group != row.clip_id:
        record["group"] = str(row.group)
    if row.clip_id in audio:
        record["audio"] = audio[row.clip_id]
    return record


def _points(axes: Axes, x: Any, y: Any, k: int = 0, look: Series | None = None, size: float = 13) -> None:
    axes.scatter(
        x,
        y,
        s=size,
        marker=look.marker if look else "o",
        color=look.color if look else OKABE_ITO[0],
        alpha=0.55,
        linewidths=0,
        clip_on=False,  # no point is cut where a scale ends
        gid=f"{POINTS}-{k}",
    )


def _draw_predicted(axes: Axes, one: Predictions, clips: pd.DataFrame, looks: Mapping[str, Series]) -> None:
    low, high = (f(clips[["true", "predicted"]].to_numpy(dtype=np.float64)) for f in (np.min, np.max))
    margin = 0.04 * (high - low or 1.0)
    ends = (low - margin, high + margin)
    axes.plot(ends, ends, color=RULE, linewidth=0.9, linestyle="--", zorder=1)
    if looks:
        for k, (group, look) in enumerate(looks.items()):
            mine = clips[clips["group"] == group]
            _points(axes, mine["true"], mine["predicted"], k, look)
    else:
        _points(axes, clips["true"], clips["predicted"])
    axes.set(xlim=ends, ylim=ends, aspect="equal", xlabel="true", ylabel="predicted")
    title = axes.set_title(f"{one.target.replace('_', ' ')}: {one.system}\n{one.metric} {one.score:.3f}")
    mark(title, "", [one.system])


def _draw_plane(axes: Axes, clips: pd.DataFrame, scales: Mapping[str, tuple[float, float]]) -> None:
    for target, line in (("valence", axes.axvline), ("arousal", axes.axhline)):
        line(sum(scales[target]) / 2, color="0.8", linewidth=0.9, zorder=0)
    _points(axes, clips["valence"], clips["arousal"], size=16)
    axes.set(xlim=scales["valence"], ylim=scales["arousal"], xlabel="valence", ylabel="arousal")


def _draw_embedding(axes: Axes, name: str, rows: pd.DataFrame, looks: Sequence[Series]) -> None:
    for band, look in enumerate(looks):
        mine = rows[rows["band"] == band]
        _points(axes, mine["x"], mine["y"], band, look)
    axes.set_title(name)
    axes.set(xticks=[], yticks=[])
    for side in ("left", "bottom"):
        axes.spines[side].set_color("0.8")
