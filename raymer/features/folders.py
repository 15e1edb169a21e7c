"""Where the frames of a corpus lie: CORPUS/features/NAME, or NAME-FINGERPRINT of those computed here."""

import re
from pathlib import Path

from raymer.corpora.base import Corpus
from raymer.errors import UsageError
from raymer.features.manifest import MANIFEST


def features_folder(corpus: Corpus, name: str) -> Path:
    """Return the finished folder CORPUS/features/NAME, or the one NAME-*; UsageError says what to do without."""
    if corpus.folder is None:
        raise UsageError(f"corpus {corpus.name} was not read from a folder: {name} lies in CORPUS/features")
    built = built_features(corpus.folder)
    found = [path for path in built if path.name == name] or [path for path in built if _is_of(path, name)]
    if not found:
        raise UsageError(
            f"{corpus.folder} has no {name} features: make them with `raymer features {corpus.folder}`, or add ready "
            f"frames with `raymer add {corpus.folder} FILE --name {name}`"
        )
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UsageError(f"{corpus.folder} has several {name} features ({names}): name one as the experiment's input")
    return found[0]


def built_features(folder: Path) -> list[Path]:
    """Return the finished features folders of a corpus folder."""
    found = (path.parent for path in (folder / "features").glob(f"*/{MANIFEST}"))
    return sorted(path for path in found if not path.name.startswith("."))


def _is_of(path: Path, name: str) -> bool:
    """Say whether a folder is NAME-FINGERPRINT."""
    return re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{16}}", path.name) is not None
