"""What this machine has, for a bug report: versions, cores, memory, disk, Ray, compiled code; nothing of the user's."""

import os
import platform
import shutil
import tempfile
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import raymer
from raymer.components.catalogue import GROUPS
from raymer.components.plugins import PLUGINS
from raymer.errors import RaymerError, UsageError

LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas", "pyarrow", "numba", "torch", "lightgbm", "optuna")
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "RAY_AUTH_MODE")
"""Variables whose values are shown: a number or a word of Ray's, never a place or a token."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LITTLE_DISK = 1.0
"""Free GB below which stores, features and Ray's object store get into trouble."""


@dataclass(frozen=True)
class Checkup:
    """What was found.

    Attributes
    ----------
    facts : dict of str to dict
        By what they are about (versions, processor, memory, disk, ray, numba, browser, plugins); JSON-ready. Sizes are
        in GB. No user, host, path or token is among them.
    problems : list of str
        What would keep raymer from working, a line each.
    """

    facts: dict[str, dict[str, Any]]
    problems: list[str]

    def to_record(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return asdict(self)


def doctor(address: str | None = None) -> Checkup:
    """Look at this machine.

    Parameters
    ----------
    address : str, optional
        A Ray to connect to ("local" starts one, "auto", "HOST:PORT"); None only looks whether Ray can be imported.

    Raises
    ------
    UsageError
        For an address that cannot be one.
    """
    ray, ray_problems = _ray(address)
    facts = {
        "versions": _versions(),
        "processor": _processor(),
        "memory": _memory(),
        "disk": _disk(),
        "ray": ray,
        "numba": _numba(),
        "browser": {name: shutil.which(name) is not None for name in BROWSERS},
        "plugins": _plugins(),
    }
    little = [place for place, free in facts["disk"].items() if free < LITTLE_DISK]
    problems = [
        *_unmet(),
        *ray_problems,
        *(f"little disk is free for {place}: {facts['disk'][place]} GB" for place in little),
    ]
    return Checkup(facts, problems)


def _versions() -> dict[str, Any]:
    found = {"raymer": raymer.__version__, "python": platform.python_version()}
    found |= {"system": f"{platform.system()} {platform.release()}", "machine": platform.machine()}
    return found | {name: _version(name) for name in LIBRARIES}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _unmet() -> list[str]:
    """Return a line for each library that is missing, or of a version that raymer was not tried with."""
    from packaging.requirements import Requirement

    try:
        wanted = [Requirement(line) for line in metadata.requires("raymer") or ()]
    except metadata.PackageNotFoundError:  # from a checkout that is not installed
        return []
    lines = []
    for one in wanted:
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        here = _version(one.name)
        if here is None:
            lines.append(f"{one.name} is not installed: raymer needs {one.name}{one.specifier}")
        elif not one.specifier.contains(here, prereleases=True):
            lines.append(f"{one.name} {here} is installed: raymer needs {one.name}{one.specifier}")
    return lines


def _processor() -> dict[str, Any]:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    set_here = {name: os.environ[name] for name in THREADS if name in os.environ}
    return {"cores": os.cpu_count(), "usable": usable, **set_here}


def _memory() -> dict[str, Any]:
    page = os.sysconf("SC_PAGE_SIZE")
    return {"total": _gb(page * os.sysconf("SC_PHYS_PAGES")), "free": _gb(page * os.sysconf("SC_AVPHYS_PAGES"))}


def _disk() -> dict[str, float]:
    places = {"this folder": Path(), "temporary files": Path(tempfile.gettempdir()), "Ray's objects": Path("/dev/shm")}
    return {name: _gb(shutil.disk_usage(place).free) for name, place in places.items() if place.is_dir()}


def _gb(size: int) -> float:
    return round(size / 1e9, 1)


def _ray(address: str | None) -> tuple[dict[str, Any], list[str]]:
    """Return what can be said of Ray, and what is wrong with it; an address is not repeated, it names a host."""
    from raymer.engine.ray_facts import ray_facts

    try:
        return ray_facts(address), []
    except UsageError:
        raise
    except RaymerError as error:
        return {}, [str(error).replace(address or "\0", "the address")]


def _numba() -> dict[str, Any]:
    """Return whether compiled functions can be kept beside raymer, or where NUMBA_CACHE_DIR says, and how many are."""
    said = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(said) if said else Path(raymer.__file__).parent
    kept = sum(1 for _ in folder.rglob("*.nbc"))
    where = "NUMBA_CACHE_DIR" if said else "beside raymer"
    return {"where": where, "writable": os.access(folder, os.W_OK), "kept": kept}


def _plugins() -> dict[str, Any]:
    """Return the packages that bring components, by role, and the names of the files that were brought."""
    found = {
        role: sorted(f"{one.name} ({one.dist.name} {one.dist.version})" for one in points if one.dist is not None)
        for role, group in GROUPS.items()
        if (points := metadata.entry_points(group=group))
    }
    return found | {"files": [plugin.name for plugin in PLUGINS]}
