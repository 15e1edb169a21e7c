"""One catalogue a role: raymer's own components, those of installed packages, and classes named by their path."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points, packages_distributions, version
from typing import Any

from raymer.components.component import Component
from raymer.components.path import ALLOWED, check_path, find_class
from raymer.components.plugins import PLUGINS
from raymer.errors import UsageError
from raymer.nearest import unknown

GROUPS = {
    "reducer": "raymer.reducers",
    "predictor": "raymer.predictors",
    "encoder": "raymer.encoders",
    "extractor": "raymer.extractors",
    "protocol": "raymer.protocols",
    "metric": "raymer.metrics",
    "corpus": "raymer.corpora",
}
"""The entry-point group of each role."""


class Catalogue:
    """All that can stand in one role.

    Parameters
    ----------
    role : str
        A key of GROUPS.
    own : sequence of Component
    fits : callable
        Says of a class why it cannot take the role ("has no fit"), or returns "" if it can.
    """

    def __init__(self, role: str, own: Sequence[Component], fits: Callable[[type[Any]], str]) -> None:
        self.role = role
        self.own: Mapping[str, Component] = {component.name: component for component in own}
        self._fits = fits
        self._found: dict[tuple[str, str], Component] = {}

    @cached_property
    def _entry_points(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=GROUPS[self.role])}

    def names(self) -> list[str]:
        """Return the names that a YAML may use without a path: raymer's own first."""
        return [*self.own, *(name for name in self._entry_points if name not in self.own)]

    def __iter__(self) -> Iterator[Component]:
        """Yield raymer's own, those of entry points, and the classes of files that were brought."""
        for name in self.names():
            yield self[name]
        for plugin in PLUGINS:
            module = PLUGINS.module(plugin.name)
            for name, found in vars(module).items():
                is_its_own = isinstance(found, type) and found.__module__ == plugin.name
                if is_its_own and not name.startswith("_") and not self._fits(found):
                    yield self[f"{plugin.name}:{name}"]

    def __contains__(self, name: str) -> bool:
        return name in self.own or name in self._entry_points

    def __getitem__(self, name: str) -> Component:
        """Return the component called `name`, or at the path "module:Class".

        Raises
        ------
        UsageError
            For an unknown name (with the nearest), a path that law 10 does not allow, or a class that cannot take
            the role.
        """
        if name in self.own:
            return self.own[name]
        if name in self._entry_points:
            return self._of_entry_point(self._entry_points[name])
        if ":" not in name:
            raise UsageError(unknown(self.role, name, self.names()))
        handed = name in PLUGINS.classes
        package = name.partition(":")[0] if handed else check_path(name)
        revision = PLUGINS.revision_of(name) if handed else PLUGINS.revision(package) if package in PLUGINS else ""
        if (name, revision) not in self._found:
            self._found[name, revision] = self._of_path(name, package)
        return self._found[name, revision]

    def _of_path(self, name: str, package: str) -> Component:
        cls = find_class(name)
        self._check(name, cls)
        made = Component(name, self.role, name, what=_first_line(cls))
        if name in PLUGINS.classes:
            return replace(made, origin="this session", revision=PLUGINS.revision_of(name))
        if package in PLUGINS:
            return replace(made, origin=f"file {package}.py", revision=PLUGINS.revision(package))
        home = packages_distributions().get(package, [package])[0]
        return replace(made, origin=f"{home} {version(home)}", revision=f"{home} {version(home)}")

    def _of_entry_point(self, point: EntryPoint) -> Component:
        if (point.name, "") not in self._found:
            package = point.module.partition(".")[0]
            home = f"{point.dist.name} {point.dist.version}" if point.dist else package
            found = find_class(point.value.replace(" ", ""), consent=frozenset({package}))
            self._check(point.name, found)
            self._found[point.name, ""] = Component(
                point.name,
                self.role,
                point.value,
                what=_first_line(found),
                origin=home,
                revision=home,
                package=package,
            )
        return self._found[point.name, ""]

    def _check(self, name: str, cls: type[Any]) -> None:
        why_not = self._fits(cls)
        if why_not:
            raise UsageError(f"{name} cannot be a {self.role}: it {why_not}")


def _first_line(cls: type[Any]) -> str:
    lines = (cls.__doc__ or "").strip().splitlines()
    return lines[0] if lines else ""


def lacks(cls: type[Any], *methods: str) -> str:
    """Return "has no NAME" for the first of `methods` that `cls` lacks, "" if it has all."""
    return next((f"has no {name}" for name in methods if not callable(getattr(cls, name, None))), "")


__all__ = ["ALLOWED", "GROUPS", "Catalogue", "lacks"]
