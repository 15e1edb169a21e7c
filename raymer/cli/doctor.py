"""raymer doctor: what this machine has, for a bug report."""

from typing import Annotated, Any

import typer

from raymer.cli.options import JsonOption
from raymer.cli.output import print_json, say
from raymer.cli.verb import verb


@verb
def doctor(
    address: Annotated[
        str | None,
        typer.Option(help="Also connect to Ray: local (starts one), auto, or HOST:PORT.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say what this machine has, for a bug report; no user, host, folder or token is named.

    Leaves with 1 where something would keep raymer from working.
    """
    from raymer.api.doctor import doctor as look

    found = look(address)
    if json:
        print_json(found.to_record())
    else:
        for about, facts in found.facts.items():
            say(about, style="bold")
            for name, value in facts.items():
                say(f"  {name:16} {_words(value)}")
        for line in found.problems:
            say(f"! {line}", style="red")
        if not found.problems:
            say("nothing here keeps raymer from working")
    if found.problems:
        raise typer.Exit(1)


def _words(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "not installed", True: "yes", False: "no"}[value]
    return ", ".join(value) or "none" if isinstance(value, list) else str(value)
