"""The whole of an experiment against its parts: wall seconds against the fits' own seconds over workers.

    python -m benchmarks.gang cheuk2020-deam --corpus C [--workers 2]

Runs the experiment into a store of its own that is thrown away, and prints what orchestration costs: the start of Ray
and of the gang, and what a fit costs beside its training (queue and file).
"""

import argparse
import tempfile
import time

from raymer.corpora.folder import load_corpus
from raymer.engine.machine import SERIAL, Machine
from raymer.engine.run import run_plan
from raymer.experiments.loading import load_experiment
from raymer.learners.presets import preset
from raymer.learners.threads import one_thread
from raymer.protocols.splits import KFold
from raymer.results.store import ResultStore
from raymer.studies.fit import plan
from raymer.studies.study import make_study
from raymer.studies.unit import run_fit


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment")
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    study = make_study(load_experiment(arguments.experiment), load_corpus(arguments.corpus))
    with tempfile.TemporaryDirectory() as folder:
        store = ResultStore(folder)
        start = time.perf_counter()
        summary = run_plan(study.plan, store, machine=Machine(workers=arguments.workers))
        wall = time.perf_counter() - start
        headers = [store.header(fit.id) for fit in study.plan.fits]
        own = sum(h.seconds["predictor"] + (0 if h.seconds["shared"] else h.seconds["reducer"]) for h in headers)
    ideal = own / arguments.workers
    print(f"{summary.ran} fits on {arguments.workers} workers: {wall:.1f} s of wall")
    print(f"the fits' own seconds over workers: {ideal:.1f} s ({ideal / wall:.2f} of the wall)")
    print(f"orchestration (wall minus that): {wall - ideal:.1f} s")
    print(f"a fit's own cost around the training, without Ray's start: {1000 * around_a_fit(study):.1f} ms")


def around_a_fit(study) -> float:
    """Return the seconds that a short fit costs in a serial run beside its training: list, file, bookkeeping."""
    samples = study.plan.samples
    target = next(iter(samples.labels))
    planned = plan(samples, [(preset("rp-svr", {"width": 2}), KFold(50))], [target])
    with one_thread():
        run_fit(planned.fits[0], samples, planned.splits[planned.fits[0].split])
    with tempfile.TemporaryDirectory() as folder:
        store = ResultStore(folder)
        start = time.perf_counter()
        run_plan(planned, store, machine=SERIAL)
        wall = time.perf_counter() - start
        headers = [store.header(fit.id) for fit in planned.fits]
    own = sum(h.seconds["predictor"] + h.seconds["reducer"] for h in headers)
    return (wall - own) / len(headers)


if __name__ == "__main__":
    main()
