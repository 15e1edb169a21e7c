"""Files of classes that somebody brings: read once, hashed, and the same bytes in every process that uses them."""

import ast
import hashlib
import importlib.util
import inspect
import keyword
import linecache
import os
import sys
import threading
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from raymer.errors import UsageError

VARIABLE = "RAYMER_PLUGINS"
"""Environment variable with more files, separated as PATH is."""

PARSING = threading.Lock()
"""Held while Python makes a syntax tree: two threads at it end in a SystemError (CPython 3.11, gh-106905)."""


@dataclass(frozen=True)
class Plugin:
    """A file of classes: the module's name, its text, and where it lay. Workers are sent it whole."""

    name: str
    source: str
    origin: str

    @property
    def path(self) -> Path:
        """Where it lay when it was read."""
        return Path(self.origin)

    @property
    def revision(self) -> str:
        """Hash of the text: what makes an edited file another one."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:16]


class Plugins:
    """The files that were brought in this process, by module name. What was not brought is never imported."""

    def __init__(self) -> None:
        self._brought: dict[str, Plugin] = {}
        self._modules: dict[str, types.ModuleType] = {}
        self.classes: dict[str, type[Any]] = {}

    def hand_over(self, path: str, cls: type[Any]) -> None:
        """Let in a class that was handed over as an object in Python, under its "module:Class"."""
        self.classes[path] = cls

    def revision_of(self, path: str) -> str:
        """Return the hash of the source of a class that was handed over: of its file, or in a session of its text."""
        cls = self.classes[path]
        module = sys.modules.get(cls.__module__)
        file = getattr(module, "__file__", None)
        if cls.__module__ != "__main__" and file and Path(file).is_file():
            return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:16]
        try:
            with PARSING:
                text = inspect.getsource(cls)
        except (OSError, TypeError):
            text = repr(sorted((name, str(getattr(value, "__code__", value))) for name, value in vars(cls).items()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __contains__(self, name: str) -> bool:
        return name in self._brought

    def __iter__(self) -> Iterator[Plugin]:
        return iter(self._brought.values())

    def __getitem__(self, name: str) -> Plugin:
        return self._brought[name]

    def bring(self, plugins: Sequence[Plugin]) -> None:
        """Let these files in; a file of the same name with another text takes the place of the earlier one.

        Raises
        ------
        UsageError
            For a name that an installed module has: classes could not be told apart.
        """
        for plugin in plugins:
            known = self._brought.get(plugin.name)
            if known is not None and known.source == plugin.source:
                continue
            if known is None and _is_taken(plugin):
                raise UsageError(f"{plugin.origin}: a module {plugin.name} is installed already: rename the file")
            self._brought[plugin.name] = plugin
            if known is not None:
                self._forget(list(self._modules))  # others may have imported the text that it had

    def revision(self, name: str) -> str:
        """Return the hash of a file and of the files among those brought that it imports, and so on."""
        texts: dict[str, str] = {}
        waiting = [name]
        while waiting:
            plugin = self._brought[waiting.pop()]
            if plugin.name not in texts:
                texts[plugin.name] = plugin.source
                waiting += self._imported_by(plugin)
        if len(texts) == 1:
            return self._brought[name].revision
        return hashlib.sha256(repr(sorted(texts.items())).encode()).hexdigest()[:16]

    def _imported_by(self, plugin: Plugin) -> list[str]:
        """Return the names of the files among those brought that a file imports; of one that is no Python, none."""
        return [name for name in _imports(plugin.source) if name in self._brought and name != plugin.name]

    def drop(self, name: str) -> None:
        """Put a file out again."""
        self._brought.pop(name, None)
        self._forget([name])

    def _forget(self, names: Sequence[str]) -> None:
        """Have these modules run anew when they are next asked for."""
        for name in names:
            self._modules.pop(name, None)
            sys.modules.pop(name, None)

    def module(self, name: str) -> types.ModuleType:
        """Return the module of a file that was brought, run once in this process.

        Raises
        ------
        UsageError
            When running it raises, in one line.
        """
        if name not in self._modules:
            plugin = self._brought[name]
            module = types.ModuleType(name)
            module.__file__ = plugin.origin
            lines = plugin.source.splitlines(keepends=True)
            linecache.cache[plugin.origin] = (len(plugin.source), None, lines, plugin.origin)  # for tracebacks
            self._modules[name] = sys.modules[name] = module  # before it runs: dataclasses and circles look it up
            try:
                for other in self._imported_by(plugin):
                    self.module(other)  # Python would not find it by itself
                exec(compile(plugin.source, plugin.origin, "exec"), module.__dict__)
            except UsageError:
                self._forget([name])
                raise
            except Exception as error:
                self._forget([name])
                missing = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
                beside = plugin.path.with_name(f"{missing}.py")
                hint = f": bring it too, with --plugin {beside.name}" if missing and beside.is_file() else ""
                raise UsageError(f"{plugin.origin} cannot be run: {type(error).__name__}: {error}{hint}") from error
        return self._modules[name]


@lru_cache(maxsize=256)
def _imports(source: str) -> tuple[str, ...]:
    """Return the names of the modules that a text imports, sorted; of one that is no Python, none."""
    try:
        with PARSING:
            tree = ast.parse(source)
    except SyntaxError:
        return ()
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return tuple(sorted(names))


def _is_taken(plugin: Plugin) -> bool:
    """Say whether Python would find another module under that name than the file that is brought."""
    if plugin.name in sys.modules:
        return getattr(sys.modules[plugin.name], "__file__", None) != plugin.origin
    spec = importlib.util.find_spec(plugin.name)
    return spec is not None and (spec.origin is None or Path(spec.origin) != Path(plugin.origin))


PLUGINS = Plugins()


def read_plugin(path: str | Path) -> Plugin:
    """Read a file of classes; nothing of it is run.

    Raises
    ------
    UsageError
        For a missing file, one that is no Python text, or a name that no module can have.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"plugin {path} does not exist")
    if path.suffix != ".py" or not path.stem.isidentifier() or keyword.iskeyword(path.stem):
        raise UsageError(f"plugin {path}: the file's name must be that of a module, such as mine.py")
    try:
        return Plugin(path.stem, path.read_text(encoding="utf-8"), str(path.absolute()))
    except UnicodeDecodeError as error:
        raise UsageError(f"plugin {path} is no UTF-8 text") from error


def bring_files(paths: Sequence[str | Path] = ()) -> None:
    """Let in the files at `paths`, and those that RAYMER_PLUGINS names."""
    named = [name for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]
    PLUGINS.bring([read_plugin(path) for path in [*named, *paths]])
