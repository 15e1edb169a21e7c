"""What archives know of their clips beside labels: artist, album, genre, style, split; kept in the clip table."""

from collections.abc import Mapping, Sequence

import pandas as pd

COLUMNS = {
    "artist": ("artist",),
    "title": ("title", "song title"),
    "album": ("album",),
    "genre": ("genre",),
    "style": ("style",),
    "year": ("year",),
    "split": ("split", "mediaeval 2013 set"),
}
"""What is kept, and what its column is called, in any case."""

Known = dict[str, dict[str, str]]


def known_of(frame: pd.DataFrame, ids: Sequence[str]) -> Known:
    """Return {"artist": {clip: text}, ...} of the columns that a table of an archive has; `ids` are its rows' clips."""
    found: Known = {}
    for name, called in COLUMNS.items():
        column = next((column for column in frame.columns if str(column).casefold() in called), None)
        if column is not None:
            cells = frame[column].astype(str)
            found[name] = {clip: cell for clip, cell in zip(ids, cells, strict=True) if cell.strip()}
    return found


def add_known(clips: pd.DataFrame, known: Mapping[str, Mapping[str, str]]) -> None:
    """Add to the clip table what is known, None where it is not; what no clip has is left out."""
    for name, by_clip in known.items():
        column = [by_clip.get(clip) for clip in clips["clip_id"]]
        if name not in clips.columns and any(column):
            clips[name] = pd.Series(column, dtype=object, index=clips.index)
