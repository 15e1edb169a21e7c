"""What makes a function a verb: the options that many share, and errors as one line."""

import functools
import inspect
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import typer

from raymer.cli.options import PLACES
from raymer.cli.output import one_line_errors
from raymer.cli.places import fill_in
from raymer.engine.machine import HERE, Machine
from raymer.errors import RaymerError, UsageError

Changes = dict[str, Any]
"""`epochs`, `every` and `folds` instead of the experiment's."""

_ADDRESS = Annotated[
    str,
    typer.Option(help="here (with or without Ray, as is quickest), or a Ray: local (embedded), auto, HOST:PORT."),
]
_WORKERS = Annotated[int | None, typer.Option(help="Number of workers [default: all CPUs].", show_default=False)]
_GPUS = Annotated[
    float,
    typer.Option("--gpus-per-fit", min=0.0, help="Share of a GPU that each worker asks for; 0.1 puts ten on one."),
]
_SERIAL = Annotated[bool, typer.Option("--serial", help="Run in this process alone; the same bits.")]
_EPOCHS = Annotated[int | None, typer.Option(help="Epochs of systems trained by epochs, instead of the experiment's.")]
_EVERY = Annotated[
    int | None, typer.Option(help="Score them at every k-th epoch and the last, instead of the experiment's k.")
]
_FOLDS = Annotated[int | None, typer.Option(help="Folds, instead of the experiment's.")]
_PLUGIN = Annotated[
    list[Path] | None,
    typer.Option(
        help="A Python file whose classes may be used; again for more (also $RAYMER_PLUGINS).", show_default=False
    ),
]

MACHINE: dict[str, tuple[Any, Any]] = {
    "address": (_ADDRESS, HERE),
    "workers": (_WORKERS, None),
    "gpus_per_fit": (_GPUS, 0.0),
    "serial": (_SERIAL, False),
}
CHANGES: dict[str, tuple[Any, Any]] = {"epochs": (_EPOCHS, None), "every": (_EVERY, None), "folds": (_FOLDS, None)}

MachineOptions = Annotated[Machine, tuple(MACHINE)]
WithoutGPU = Annotated[Machine, ("address", "workers", "serial")]
HereOnly = Annotated[Machine, ("workers", "serial")]
ChangesOptions = Annotated[Changes, tuple(CHANGES)]


def verb(function: Callable[..., None]) -> Callable[..., None]:
    """Return `function` as Typer takes it.

    A parameter annotated MachineOptions (or with fewer options, WithoutGPU and HereOnly) stands for --address,
    --workers, --gpus-per-fit and --serial, one annotated ChangesOptions for --epochs, --every and --folds. What is
    annotated as a corpus or store may be left out (cli/places.py), and is named in the function's `places`. Every verb
    has --plugin, whose files are let in before it begins. What raymer refuses is one line and an exit code.
    """
    parameters: list[inspect.Parameter] = []
    stands_for: dict[str, tuple[str, ...]] = {}
    places: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        inside = get_args(parameter.annotation) if get_origin(parameter.annotation) is Annotated else ()
        if inside and inside[0] in (Machine, Changes):
            table = MACHINE if inside[0] is Machine else CHANGES
            stands_for[parameter.name] = inside[1]
            parameters += [_option(name, *table[name]) for name in inside[1]]
        elif parameter.annotation in PLACES:
            places[parameter.name] = inside[0]
            parameters.append(_option(parameter.name, parameter.annotation, None))
        else:
            parameters.append(parameter.replace(kind=parameter.KEYWORD_ONLY))
    parameters.append(_option("plugin", _PLUGIN, None))

    @functools.wraps(function)
    def run(**given: Any) -> None:
        with one_line_errors():
            from raymer.components.plugins import bring_files

            bring_files(given.pop("plugin") or ())
            fill_in(given, places)
            for name, options in stands_for.items():
                chosen = {option: given.pop(option) for option in options}
                given[name] = chosen if set(options) <= set(CHANGES) else _machine(chosen)
            try:
                function(**given)
            except RaymerError as error:
                error.args = (in_flags(str(error), names),)
                raise

    names = [parameter.name for parameter in parameters]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.places = places  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _option(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _machine(chosen: dict[str, Any]) -> Machine:
    others = [name for name in given_options(chosen) if name != "--serial"]
    if chosen.get("serial") and others:
        raise UsageError(f"--serial runs in this process: {' and '.join(others)} would have no effect")
    return Machine(**chosen)


def in_flags(message: str, names: Sequence[str]) -> str:
    """Return a message of the rooms below, which name fields, in the words of the command line.

    splits=1 -> --splits 1, for the parameters `names` of a verb.
    """
    field = re.compile(rf"(?<![\w.:'])({'|'.join(names)})=('[^']*'|[\w.:/-]+)")
    return field.sub(lambda found: f"--{found[1].replace('_', '-')} {found[2]}".removesuffix(" True"), message)


def given_options(chosen: dict[str, Any]) -> list[str]:
    """Return the options of a machine that were given, as words of the command line."""
    return [f"--{name.replace('_', '-')}" for name, value in chosen.items() if value != MACHINE[name][1]]
