"""Component: a named class with the parameters that may be set, whoever wrote it."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from raymer.components.parameters import Parameter, check, check_annotated, read_model, read_signature, try_out
from raymer.components.path import find_class
from raymer.errors import UsageError


@dataclass(frozen=True, eq=False)
class Component:
    """A class that can stand in a system, and what may be set of it.

    Attributes
    ----------
    name : str
        As a YAML says it: "tnn", or "mine:MyReducer" for a class of somebody else's.
    role : str
        "reducer", "predictor", "encoder", "extractor", "protocol", "metric" or "corpus".
    path : str
        "module:Class"; imported when first needed.
    what : str
        One line for people.
    model : pydantic model, optional
        The parameters with their types, limits and defaults; without one they are read off `__init__`.
    rename : mapping
        Our name of a parameter to the class' own: every reducer calls its number of features `width`.
    fixed : mapping
        Parameters that are always set, so that a fit is silent, repeatable and on one thread.
    space : mapping of parameter to dimension
        What a search looks at unless it is told otherwise.
    cost : float
        Rough seconds of a fit on 1,000 clips; only the order of the work list hangs on it.
    supervised : bool, optional
        Whether a reducer learns from labels; None: read off the class, see `raymer.learners.tags`.
    class_path : str
        For predictors: the class for targets that are classes; empty where there is none.
    scales_labels : bool
        For predictors of numbers: whether labels are brought to [-1, 1] on the train rows, and back.
    trusted : tuple of str
        Types that its fitted state is made of, beside those that every model may hold.
    kinds : tuple of str
        Of targets, that a reducer can learn from.
    origin : str
        Where it comes from: "raymer", "NAME VERSION" of an installed package, or "file NAME".
    revision : str
        Of a class that is not raymer's: the version of its package, or the hash of its file. Of raymer's own a number,
        once it learns something else than before. It counts in the identity of a fit.
    package : str
        The installed package whose entry point let it in; empty for all others.
    """

    name: str
    role: str
    path: str
    what: str = ""
    model: type[Any] | None = None
    rename: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    space: Mapping[str, Any] = field(default_factory=dict)
    cost: float = 1.0
    supervised: bool | None = None
    class_path: str = ""
    scales_labels: bool = False
    trusted: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ("number", "class")
    origin: str = "raymer"
    revision: str = ""
    package: str = ""

    @property
    def is_foreign(self) -> bool:
        """Whether somebody else wrote it."""
        return self.origin != "raymer"

    @property
    def short_name(self) -> str:
        """The name without its module."""
        return self.name.rpartition(":")[2]

    @cached_property
    def cls(self) -> type[Any]:
        """The class itself (for predictors: the one for numbers, where there is one)."""
        return find_class(self.path or self.class_path, consent=frozenset({self.package} - {""}))

    @property
    def types(self) -> tuple[str, ...]:
        """All types that its fitted state may be made of: what a saved model is held against."""
        paths = [path for path in (self.path, self.class_path) if path]
        made = [find_class(path, consent=frozenset({self.package} - {""})) for path in paths]
        return (*self.trusted, *(f"{cls.__module__}.{cls.__qualname__}" for cls in made))

    def class_for(self, kind: str) -> type[Any]:
        """Return a predictor's class for a target of `kind`, "number" or "class"; UsageError where it has none."""
        if not self.path and kind == "number":
            raise UsageError(f"{self.name} predicts classes, and the target is a number")
        if kind == "number" or self.is_foreign:
            return self.cls
        if not self.class_path:
            raise UsageError(f"{self.name} predicts numbers, and the target is a class")
        return find_class(self.class_path)

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """What may be set, by name."""
        return read_model(self.model) if self.model else read_signature(self.cls)

    def checked(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return `params` as they are kept: of the right type, within limits, and without those at their default.

        Raises
        ------
        UsageError
            One line that names the component, the parameter, what is allowed and the nearest name.
        """
        checked = check(self.name, self.model, self.parameters, params)
        if self.model is None and params:
            check_annotated(self.name, self.cls, checked)
            if self.path.startswith("sklearn."):
                try_out(self.name, self.cls, checked)
        return checked

    def value(self, params: Mapping[str, Any], name: str) -> Any:
        """Return the value of a parameter: as given, or its default."""
        return params[name] if name in params else self.parameters[name].default

    @cached_property
    def has_seed(self) -> bool:
        """Whether `random_state` can be set."""
        return "random_state" in (self.model.model_fields if self.model else inspect.signature(self.cls).parameters)
