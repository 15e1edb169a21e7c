"""Archives with a table of one class a clip, and audio named after the clips' ids."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from raymer.corpora.audio_files import corpus_with_audio, find_audio, unannotated
from raymer.corpora.base import Corpus, Target
from raymer.corpora.known import Known, add_known, known_of
from raymer.corpora.tables import clip_ids, read_table, require_columns
from raymer.errors import RaymerError


def read_labels(
    name: str,
    src: Path,
    table: Path,
    *,
    id_column: str,
    label_column: str,
    labels: Sequence[str],
    target: str,
    artists: Path | None = None,
) -> Corpus:
    """Return the corpus of a table of classes; audio is ID, LABEL/ID, audio/ID or audio/LABEL/ID below `src`.

    Parameters
    ----------
    name, src
        Of the corpus.
    table : Path
        CSV with `id_column` and `label_column`; a column `artist`, in any case, gives the groups.
    labels : sequence of str
        The classes there are; in the table their case may differ.
    target : str
        What the class is called.
    artists : Path, optional
        A second table with `id_column` and an artist, read where the first has none.

    Raises
    ------
    UsageError
        When `table` is missing.
    RaymerError
        For an unknown label, an id that is empty or stands twice, or when no audio is found.
    """
    frame = read_table(table)
    require_columns(frame, [id_column, label_column], table)
    ids = clip_ids(frame, id_column, table)
    known = {label.lower(): label for label in labels}
    wrong = [row for row, label in enumerate(frame[label_column]) if str(label).lower() not in known]
    if wrong:
        raise RaymerError(
            f"{table}: row of {str(ids[wrong[0]])!r}, column {label_column!r}: {frame[label_column].iloc[wrong[0]]!r} "
            f"is none of {', '.join(labels)}"
        )
    values = [known[str(label).lower()] for label in frame[label_column]]
    details: Known = {**_known_of_file(artists, id_column), **known_of(frame, ids.tolist())}
    artist = details.get("artist", {})
    clips = pd.DataFrame(
        {
            "clip_id": ids,
            "group": [artist.get(clip) or clip for clip in ids.tolist()],
            target: values,
            "audio": [_find(src, clip, label) for clip, label in zip(ids.tolist(), values, strict=True)],
        }
    )
    add_known(clips, details)
    notes = {
        "clips_a_class": {label: values.count(label) for label in labels},
        "artists_known": sum(bool(artist.get(clip)) for clip in ids.tolist()),
        "audio_without_label": unannotated(src, clips),
    }
    layout = "audio/ID.mp3 or LABEL/ID.mp3"
    made = corpus_with_audio(name, src, clips, (Target(target, kind="class"),), notes, layout=layout)
    return replace(made, group_name="artist" if artist else None)


def _find(src: Path, clip: str, label: str) -> str | None:
    return find_audio(src, [f"audio/{clip}", f"{label}/{clip}", f"audio/{label}/{clip}", clip])


def _known_of_file(path: Path | None, id_column: str) -> Known:
    if path is None or not path.is_file():
        return {}
    frame = read_table(path)
    require_columns(frame, [id_column], path)
    return known_of(frame, clip_ids(frame, id_column, path).tolist())
