"""YAML as data: the one loader, safe against what YAML can do beside saying what is meant.

Refused with its line: a key that stands twice, a tag, an alias that refers to itself or grows beyond bounds, nesting
without end, a number that is not finite or has too many digits. Dates stay text: an experiment has none.
"""

import math
from typing import Any, cast

import yaml

from raymer.errors import UsageError

DEPTH = 40
NODES = 200_000
"""Values of a document, those of an alias counted each time that it is used."""
DIGITS = 20
CHARACTERS = 4_000_000
MERGE = "tag:yaml.org,2002:merge"


class _Refused(yaml.MarkedYAMLError):
    """What YAML allows and raymer does not."""

    def __init__(self, problem: str, mark: Any) -> None:
        super().__init__(problem=problem, problem_mark=mark)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._open = 0
        self._measures: dict[int, tuple[int, int]] = {}  # of a whole node: values in it, and how deep it is

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node, measured."""
        event = cast(yaml.Event, self.peek_event())  # type: ignore[no-untyped-call]
        mark = event.start_mark
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            raise _Refused(f"a tag ({tag}): only plain values are read", mark)
        self._open += 1
        if self._open > DEPTH:
            raise _Refused(f"nested more than {DEPTH} deep", mark)
        node = cast(yaml.Node, super().compose_node(parent, index))
        self._open -= 1
        if isinstance(event, yaml.AliasEvent):
            if id(node) not in self._measures:
                raise _Refused(f"*{event.anchor} stands within what it refers to", mark)
        else:
            self._measures[id(node)] = self._measure(node)
        nodes, depth = self._measures[id(node)]
        if nodes > NODES:
            raise _Refused(f"aliases make more than {NODES} values of it", mark)
        if depth + self._open > DEPTH:
            raise _Refused(f"nested more than {DEPTH} deep", mark)
        return node

    def _measure(self, node: yaml.Node) -> tuple[int, int]:
        if isinstance(node, yaml.ScalarNode):
            return 1, 1
        inner = [one for pair in node.value for one in (pair if isinstance(pair, tuple) else (pair,))]
        measures = [self._measures[id(one)] for one in inner]
        return 1 + sum(count for count, _ in measures), 1 + max((depth for _, depth in measures), default=0)

    def compose_mapping_node(self, anchor: Any) -> Any:
        """Return a mapping whose keys are plain words, each of which stands in it once."""
        node = super().compose_mapping_node(anchor)
        seen: dict[tuple[str, str], yaml.Mark] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _Refused("a key that is no plain word", key.start_mark)
            name = (key.tag, key.value)
            if name in seen and key.tag != MERGE:
                first = seen[name].line + 1
                raise _Refused(f"key {key.value!r} stands twice, first in line {first}", key.start_mark)
            seen[name] = key.start_mark
        return node


def _whole_number(loader: _Loader, node: yaml.ScalarNode) -> int:
    if len(node.value) > DIGITS:
        raise _Refused(f"a number of {len(node.value)} characters", node.start_mark)
    return int(loader.construct_yaml_int(node))


def _number(loader: _Loader, node: yaml.ScalarNode) -> float:
    value = float(loader.construct_yaml_float(node))
    if not math.isfinite(value):
        raise _Refused(f"{node.value} is no finite number", node.start_mark)
    return value


_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)
_Loader.add_constructor("tag:yaml.org,2002:float", _number)


def read_yaml(text: str, origin: object) -> Any:
    """Return what a YAML document says: mappings, lists, text, numbers, true, false and null.

    Parameters
    ----------
    text : str
    origin : str or Path
        What errors call it.

    Raises
    ------
    UsageError
        With the line, for what is no YAML or what raymer does not read.
    """
    if len(text) > CHARACTERS:
        raise UsageError(f"{origin} is not YAML to be read: {len(text)} characters, at most {CHARACTERS}")
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UsageError(
            f"{origin} is not YAML that is read: line {line}: character {chr(error.character)!r} cannot stand in it"
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark is not None else ""
        raise UsageError(f"{origin} is not YAML that is read: {where}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{origin} is not YAML that is read: {str(error).splitlines()[0]}") from error
