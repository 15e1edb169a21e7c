"""What a corpus module says of itself, and what a user may ask of an import."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class CorpusInfo:
    """Where a corpus is had and what is known of it; `options` names the fields of ImportOptions it heeds."""

    name: str
    title: str
    where: str
    licence: str
    layout: str
    faults: tuple[str, ...]
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportOptions:
    """Choices of an import; what a corpus does not heed is refused before its reader is called.

    Attributes
    ----------
    features_table : Path, optional
        Ready features, for corpora whose archive has them a file a song.
    repair : str, optional
        DEAM's songs whose columns are put right.
    id_column, group_column : str, or several for the id, optional
    targets, classes, numbers : tuple of str, optional
        What is predicted; `classes` and `numbers` also say which kind it is.
    feature, keep, ignore : tuple of str, optional
        Names or patterns of columns, and the role they get.
    labels, features : Path and tuple of "FILE" or "NAME=FILE", optional
        Labels and features in files of their own.
    missing : {"keep", "drop-rows", "drop-columns"}, optional
    mean_over : str, optional
        The column of raters, where a clip has a row each.
    group_from : str, optional
        A regular expression over ids, whose brackets hold the group: "(.*)[.][0-9]+".
    number_rows : bool, optional
        Ids are 1, 2, 3 ...
    strip_zeros, stem, any_case : bool, optional
        How ids of two files are compared.
    encoding, separator, decimal : str, optional
    file_column : str, optional
        Where a table of labels names the audio files.
    """

    features_table: Path | None = None
    repair: str | None = None
    id_column: str | tuple[str, ...] | None = None
    group_column: str | None = None
    targets: tuple[str, ...] | None = None
    labels: Path | None = None
    classes: tuple[str, ...] | None = None
    numbers: tuple[str, ...] | None = None
    feature: tuple[str, ...] | None = None
    keep: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    features: tuple[str, ...] | None = None
    missing: str | None = None
    mean_over: str | None = None
    group_from: str | None = None
    number_rows: bool | None = None
    strip_zeros: bool | None = None
    stem: bool | None = None
    any_case: bool | None = None
    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None
    file_column: str | None = None
