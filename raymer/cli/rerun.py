"""raymer rerun: one fit again, compared with what is stored, bit for bit."""

from typing import Annotated

import typer

from raymer.cli.options import CorpusOption, JsonOption, StoreOption
from raymer.cli.output import print_json, say
from raymer.cli.verb import verb


@verb
def rerun(
    fit_id: Annotated[str, typer.Argument(help="Id of a fit, as `status` and the store's file names give it.")],
    corpus: CorpusOption,
    store: StoreOption,
    json: JsonOption = False,
) -> None:
    """Run one stored fit again in this process and say whether its predictions are the same to the bit."""
    from raymer.corpora.folder import load_corpus
    from raymer.results.store import ResultStore
    from raymer.studies.rerun import rerun_fit

    outcome = rerun_fit(ResultStore(store), load_corpus(corpus), fit_id)
    if json:
        print_json(outcome.to_record())
    else:
        words = "the same to the bit" if outcome.identical else f"NOT the same: {outcome.difference}"
        say(f"fit {fit_id} ({outcome.system}, {outcome.target}): {words}")
    if not outcome.identical:
        raise typer.Exit(1)
