"""raymer components and raymer check: what can stand in a system, and whether a class of one's own may."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from raymer.cli.options import JsonOption
from raymer.cli.output import print_json, say
from raymer.cli.verb import verb
from raymer.errors import UsageError

if TYPE_CHECKING:
    from raymer.components.component import Component


@verb
def components(
    role: Annotated[
        str | None,
        typer.Argument(help="reducer, predictor, encoder, extractor, protocol, metric or corpus.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """List what can stand in a system: raymer's own, those of installed packages, and those of --plugin files."""
    from raymer.api.catalogues import CATALOGUES
    from raymer.nearest import unknown

    if role is not None and role not in CATALOGUES:
        raise UsageError(unknown("role", role, CATALOGUES))
    records = [
        _record(component) for name, catalogue in CATALOGUES.items() if role in (None, name) for component in catalogue
    ]
    if json:
        print_json(records)
        return
    last = ""
    for record in records:
        if record["role"] != last:
            last = record["role"]
            say(f"{last}s" if not last.endswith("s") else last, style="bold")
        say(f"  {record['name']:24} {record['what']}  [{record['origin']}]")
        for parameter in record["parameters"]:
            allowed = f", {parameter['allowed']}" if parameter["allowed"] else ""
            say(f"    {parameter['name']} = {parameter['default']!r}{allowed}", style="dim")
        for name, text in record["space"].items():
            say(f"    searched: {name}, {text}", style="dim")


def _record(component: "Component") -> dict[str, Any]:
    from raymer.protocols.scoring import metric_words

    parameters = [
        {"name": one.name, "default": _plain(one.default), "allowed": one.allowed}
        for one in (component.parameters.values() if component.path or component.class_path else ())
    ]
    return {
        "name": component.name,
        "role": component.role,
        "what": metric_words(component.name) if component.role == "metric" else component.what,
        "path": component.path or component.class_path,
        "parameters": parameters,
        "space": {name: str(item) for name, item in component.space.items()},
        "origin": component.origin,
        "revision": component.revision,
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return list(value) if isinstance(value, tuple | list) else repr(value)


@verb
def check(
    name: Annotated[str, typer.Argument(help="A component, or module:Class of a --plugin file.")],
    json: JsonOption = False,
) -> None:
    """Say whether a class may stand in a system: a line for each thing that a fit of it would do wrong."""
    from raymer.learners.step import find_any
    from raymer.learners.tags import is_predictor
    from raymer.testing import check_component

    component = find_any(name)
    role = "predictor" if component.role == "predictor" or is_predictor(component) else "step"
    faults = check_component(name, role)
    if json:
        print_json([{"code": fault.code, "line": fault.line} for fault in faults])
    else:
        for fault in faults:
            say(f"{name}: {fault.code}: {fault.line}")
        if not faults:
            say(f"{name} may stand in a system ({component.origin})")
    if faults:
        raise typer.Exit(1)
