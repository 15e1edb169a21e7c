"""raymer status: what of an experiment is done, failed and missing."""

from raymer.cli.options import CorpusOption, ExperimentArgument, JsonOption, StoreOption
from raymer.cli.output import one_line_errors, out, print_json, say


def status(
    experiment: ExperimentArgument,
    corpus: CorpusOption,
    store: StoreOption,
    json: JsonOption = False,
) -> None:
    """Say how many fits of an experiment are done, failed and missing, system by system."""
    with one_line_errors():
        from raymer.corpora.base import load_corpus
        from raymer.engine.study import make_study
        from raymer.experiments.spec import load_experiment
        from raymer.results.store import ResultStore

        study = make_study(load_experiment(experiment), load_corpus(corpus))
        results = ResultStore(store)
        results.check_exists()
        done = results.done()
        planned = {fit.id for fit in study.plan.fits}
        failures = results.failures(planned - done)
        failed = {failure["id"] for failure in failures}
        systems = [
            {
                "system": system.name,
                "n_features": system.n_features,
                "protocol": system.protocol,
                "fits": len(system.fits),
                "done": sum(fit.id in done for fit in system.fits),
                "failed": sum(fit.id in failed for fit in system.fits),
            }
            for system in study.systems
        ]
        record = {
            "experiment": study.spec.name,
            "fits": len(planned),
            "done": len(planned & done),
            "failed": [{"fit": failure["id"], "message": failure["message"]} for failure in failures],
            "missing": len(planned - done - failed),
            "systems": systems,
        }
        if json:
            print_json(record)
            return
        counts = f"{record['done']} of {len(planned)} fits done, {len(failed)} failed, {record['missing']} missing"
        say(f"{study.spec.name}: {counts}")
        for row in systems:
            name = f"{row['system']} ({row['n_features']}, {row['protocol']})"
            out.print(
                f"  {name:32} {row['done']:4} of {row['fits']:4} done, {row['failed']} failed",
                markup=False,
                soft_wrap=True,
            )
        for failure in failures:
            say(f"failed: fit {failure['id']}: {failure['message']}", style="red")
