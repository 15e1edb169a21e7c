"""Your own data: one CSV or Parquet table with an id, features and targets."""

from pathlib import Path

import pandas as pd

from raymer.corpora.base import Corpus, Input, Target
from raymer.corpora.info import CorpusInfo, ImportOptions
from raymer.corpora.tables import ID_COLUMNS, clip_ids, numbers, read_table, require_columns
from raymer.errors import RaymerError, UsageError

INFO = CorpusInfo(
    name="table",
    title="any CSV or Parquet file with an id, features and targets",
    where="yours",
    licence="yours",
    layout="a row a clip: an id, one or more --target columns, perhaps a --group column, all others features",
    faults=(),
    options=("id_column", "group_column", "targets"),
)


def read(src: Path, options: ImportOptions) -> Corpus:
    """Read a table; every column that is not the id, the group or a target is a feature.

    Raises
    ------
    UsageError
        When the file is missing or no target is named.
    RaymerError
        When a named column is missing, an id stands twice, a cell is no finite number, or no feature is left.
    """
    if not options.targets:
        raise UsageError("say which columns are predicted: --target NAME (again for more)")
    frame = read_table(src)
    id_column = options.id_column or next((name for name in ID_COLUMNS if name in frame.columns), None)
    if id_column is None:
        raise UsageError(f"{src} has none of the columns {', '.join(ID_COLUMNS)}: name the id with --id")
    named = [id_column, *options.targets, *([options.group_column] if options.group_column else [])]
    require_columns(frame, named, src)
    features = [column for column in frame.columns if column not in named]
    if not features:
        raise RaymerError(f"{src} has no feature: all its columns are the id, the group or targets")
    ids = clip_ids(frame, id_column, src)
    clips = pd.DataFrame({"clip_id": ids, "group": _groups(frame, options.group_column, ids, src)})
    labels = numbers(frame, options.targets, src, ids.tolist())
    for k, target in enumerate(options.targets):
        clips[target] = labels[:, k]
    item = Input("features", ids, numbers(frame, features, src, ids.tolist()), tuple(features))
    notes = {"annotated": len(clips), "with_features": len(clips), "features": len(features)}
    targets = tuple(
        Target(name, low=float(clips[name].min()), high=float(clips[name].max())) for name in options.targets
    )
    return Corpus(src.stem, clips, targets, {item.name: item}, notes)


def _groups(frame: pd.DataFrame, column: str | None, ids: object, path: Path) -> object:
    if column is None:
        return ids
    groups = frame[column].astype(str)
    if frame[column].isna().any() or (groups == "").any():
        raise RaymerError(f"{path}: a row has no {column}; every clip needs a group when --group is given")
    return groups.to_numpy()
