"""What the tests that kill parts of a run share: the command line in processes of its own, and what a kill leaves."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from raymer.corpora.folder import write_corpus
from raymer.corpora.synthetic import make_synthetic

CORPUS, EXPERIMENT = "C", "killed.yaml"


class Bench:
    """An experiment on a small corpus, in a folder of its own; runs of it can be started, watched and killed.

    Attributes
    ----------
    orphans : list of processes
        What a killed driver may have left running.
    """

    def __init__(self, root: Path, verb: str, experiment: str, words: Sequence[str] = ()) -> None:
        self.root, self.verb, self.words = root, verb, words
        self.orphans: list[psutil.Process] = []
        write_corpus(make_synthetic(200, 40, seed=2), root / CORPUS)
        (root / EXPERIMENT).write_text(experiment)

    def start(self, store: str, *words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "raymer.cli.main", self.verb, str(self.root / EXPERIMENT)]
        where = ["--corpus", CORPUS, "--store", store, "--json"]  # relative: workers stand in folders of their own
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*command, *where, *self.words, *words], stdout=pipe, stderr=pipe, text=True, cwd=self.root
        )

    def finish(self, process: subprocess.Popen) -> tuple[Any, str]:
        """Wait for the end and return what was printed: the record, and the lines for people."""
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        return json.loads(out), err

    def run(self, store: str, *words: str) -> tuple[Any, str]:
        return self.finish(self.start(store, *words))

    def files(self, store: str) -> dict[Path, int]:
        """The results in a store, with the time each was written."""
        return {path: path.stat().st_mtime_ns for path in (self.root / store).rglob("fits/*/*.parquet")}


@contextmanager
def bench(root: Path, verb: str, experiment: str, *words: str) -> Iterator[Bench]:
    """Yield a bench, whose runs all have `words`; at the end nothing that a killed driver started may run."""
    made = Bench(root, verb, experiment, words)
    yield made
    # Ray's agents notice a killed raylet after a minute: they are waited for once, after all tests.
    _, alive = psutil.wait_procs(made.orphans, timeout=120)
    assert alive == [], "a killed driver leaves nothing running"


def descendants(process: subprocess.Popen) -> list[psutil.Process]:
    """All processes that it started, at any depth."""
    return psutil.Process(process.pid).children(recursive=True)
