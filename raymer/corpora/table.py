"""Your own data: a table with an id, features and targets, or labels and features in several."""

from collections.abc import Sequence
from pathlib import Path

from raymer.corpora.base import Corpus
from raymer.corpora.door.build import MAIN, check_input_name, input_name, make_corpus
from raymer.corpora.door.ids import Matching
from raymer.corpora.door.reading import Reading, read_data
from raymer.corpora.door.roles import RoleOptions, stay_text
from raymer.corpora.door.table_data import TableData
from raymer.corpora.info import CorpusInfo, ImportOptions

INFO = CorpusInfo(
    name="table",
    title="any CSV or Parquet file with an id, features and targets",
    where="yours",
    licence="yours",
    layout="a row a clip: an id, one or more targets, perhaps a group, features; more features in other files",
    faults=(),
    options=(
        "id_column", "group_column", "targets", "classes", "numbers", "feature", "keep", "ignore", "labels", "features",
        "missing", "mean_over", "group_from", "number_rows", "strip_zeros", "stem", "any_case", "encoding",
        "separator", "decimal",
    ),
)  # fmt: skip


def read(src: Path, options: ImportOptions) -> Corpus:
    """Read the table at `src`, and the tables of `options.features` beside it.

    With `options.labels`, labels are there and `src` is one more table of features (or the labels themselves).
    Every column gets a role: see `raymer.corpora.door.roles`.

    Raises
    ------
    Questions
        Where columns are doubtful: all of them at once.
    UsageError
        When a file is missing, no target is named, or two readings would do.
    RaymerError
        When a column is missing, an id stands twice, a cell is no number, or a target never varies.
    """
    labels, files = options.labels or src, [parse_features(text) for text in options.features or ()]
    if options.labels is not None and not _same(src, options.labels):
        files = [(MAIN, src), *files]
    said = role_options(options)
    reading = Reading(options.encoding, options.separator, options.decimal)
    main = _read(labels, said, reading)
    others = [(name, _read(path, said, reading)) for name, path in files]
    how = Matching(bool(options.strip_zeros), bool(options.stem), bool(options.any_case))
    return make_corpus(table_name(labels), main, others, said, missing=options.missing, how=how)


def role_options(options: ImportOptions) -> RoleOptions:
    """Return what is said of columns in the options of an import."""
    ids = options.id_column or ()
    return RoleOptions(
        id=(ids,) if isinstance(ids, str) else tuple(ids),
        group=options.group_column,
        targets=options.targets or (),
        classes=options.classes or (),
        numbers=options.numbers or (),
        feature=options.feature or (),
        keep=options.keep or (),
        ignore=options.ignore or (),
        number_rows=bool(options.number_rows),
        mean_over=options.mean_over,
        group_from=options.group_from,
    )


def parse_features(text: str | Path) -> tuple[str, Path]:
    """Return the input's name and the file that "NAME=FILE" or "FILE" says; FILE alone gives its own name."""
    name, mark, path = str(text).partition("=")
    if not mark or Path(str(text)).exists():
        return table_name(Path(text)), Path(text)
    check_input_name(name)
    return name, Path(path)


def table_name(path: Path) -> str:
    """Return a file's name without its endings: mine.csv.gz is mine."""
    name = path.name
    for ending in (".gz", ".csv", ".tsv", ".txt", ".parquet", ".npz"):
        if name.lower().endswith(ending) and len(name) > len(ending):
            name = name[: -len(ending)]
    return input_name(name)


def _read(path: Path, said: RoleOptions, reading: Reading) -> TableData:
    def texts(names: Sequence[str]) -> Sequence[str]:
        return stay_text(names, said, str(path))

    return read_data(path, reading, texts)


def _same(one: Path, two: Path) -> bool:
    return one.exists() and two.exists() and one.samefile(two)
