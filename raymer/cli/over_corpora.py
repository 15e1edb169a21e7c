"""raymer compare over several corpora: the studies it opens, and how its answer is shown."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from raymer.cli.output import err, print_json, print_summary, progress_display, say
from raymer.engine.machine import Machine
from raymer.errors import UsageError

if TYPE_CHECKING:
    from raymer.api.study import OpenStudy

SHARED = "the corpora are taken for independent samples: `raymer audit C1 C2` says whether they share clips"


def open_each(
    experiment: str,
    also: Sequence[str],
    corpora: Sequence[str],
    stores: Sequence[str],
    machine: Machine,
    changes: dict[str, Any],
) -> "list[OpenStudy]":
    """Open a study a corpus; one experiment stands for all where no other is named, under each corpus' own name.

    `changes` are as `open_study` takes them.
    """
    from raymer.api.study import open_study
    from raymer.corpora.folder import load_corpus
    from raymer.experiments.loading import load_experiment

    if len(corpora) != len(stores):
        raise UsageError(f"{len(corpora)} corpora and {len(stores)} stores: give a --store for each --corpus, in order")
    if also and len(also) != len(corpora) - 1:
        raise UsageError(f"{len(also)} --also for {len(corpora)} corpora: give one for each corpus after the first")
    found = []
    for name, corpus, store in zip(
        [experiment, *(also or [experiment] * (len(corpora) - 1))], corpora, stores, strict=True
    ):
        loaded, spec = load_corpus(corpus), load_experiment(name)
        here = spec if also else spec.model_copy(update={"corpus": loaded.name})
        found.append(open_study(here, loaded, store, machine=machine, **changes))
    return found


def show_over(
    studies: "Sequence[OpenStudy]", names: Sequence[str], asked: dict[str, Any], plot: Path | None, json: bool
) -> None:
    """Run what is missing, print what may be claimed over the corpora, and draw it; leave with 1 when a fit failed."""
    from raymer.api.over_corpora import compare_over
    from raymer.api.study import FitsFailedError

    try:
        with progress_display(studies[0].spec.name) as progress:
            found = compare_over(
                studies,
                *names,
                **asked,
                on_progress=progress,
                on_summary=lambda summary: print_summary(summary, []),
            )
    except FitsFailedError as error:
        print_summary(error.summary, error.failures)
        err.print("no verdict: it would rest on the splits that happened to succeed", style="red")
        raise typer.Exit(1) from error
    if json:
        print_json([one.to_record() for one in found])
    else:
        for one in found:
            for line in one.sentences():
                say(line)
    err.print(SHARED)
    if plot is None:
        return
    for one in found:
        path = plot if len(found) == 1 else plot.with_stem(f"{plot.stem}-{one.target}")
        one.plot(path, title=f"{studies[0].spec.title}: {one.target}")
        err.print(f"plot: {path}")
