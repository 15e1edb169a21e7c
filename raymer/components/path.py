"""From "module:Class" to a class, under law 10: only what is allowed is imported, and what is found is checked.

Three kinds of modules may be named: those of raymer's own dependencies that have estimators, those of files that the
command line brought (`--plugin`), and, by their entry points, those of installed packages. All else is refused by its
text, before anything is imported. What is found is judged by itself: it must be a class, and its own module must lie
where its path says, since an alias can reach anywhere (`logging.os` is `os`).
"""

import importlib
import re
from typing import Any

from raymer.components.plugins import PLUGINS
from raymer.errors import UsageError

ALLOWED = ("sklearn", "lightgbm", "raymer")
"""Packages whose classes may be named by their path."""

_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def find_class(path: str, *, consent: frozenset[str] = frozenset()) -> type[Any]:
    """Return the class at "module:Class".

    Parameters
    ----------
    path : str
    consent : set of str
        Packages that are let in beside the allowed ones: those of an entry point that was named.

    Raises
    ------
    UsageError
        For a path that is none, a module that may not be imported (it is not), and what is not a class of that
        package.
    """
    if path in PLUGINS.classes:
        return PLUGINS.classes[path]
    package = check_path(path, consent)
    module_name, _, name = path.partition(":")
    if package in PLUGINS:
        found = getattr(PLUGINS.module(package), name, None)
    else:
        try:
            found = getattr(importlib.import_module(module_name), name, None)
        except ImportError as error:
            raise UsageError(f"{path}: {error}") from error
    if found is None:
        raise UsageError(f"{path}: {module_name} has no {name}")
    if not isinstance(found, type):
        raise UsageError(f"{path} is no class but a {type(found).__name__}: a class is wanted")
    home = found.__module__.partition(".")[0]
    if home != package:
        raise UsageError(f"{path} is a class of {found.__module__}, not of {package}: name it there, if it is allowed")
    return found


def check_path(path: str, consent: frozenset[str] = frozenset()) -> str:
    """Return the package that "module:Class" lies in; UsageError, with nothing imported, where it may not be used."""
    if not _PATH.fullmatch(path):
        raise UsageError(f"{path!r} names no class: write module:Class, such as sklearn.linear_model:Ridge")
    module, _, name = path.partition(":")
    package = module.partition(".")[0]
    if package in PLUGINS:
        if module != package:
            raise UsageError(f"{path}: {package} is a file, it has no modules below it")
        return package
    if package in ALLOWED:
        if any(part.startswith("_") for part in [*module.split("."), name]):
            raise UsageError(f"{path} is private to {package}: name the class where it is public")
        return package
    if package in consent:
        return package
    raise UsageError(
        f"{path} is not used: {package} is neither one of {', '.join(ALLOWED)} nor a file that --plugin brings "
        f"(--plugin {package}.py), and an installed package needs an entry point of raymer; nothing was imported"
    )
