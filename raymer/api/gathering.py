"""Reading what a report is made of: reports/ knows of no store, no corpus and no learner."""

from pathlib import Path
from typing import Any

from raymer.audits import quick_findings
from raymer.corpora.base import Corpus
from raymer.protocols.scoring import find_metric
from raymer.reports.facts import made_here, protocol_words, time_spent
from raymer.reports.page import make_page
from raymer.reports.plot import Plot
from raymer.reports.report import Report, best_systems, file_urls
from raymer.reports.scatter import Predictions
from raymer.reports.searched import Searched
from raymer.results.store import ResultStore
from raymer.scratch import scratch
from raymer.studies.embeddings import embed
from raymer.studies.naming import system_labels
from raymer.studies.predictions import read_predictions, read_versions
from raymer.studies.remarks import remarks
from raymer.studies.search.worth import read_worth
from raymer.studies.study import Study
from raymer.whole import written


def write_report(made: Report, output: Path) -> list[Plot]:
    """Write OUTPUT/index.html and return its figures."""
    plots = made.plots()
    output.mkdir(parents=True, exist_ok=True)
    page = make_page(made, plots)
    with written(output / "index.html") as path:
        path.write_text(page, encoding="utf-8")
    return plots


def gather(study: Study, corpus: Corpus, store: ResultStore, published_epoch: int | None) -> Report:
    """Read what the report is made of: it knows of no store, no corpus and no learner."""
    scores = study.scores(store)
    planned, done = {fit.id for fit in study.plan.fits}, store.done()
    failures = store.failures(planned - done)
    clips = corpus.clips[corpus.clips["clip_id"].isin(study.plan.samples.clip_ids.tolist())]
    scales = {t.name: (t.low, t.high) for t in corpus.targets if t.low is not None and t.high is not None}
    return Report(
        spec=study.spec,
        published_epoch=published_epoch,
        systems=study.systems,
        labels=system_labels(study.spec.systems) * len(study.spec.protocols),
        scores=scores,
        metrics=study.metrics,
        planned=len(planned),
        missing=len(planned - done) - len(failures),
        failures=failures,
        clips=clips,
        scales=scales,
        audio=file_urls(clips, corpus.audio_root),
        predictions=_predictions(study, store, scores),
        embedded=embed(study) if len(scores) else None,
        facts=_facts(study, corpus, store, scores),
        remarks=remarks(study, store, scores),
        findings=quick_findings(corpus, study.input_names),
        inputs=input_words(study, corpus),
        searched=_searched(study, corpus, store),
    )


def _searched(study: Study, corpus: Corpus, store: ResultStore) -> Searched | None:
    """Read the search as the experiment asks for it, from its journal in the store."""
    if study.spec.search is None:
        return None
    from raymer.studies.search.journal import found, load_study
    from raymer.studies.search.place import journal_of
    from raymer.studies.search.plan import plan_search

    planned = plan_search(study.spec, corpus)
    with scratch("journal") as folder:
        journal = journal_of(planned, store.location).fetch(folder)
        if not journal.is_file():
            return None
        outcome, worth = found(load_study(journal), planned.space), read_worth(journal)
    states = [] if outcome.trials.empty else outcome.trials["state"].tolist()
    return Searched(
        system=planned.system,
        objectives=tuple(planned.task.objectives),
        metric=planned.task.metric,
        trials=len(states),
        stopped=states.count("stopped"),
        best_value=outcome.best_value,
        best_params=outcome.best_params,
        worth=worth,
    )


def input_words(study: Study, corpus: Corpus) -> dict[str, str]:
    """Say of each input how wide it is, what made it, and how many clips have it."""
    words = {}
    for samples in study.plan.inputs.values():
        item = corpus.inputs.get(samples.input)
        made_by = dict(item.made_by) if item is not None else {}
        source = made_by.get("file") or made_by.get("extractor") or made_by.get("kind") or ""
        what = "features" if samples.accepts == "table" else "numbers a frame"
        covered = f"{study.coverage[samples.input]} of {len(corpus.clips)} clips"
        words[samples.input] = f"{samples.n_features} {what}, {covered}" + (f", from {source}" if source else "")
    return words


def _predictions(study: Study, store: ResultStore, scores: Any) -> list[Predictions]:
    several = len(study.spec.protocols) > 1
    labels = system_labels(study.spec.systems)
    return [
        Predictions(
            labels[number % len(labels)] + (f", {study.systems[number].protocol}" if several else ""),
            target,
            study.metrics[target][0],
            mean,
            read_predictions(study, store, number, target),
        )
        for target, (number, mean) in best_systems(study.systems, scores, study.metrics).items()
    ]


def _facts(study: Study, corpus: Corpus, store: ResultStore, scores: Any) -> dict[str, str]:
    spec = study.spec
    facts = {f"protocol {name}": protocol_words(rule.build().to_dict()) for name, rule in spec.protocols.items()}
    facts["corpus"] = f"{corpus.name}, {len(corpus.clips)} clips, fingerprint {corpus.fingerprint}"
    facts["seed"] = f"{spec.seed}; the seed of every fit derives from it and from what is fitted"
    if spec.epochs and spec.has_epochs:
        facts["epochs"] = f"{spec.epochs}, scored at every {spec.every}th and the last"
    for samples in study.plan.inputs.values():
        name = "input" if len(study.plan.inputs) == 1 else f"input {samples.input}"
        facts[name] = f"{samples.input} of corpus {corpus.name}, fingerprint {samples.fingerprint}"
    if notes := study.clip_notes():
        facts["clips"] = "; ".join(notes)
    for name in dict.fromkeys(name for own in study.metrics.values() for name in own):
        facts[f"metric {name}"] = f"{find_metric(name).words} ({find_metric(name).direction})"
    facts["time spent"] = time_spent(scores)
    versions = read_versions(study.systems, store)
    facts["versions"] = ", ".join(f"{name} {' or '.join(found)}" for name, found in versions.items())
    facts["page"] = made_here()
    return facts
