"""The small experiment that is run, and a run of it with all that it has started."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

EXPERIMENT = """
name: ended
title: ended
corpus: synthetic
targets: [valence, arousal]
protocols: {folds: {folds: %(folds)d}}
systems:
  - {system: SVR, steps: [%(slow)s, scale, svr]}
  - {system: TNN-SVR, steps: [%(slow)s, scale, {use: tnn, width: 20, steps: %(steps)d}, svr]}
  - {system: TNN-GBM, steps: [%(slow)s, scale, {use: tnn, width: 20, steps: %(steps)d}, gbm]}
  - {system: AE-SVR, steps: [%(slow)s, scale, {use: ae, width: 20}, svr]}
"""
LOCAL = {"folds": 6, "steps": 8_000, "slow": '{use: "slow_classes:Slow"}'}
ON_RAY = {"folds": 10, "steps": 1_000, "slow": '{use: "slow_classes:Slow", seconds: 2.5}'}
"""On Ray fits mostly wait, so that its processes have the cores to start on, and it is worth it to call them."""
MODES = {
    "serial": ("--serial",),
    "processes": ("--workers", "2"),
    "ray": ("--address", "local", "--workers", "2"),
    "whole": ("--workers", "6"),
}
WORKERS = {"processes": "popen_loky", "ray": "RayTrainWorker"}


class Running:
    """A run that has been started, and all processes that it has started."""

    def __init__(self, root: Path, store: str, mode: str) -> None:
        self.mode, self.mark = mode, f"{root.name}-{time.monotonic_ns()}"
        self.log = root / f"{store}-{self.mark}.log"  # each its own: what a killed run has started may say more later
        env = {**os.environ, "TMPDIR": str(folder_of(root, store)), "RAYMER_BED": self.mark}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command(store, mode), cwd=root, env=env, stdout=subprocess.DEVNULL, stderr=log
            )

    def family(self) -> list[psutil.Process]:
        """Return every process of the run, by descent and by what its environment says."""
        found = {}
        with contextlib.suppress(psutil.NoSuchProcess):
            found = {one.pid: one for one in psutil.Process(self.process.pid).children(recursive=True)}
        for one in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if one.pid != self.process.pid and one.environ().get("RAYMER_BED") == self.mark:
                    found[one.pid] = one
        return list(found.values())

    def workers(self) -> list[psutil.Process]:
        """Return the processes that do fits, but for the driver."""
        found = []
        for one in self.family():
            with contextlib.suppress(psutil.Error):
                if WORKERS.get(self.mode, "\0") in " ".join(one.cmdline()):
                    found.append(one)
        return found

    def said(self) -> str:
        return self.log.read_text()


def folder_of(root: Path, store: str) -> Path:
    """Return the folder for temporary files of all runs on a store."""
    folder = root / f"tmp-{store}"
    folder.mkdir(exist_ok=True)
    return folder


def command(store: str, mode: str) -> list[str]:
    """Return the command line of a run."""
    words = [sys.executable, "-m", "raymer.cli.main", "run", "ended.yaml", "--corpus", "C", "--json", "--store", store]
    return [*words, "--plugin", "slow_classes.py", *MODES[mode]]
