"""open_study: an experiment on a corpus with its store; runs, scores, compares, reports, fits and searches."""

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from raymer.api.results import Ran
from raymer.api.scores import Scores
from raymer.arguments import checked
from raymer.audits import Finding, quick_findings
from raymer.components.plugins import bring_files
from raymer.corpora.base import Corpus
from raymer.corpora.folder import load_corpus
from raymer.engine.carriers.queue import Progress
from raymer.engine.machine import LOCAL, Machine
from raymer.engine.run import RunSummary, run_plan
from raymer.errors import RaymerError
from raymer.experiments.loading import load_experiment
from raymer.experiments.spec import Experiment
from raymer.results.store import ResultStore
from raymer.scratch import Scratch
from raymer.studies.comparison import plan_comparison
from raymer.studies.fit import Plan
from raymer.studies.search.journal import SearchOutcome
from raymer.studies.study import Study, make_study

if TYPE_CHECKING:  # what a run does not need takes seconds to load
    from raymer.api.asking import Answer
    from raymer.models.final import Evaluation
    from raymer.models.model import Model
    from raymer.reports.report import Report

OnProgress = Callable[[Progress], None]


def _silent(progress: Progress) -> None:
    """Show nothing."""


class OpenStudy:
    """An experiment on a corpus, with the store of its results; make it by `open_study`.

    Attributes
    ----------
    spec : Experiment
    published : Experiment
        Before any change: its epochs are those of the published numbers.
    corpus : Corpus
    store : ResultStore
    machine : Machine
    """

    def __init__(
        self, spec: Experiment, published: Experiment, corpus: Corpus, store: ResultStore, machine: Machine
    ) -> None:
        self.spec, self.published, self.corpus = spec, published, corpus
        self.store, self.machine = store, machine
        self._planned: Study | None = None
        self._passing: Scratch | None = None  # lives as long as the study

    @property
    def planned(self) -> Study:
        """The experiment, planned: made when first needed."""
        if self._planned is None:
            self._planned = make_study(self.spec, self.corpus)
        return self._planned

    @property
    def findings(self) -> list[Finding]:
        """What the quick checks of the audit find in the clips and inputs of the experiment."""
        return quick_findings(self.corpus, self.planned.input_names)

    def run(self, *, on_progress: OnProgress = _silent) -> Ran:
        """Run what is missing, and return the table with what the run did; failed fits are in it."""
        return Ran(self.planned, self.store, self._run(self.planned.plan, on_progress))

    def scores(self) -> Scores:
        """Return the scores of all fits that are done; `method` is the name of the row."""
        frame = self.planned.scores(self.store)
        return Scores.of(frame.assign(method=frame["system"]), next(iter(self.planned.metrics.values()))[0])

    @checked
    def compare(
        self,
        *names: str,
        splits: int | None = None,
        targets: Sequence[str] | str | None = None,
        protocol: str | None = None,
        metric: str | None = None,
        epoch: int | None = None,
        rope: float = 0.01,
        all_pairs: bool = False,
        sequential: bool = False,
        on_progress: OnProgress = _silent,
        on_summary: Callable[[RunSummary], None] = lambda summary: None,
        on_looks: Callable[[str], None] = lambda line: None,
    ) -> "Answer":
        """Run the splits that are missing of two systems, and say what may be claimed.

        Parameters
        ----------
        *names : str
            Two systems: by method (tnn-svr), row (TNN-SVR), with width or input (tnn-svr@50, svr@mert).
        splits : int, optional
            Number of splits (default: the protocol's).
        targets : str or sequence of str, optional
            `average` stands for the mean over all.
        protocol : str, optional
            Where the experiment has several.
        metric, epoch : optional
            Default: the first of the experiment's for each target's kind, and the last. A metric that the experiment
            does not name is computed from the stored predictions: no fit is run for it.
        rope : float
            What is practically equal: within this, in units of the metric.
        all_pairs : bool
            All pairs of the systems named, or of all; adjusted after Holm.
        sequential : bool
            Look four times, and stop early where the error rate allows it.

        Raises
        ------
        UsageError
            For what cannot be meant.
        RaymerError
            When a fit fails: a verdict would rest on the splits that happened to succeed.
        """
        from raymer.api.asking import Question, answer

        wanted = [targets] if isinstance(targets, str) else targets
        question = Question.of(self.spec, names, epoch, rope, all_pairs=all_pairs, sequential=sequential)
        planned = plan_comparison(
            self.spec, self.corpus, names, protocol=protocol, splits=splits, targets=wanted, metric=metric
        )

        def run(plan: Plan) -> None:
            on_summary(self.run_all(plan, on_progress))

        return answer(planned, self.store, question, run, on_looks)

    @checked
    def report(self, folder: str | Path) -> "Report":
        """Write FOLDER/index.html, one page that needs no network, and return the report; nothing is run."""
        from raymer.api.gathering import gather, write_report

        self.claim()
        made = gather(self.planned, self.corpus, self.store, self.published.epochs)
        write_report(made, Path(folder))
        return made

    @checked
    def fit(
        self,
        name: str,
        folder: str | Path | None = None,
        *,
        protocol: str | None = None,
        evaluated: bool = True,
        on_progress: OnProgress = _silent,
    ) -> "Model":
        """Fit a system on all clips and save it in `folder`, if one is given; what lacks of its fits is run first.

        Parameters
        ----------
        name : str
            As `compare` takes it.
        protocol : str, optional
            Of the scores; by default the experiment's first.
        evaluated : bool
            Whether scores and intervals are wanted; without them nothing is cross-validated.
        """
        from raymer.models.final import choose_system, evaluate, fit_final, plan_evaluation

        row = choose_system(self.planned, name, protocol)
        evaluation: Evaluation | None = None
        if evaluated:
            self.run_all(plan_evaluation(self.planned, row), on_progress)
            evaluation = evaluate(self.planned, row, self.store)
        model = fit_final(self.planned, self.corpus, row, evaluation)
        if folder is not None:
            model.save(Path(folder))
        return model

    def search(self, **asked: Any) -> SearchOutcome:
        """Search as the experiment's `search` section says; `asked` as `plan_search` takes it: trials, sampler."""
        from raymer.engine.search.run import run_search
        from raymer.studies.search.plan import plan_search

        planned = plan_search(self.spec, self.corpus, **asked)
        samples = planned.whole
        self.store.claim(self.corpus.name, self.corpus.fingerprint, {samples.input: samples.fingerprint})
        return run_search(planned, self.store, machine=self.machine)

    def claim(self) -> None:
        """Check that the store exists, and holds results of this corpus."""
        self.store.check_exists()
        self.store.claim(self.corpus.name, self.corpus.fingerprint, self.planned.plan.input_fingerprint)

    def __repr__(self) -> str:
        plan = self.planned.plan
        done = len({fit.id for fit in plan.fits} & self.store.done())
        head = f"{self.spec.title}: {len(plan.samples.clip_ids)} clips of {self.corpus.name}"
        return f"{head}, {len(self.spec.systems)} systems, {done} of {len(plan.fits)} fits done"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: a row a system, with how far its fits are."""
        done = self.store.done()
        rows = [
            {
                "system": one.name,
                "input": one.input,
                "protocol": one.protocol,
                "features": one.n_features,
                "fits done": f"{sum(fit.id in done for fit in one.fits)} of {len(one.fits)}",
            }
            for one in self.planned.systems
        ]
        return f"<p>{escape(repr(self))}</p>{pd.DataFrame(rows).to_html(index=False)}"

    def _run(self, plan: Plan, on_progress: OnProgress) -> RunSummary:
        self.store.claim(self.corpus.name, self.corpus.fingerprint, plan.input_fingerprint)
        return run_plan(plan, self.store, machine=self.machine, name=self.spec.name, on_progress=on_progress)

    def run_all(self, plan: Plan, on_progress: OnProgress = _silent) -> RunSummary:
        """Run what is missing of a plan; FitsFailedError when a fit failed, for what needs all of them."""
        summary = self._run(plan, on_progress)
        if summary.failed:
            raise FitsFailedError(summary, self.store)
        return summary


class FitsFailedError(RaymerError):
    """Fits failed, and what was asked for needs all of them.

    Attributes
    ----------
    summary : RunSummary
    failures : list of mapping
        As ResultStore.failures.
    """

    def __init__(self, summary: RunSummary, store: ResultStore) -> None:
        self.summary = summary
        self.failures = store.failures(summary.failed)
        first = self.failures[0]
        super().__init__(f"{len(summary.failed)} fits failed, the first ({first['id']}): {first['message']}")


@checked
def open_study(
    experiment: str | Path | Experiment,
    corpus: str | Path | Corpus,
    store: str | Path | None = None,
    *,
    machine: Machine = LOCAL,
    epochs: int | None = None,
    every: int | None = None,
    folds: int | None = None,
    plugins: Sequence[str | Path] = (),
) -> OpenStudy:
    """Open an experiment on a corpus with the store of its results; nothing is run yet.

    Parameters
    ----------
    experiment : str, path or Experiment
        A YAML file, the name of one that comes with raymer, or one built in Python.
    corpus : str, path or Corpus
    store : str or path, optional
        A folder or a URI (s3://...); a folder that goes away with the study when None.
    machine : Machine
        Where fits are run; no result hangs on it.
    epochs, every, folds : int, optional
        Instead of the experiment's.
    plugins : sequence of path
        Files whose classes the experiment may name, beside those of RAYMER_PLUGINS.

    Raises
    ------
    UsageError
        As `load_experiment` and `load_corpus`.
    """
    bring_files(plugins)
    spec = experiment if isinstance(experiment, Experiment) else load_experiment(str(experiment))
    changed = spec.with_changes(epochs=epochs, every=every, folds=folds)
    loaded = corpus if isinstance(corpus, Corpus) else load_corpus(corpus)
    passing = None if store is not None else Scratch("study")
    made = OpenStudy(changed, spec, loaded, ResultStore(str(passing.path / "store" if passing else store)), machine)
    made._passing = passing
    return made
