"""Classes of somebody else's on their way to other processes: files as their text, classes of a session by value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from raymer.components.plugins import PLUGINS, Plugin


@dataclass(frozen=True)
class Guests:
    """What the fits of a run are made of and workers do not have.

    Attributes
    ----------
    plugins : tuple of Plugin
    classes : mapping of "module:Class" to class
        Those that were handed over as objects in Python; Ray sends them by value, from this session to its own workers.
    """

    plugins: tuple[Plugin, ...] = ()
    classes: Mapping[str, type[Any]] = field(default_factory=dict)

    @classmethod
    def here(cls) -> "Guests":
        """Return what was let in in this process."""
        return cls(tuple(PLUGINS), dict(PLUGINS.classes))

    def let_in(self) -> None:
        """Let it in in this process."""
        PLUGINS.bring(self.plugins)
        for path, found in self.classes.items():
            PLUGINS.hand_over(path, found)
