"""The `raymer` command: one small file a verb, heavy imports inside."""

import contextlib
import gc
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from raymer.cli import (
    add,
    audit,
    compare,
    components,
    corpora,
    demo,
    doctor,
    draft,
    features,
    fit,
    import_,
    init,
    jobs,
    predict,
    report,
    rerun,
    run,
    splits,
    status,
    submit,
    tune,
    verify,
)
from raymer.cli.verb import verb
from raymer.ending import ENDING
from raymer.plain import visible

_Refused: Any = typer.BadParameter.__mro__[2]  # Click's own base of what a command line refuses, wherever Typer has it


@contextlib.contextmanager
def _shown() -> Iterator[None]:
    """Let what the command line itself refuses, and repeats, be seen as it is."""
    try:
        yield
    except _Refused as error:
        error.message = visible(error.message, lines=False)
        raise


class _Verbs(TyperGroup):
    def make_context(self, *given: Any, **more: Any) -> Any:
        """Read the verb's name."""
        with _shown():
            return super().make_context(*given, **more)

    def invoke(self, ctx: Any) -> Any:
        """Read the verb's words, and do it."""
        with _shown():
            return super().invoke(ctx)


app = typer.Typer(
    name="raymer",
    cls=_Verbs,
    help="Does this representation really predict better? Leak-free experiments on small corpora, on a laptop or Ray.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(is_asked: bool) -> None:
    if is_asked:
        from raymer import __version__

        typer.echo(f"raymer {__version__}")
        raise typer.Exit


@app.callback()
def raymer(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Take what stands before a verb."""


app.command("demo")(demo.demo)
app.command("corpora")(corpora.corpora)
app.command("import")(verb(import_.import_))
app.command("add")(add.add)
app.command("inputs")(add.inputs)
app.command("features")(features.features)
app.command("init")(init.init)
app.command("draft")(draft.draft)
app.command("audit")(audit.audit)
app.command("components")(components.components)
app.command("check")(components.check)
app.command("splits")(splits.splits)
app.command("run")(run.run)
app.command("reproduce")(run.reproduce)
app.command("compare")(compare.compare)
app.command("report")(report.report)
app.command("status")(status.status)
app.command("rerun")(rerun.rerun)
app.command("verify")(verify.verify)
app.command("tune")(tune.tune)
app.command("fit")(fit.fit)
app.command("predict")(predict.predict)
app.command("submit", context_settings=submit.FOLLOW_SETTINGS)(submit.submit)
app.add_typer(jobs.jobs)
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line."""
    ENDING.unwinds = False  # but within a verb: Typer has an exit of its own for Ctrl-C, without a word
    ENDING.begin()
    try:
        app()
    finally:
        gc.freeze()  # else Python looks through all that was loaded for garbage, and takes up to a second to end


if __name__ == "__main__":
    main()
