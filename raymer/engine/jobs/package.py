"""What a job takes along: raymer itself as it is imported here, and the files that the command names."""

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import raymer
from raymer.errors import UsageError
from raymer.scratch import scratch

MAX_BYTES = 10_000_000
_SKIPPED = {"__pycache__"}


@dataclass(frozen=True)
class Package:
    """Files to send: name within the job's folder, and where each lies here."""

    files: tuple[tuple[str, Path], ...]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(path.stat().st_size for _, path in self.files)

    @contextlib.contextmanager
    def staged(self) -> Iterator[Path]:
        """Yield a temporary folder with copies of the files and nothing else: the job's working directory."""
        with scratch("job") as own:
            folder = own / "job"
            for inside, path in self.files:
                (folder / inside).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, folder / inside)
            # The cluster need not have raymer installed; results record its version all the same.
            facts = folder / f"raymer-{raymer.__version__}.dist-info" / "METADATA"
            facts.parent.mkdir()
            facts.write_text(f"Metadata-Version: 2.1\nName: raymer\nVersion: {raymer.__version__}\n")
            yield folder


def make_package(extra: Sequence[Path]) -> Package:
    """Return the package of a job: the modules and experiments of raymer, and `extra` files beside them.

    From a working tree or an installed wheel alike, only raymer's own folder is taken, so no data, no virtual
    environment and no history can go along.

    Raises
    ------
    UsageError
        When a file is missing, two have one name, or all are more than 10 MB.
    """
    root = Path(raymer.__file__).parent
    files = [
        (f"raymer/{path.relative_to(root).as_posix()}", path)
        for path in sorted(root.rglob("*"))
        if path.is_file() and not _is_skipped(path.relative_to(root))
    ]
    for path in extra:
        if not path.is_file():
            raise UsageError(f"{path} does not exist")
        files.append((path.name, path))
    names = [name for name, _ in files]
    if len(set(names)) < len(names):
        raise UsageError("two of the files to send have the same name: rename one")
    package = Package(tuple(files))
    if package.size > MAX_BYTES:
        largest = max(files, key=lambda item: item[1].stat().st_size)
        raise UsageError(
            f"the job would take {package.size / 1e6:.1f} MB along, more than {MAX_BYTES / 1e6:.0f}: "
            f"the largest file is {largest[1]}"
        )
    return package


def _is_skipped(path: Path) -> bool:
    return any(part in _SKIPPED or part.startswith(".") for part in path.parts)
