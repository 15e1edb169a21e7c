"""The 260 openSMILE features of DEAM (IS13 ComParE low-level descriptors; paper A, table II) and ready feature tables.

65 descriptors and their 65 first differences, each by mean and population standard deviation over a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from raymer.corpora.base import Input
from raymer.corpora.tables import clip_ids, find_id_column, numbers, read_table
from raymer.errors import RaymerError

INPUT_NAME = "is13-260"

_VOICE = """
    F0final voicingFinalUnclipped jitterLocal jitterDDP shimmerLocal logHNR
    audspec_lengthL1norm audspecRasta_lengthL1norm pcm_RMSenergy pcm_zcr
""".split()
_SPECTRUM = """
    fband250-650 fband1000-4000 spectralRollOff25.0 spectralRollOff50.0 spectralRollOff75.0 spectralRollOff90.0
    spectralFlux spectralCentroid spectralEntropy spectralVariance spectralSkewness spectralKurtosis spectralSlope
    psySharpness spectralHarmonicity
""".split()


def _descriptors(step: str) -> list[str]:
    """Return the 65 descriptors; `step` is "_sma" (smoothed) or "_sma_de" (first difference)."""
    return [
        *(f"{name}{step}" for name in _VOICE),
        *(f"audSpec_Rfilt{step}[{band}]" for band in range(26)),
        *(f"pcm_fftMag_{name}{step}" for name in _SPECTRUM),
        *(f"pcm_fftMag_mfcc{step}[{k}]" for k in range(1, 15)),
    ]


FEATURES = tuple(
    f"{name}_{statistic}"
    for step in ("_sma", "_sma_de")
    for name in _descriptors(step)
    for statistic in ("stddev", "amean")
)
"""Names of the 260 features, in the order of DEAM's files."""


@dataclass(frozen=True)
class ReadyFeatures:
    """Song-level features from one table: the input, and what of the table was not taken."""

    input: Input
    unknown_clips: int
    ignored_columns: tuple[str, ...]


def read_ready_features(path: Path, ids: Sequence[str], name: str = INPUT_NAME) -> ReadyFeatures:
    """Read a table with an id and a column a feature, and keep the rows of `ids`, in their order.

    Where the table has DEAM's features it must have all 260, and columns beside them (counts of frames, say) are
    ignored by name; otherwise every column but the id is a feature.

    Raises
    ------
    UsageError
        When the file is missing.
    RaymerError
        For a missing id column or feature, a cell that is no finite number, or when no row belongs to a clip.
    """
    frame = read_table(path)
    id_column = find_id_column(frame, path)
    others = [column for column in frame.columns if column != id_column]
    columns = list(FEATURES) if set(FEATURES) & set(others) else others
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise RaymerError(f"{path}: feature column {missing[0]!r} is missing ({len(missing)} of {len(columns)} in all)")
    row_of = {clip: row for row, clip in enumerate(clip_ids(frame, id_column, path))}
    wanted = [clip for clip in ids if clip in row_of]
    if not wanted:
        raise RaymerError(f"{path}: none of its {len(frame)} rows belongs to one of the {len(ids)} annotated songs")
    rows = np.array([row_of[clip] for clip in wanted])
    values = numbers(frame.iloc[rows], columns, path, wanted)
    return ReadyFeatures(
        input=Input(name, np.array(wanted, dtype=str), values, tuple(columns)),
        unknown_clips=len(frame) - len(wanted),
        ignored_columns=tuple(column for column in others if column not in set(columns)),
    )
