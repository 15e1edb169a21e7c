"""raymer compare: what may be claimed about systems of an experiment, after the fits that are missing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raymer.cli.options import CorporaOption, ExperimentArgument, JsonOption, StoresOption
from raymer.cli.output import err, print_json, print_summary, progress_display, say
from raymer.cli.over_corpora import open_each, show_over
from raymer.cli.verb import ChangesOptions, MachineOptions, verb
from raymer.cli.verdicts import print_comparisons
from raymer.errors import UsageError

if TYPE_CHECKING:
    from raymer.api.asking import Answer


@verb
def compare(
    experiment: ExperimentArgument,
    corpus: CorporaOption,
    store: StoresOption,
    machine: MachineOptions,
    changes: ChangesOptions,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="A B", help="Two systems: by method (tnn-svr), row (TNN-SVR), with width or input (tnn-svr@50)."
        ),
    ] = None,
    splits: Annotated[
        int | None, typer.Option(help="Number of splits (default: the protocol's).", show_default=False)
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(help="Metric (default: the experiment's first); no fit is run for it.", show_default=False),
    ] = None,
    epoch: Annotated[
        int | None, typer.Option(help="Epoch, for systems trained by epochs (default: the last).", show_default=False)
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            help="A target, or average for the mean over all; again for more (default: all).", show_default=False
        ),
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(help="The protocol, where the experiment has several.", show_default=False)
    ] = None,
    rope: Annotated[float, typer.Option(help="What is practically equal: within this, in units of the metric.")] = 0.01,
    all_pairs: Annotated[
        bool, typer.Option("--all-pairs", help="All pairs of the systems named, or of all; adjusted after Holm.")
    ] = False,
    sequential: Annotated[
        bool, typer.Option("--sequential", help="Look four times, and stop early where the error rate allows it.")
    ] = False,
    also: Annotated[
        list[str] | None,
        typer.Option(
            help="Experiment of the second corpus, where it is not the first's; again for each further corpus.",
            show_default=False,
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Write a forest plot: .svg, .png or .pdf.", show_default=False)
    ] = None,
    json: JsonOption = False,
) -> None:
    """Run the splits that are missing of two systems and say what may be claimed; the same command resumes.

    The corrected resampled t-test decides. Welch's test stands beside it, as papers have it. With several corpora the
    question is whether the systems differ on corpora like these.
    """
    from raymer.api.study import FitsFailedError, open_study

    _check_use(names or [], all_pairs, sequential, plot)
    if len(corpus) > 1 or len(store) > 1:
        if all_pairs or sequential or splits is not None:
            raise UsageError("--all-pairs, --sequential and --splits go with one corpus")
        studies = open_each(experiment, also or [], corpus, store, machine, changes)
        asked = {"targets": target, "protocol": protocol, "metric": metric, "epoch": epoch, "rope": rope}
        show_over(studies, names or [], asked, plot, json)
        return
    if also:
        raise UsageError("--also would have no effect: there is one corpus")
    study = open_study(experiment, corpus[0], store[0], machine=machine, **changes)
    try:
        with progress_display(study.spec.name) as show:
            found = study.compare(
                *(names or []),
                splits=splits,
                targets=target,
                protocol=protocol,
                metric=metric,
                epoch=epoch,
                rope=rope,
                all_pairs=all_pairs,
                sequential=sequential,
                on_progress=show,
                on_summary=lambda summary: print_summary(summary, []),
                on_looks=lambda line: err.print(line),
            )
    except FitsFailedError as error:
        print_summary(error.summary, error.failures)
        err.print("no verdict: it would rest on the splits that happened to succeed", style="red")
        raise typer.Exit(1) from error
    _show(found, json)
    if plot and found.one_split:
        err.print("no forest plot: one split has one interval, and it stands above")
    elif plot and not found.comparisons:
        raise UsageError(f"--plot draws tests, and none was made: {found.untested[0].why}")
    elif plot:
        found.plot(plot, title=study.spec.title)
        err.print(f"plot: {plot}")


def _check_use(names: list[str], all_pairs: bool, sequential: bool, plot: Path | None) -> None:
    """Say in the words of the command line what the study would refuse in its own."""
    if not all_pairs and len(names) != 2:
        raise UsageError(f"{len(names)} systems named: give two, A and B, or --all-pairs")
    if all_pairs and len(names) == 1:
        raise UsageError("one system makes no pair: name two or more with --all-pairs, or none for all")
    if all_pairs and sequential:
        raise UsageError("--sequential decides one pair at its looks: it does not go with --all-pairs")
    if plot is not None:
        from raymer.reports.plot import check_format

        check_format(plot)


def _show(found: "Answer", json: bool) -> None:
    from raymer.reports.comparison import published_claim, record, untested_sentences
    from raymer.reports.facts import protocol_words

    planned = found.planned
    spec = planned.study.spec
    if found.one_split:
        _show_one_split(found, json)
        return
    rows = dict(zip(planned.labels, planned.systems, strict=True))
    claims = [published_claim(spec, rows[one.a], rows[one.b], one.target) for one in found.comparisons]
    rule = planned.protocol.build().to_dict()
    if not json:
        if found.comparisons:
            repeats = len({split.repeat for split in planned.splits})
            title = f"{spec.title} ({protocol_words(rule)})"
            print_comparisons(title, found.comparisons, claims, found.endings, repeats=repeats)
        for line in (line for one in found.untested for line in untested_sentences(one)):
            say(line)
        for note in planned.study.clip_notes():
            err.print(note)
        return
    looks = found.looks or [{}] * len(found.comparisons)
    tested = [
        record(one, claim, protocol=rule, sequential=look or None)
        for one, claim, look in zip(found.comparisons, claims, looks, strict=True)
    ]
    print_json([*tested, *({**one.to_record(), "epoch": one.epoch, "protocol": rule} for one in found.untested)])


def _show_one_split(found: "Answer", json: bool) -> None:
    from raymer.reports.comparison import split_sentences

    if json:
        rule = found.planned.protocol.build().to_dict()
        print_json([{**one.to_record(), "protocol": rule} for one in found.one_split])
        return
    for one in found.one_split:
        for line in split_sentences(one):
            say(line)
    for note in found.planned.study.clip_notes():
        err.print(note)
