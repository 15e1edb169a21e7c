"""The model card: what a model was fitted on, how well it did on clips it had not seen, and what that does not say."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from raymer.corpora.base import Corpus, Target
from raymer.corpora.registry import IMPORTERS
from raymer.errors import RaymerError
from raymer.models.source import Source
from raymer.plain import markdown
from raymer.protocols.scoring import find_metric
from raymer.studies.fit import Fit
from raymer.studies.samples import Samples
from raymer.studies.study import Study
from raymer.studies.versions import versions

FORMAT = 4
OPENSMILE = "openSMILE, which computes the features, is free for research, not for products."


def make_card(
    study: Study,
    corpus: Corpus,
    row: int,
    fits: Sequence[Fit],
    source: Source | None,
    evaluation: Mapping[str, Any] | None,
    tuned: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the card, JSON-ready.

    `evaluation` is what `evaluate` returns, None where nothing was cross-validated; `tuned` are the values that were
    chosen on inner splits of all clips, by target.
    """
    system, samples = study.systems[row], study.samples_of(row)
    return {
        "format": FORMAT,
        "experiment": study.spec.name,
        "system": system.name,
        "method": system.system.name,
        "steps": system.system.to_dict()["steps"],
        "tuned": {target: dict(values) for target, values in tuned.items()},
        "seed": study.spec.seed,
        "fits": [fit.to_dict() for fit in fits],
        "corpus": _corpus(corpus, samples),
        "targets": [_target(corpus.target(name), samples) for name in study.spec.targets],
        "features": {
            "input": samples.input,
            "width": samples.n_features,
            "columns": list(samples.feature_names),
            "source": source.to_dict() if source else None,
        },
        "evaluation": evaluation,
        "versions": dict(versions()),
    }


def _corpus(corpus: Corpus, samples: Samples) -> dict[str, Any]:
    origin = corpus.origin  # who made it, not what it is called: a table called deam.csv is not DEAM
    importer = IMPORTERS.get(origin.importer)
    known = importer is not None and importer.info.name == corpus.name
    return {
        "name": corpus.name,
        "title": importer.info.title if importer and known else corpus.name,
        "where": origin.where if origin.importer else "not known to raymer",
        "licence": origin.licence if origin.importer else "not known to raymer: ask whoever made the corpus",
        "sources": [dict(source) for source in origin.sources],
        "faults": list(importer.info.faults) if importer and known else [],
        "clips": len(samples.clip_ids),
        "groups": len(set(samples.groups.tolist())),
        "fingerprint": corpus.fingerprint,
    }


def _target(target: Target, samples: Samples) -> dict[str, Any]:
    values = samples.labels[target.name]
    record = {"name": target.name, "kind": target.kind, "low": target.low, "high": target.high}
    if target.kind == "class":
        return record | {"classes": sorted(set(values.tolist()))}
    return record | {"mean": float(values.mean()), "sd": float(values.std())}


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class _Target(_Part):
    name: str
    kind: Literal["number", "class"]
    low: float | None
    high: float | None
    classes: list[str] = Field(default_factory=list)


class _Source(_Part):
    kind: str
    parameters: dict[str, Any]
    versions: dict[str, str]
    pool: str | None
    use: str
    model_file: str


class _Features(_Part):
    input: str
    width: int = Field(ge=1)
    columns: list[str]
    source: _Source | None

    @model_validator(mode="after")
    def _as_many_columns(self) -> Self:
        if self.columns and len(self.columns) != self.width:
            raise ValueError(f"{len(self.columns)} columns do not go with a width of {self.width}")
        return self


class _Card(_Part):
    """The parts of a card that reading a model hangs on."""

    system: str
    method: str
    experiment: str
    seed: int
    steps: list[dict[str, Any]] = Field(min_length=1)
    tuned: dict[str, dict[str, Any]]
    corpus: dict[str, Any]
    targets: list[_Target] = Field(min_length=1)
    features: _Features
    evaluation: dict[str, Any] | None
    versions: dict[str, str]


def read_card(path: Path) -> dict[str, Any]:
    """Return the card of a model's folder, JSON-ready.

    Raises
    ------
    RaymerError
        Where it is no card: one line that names the field.
    """
    try:
        card: dict[str, Any] = json.loads(path.read_bytes())
        _Card.model_validate(card)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "all of it"
        raise RaymerError(
            f"{path} is no card of a model ({field}: {first['msg']}): fetch it anew or fit it again"
        ) from (error)
    except (OSError, ValueError, RecursionError) as error:
        said = next(iter(str(error).splitlines()), type(error).__name__)
        raise RaymerError(f"{path} cannot be read ({said}): fetch it anew or fit it again") from error
    return card


def describe(card: Mapping[str, Any]) -> str:
    """Return the card as Markdown, for people."""
    corpus = card["corpus"]
    parts = [
        f"# {markdown(card['system'])} on {markdown(corpus['name'])}",
        f"Method {markdown(card['method'])} of experiment {markdown(card['experiment'])}, fitted by raymer "
        f"{card['versions']['raymer']} on all {corpus['clips']} clips ({corpus['groups']} groups) of "
        f"{markdown(corpus['title'])}. "
        "Read it with `raymer predict` or `raymer.load_model`; nothing in this folder is pickled.",
        "## What it predicts",
        *(_target_line(target) for target in card["targets"]),
        "## How well",
        *_evaluation_lines(card["evaluation"]),
        "## What it needs",
        _features_line(card["features"]),
        "## Data",
        f"- From: {corpus['where']}",
        f"- Licence of the data: {corpus['licence']}. What follows from it for a model is not for raymer to say.",
        *(f"- Known fault: {fault}" for fault in corpus["faults"]),
        *([f"- {OPENSMILE}"] if _uses_opensmile(card["features"]) else []),
        "## Made with",
        *(f"- {target}: {_pairs(values)}, chosen on inner splits" for target, values in card["tuned"].items()),
        f"- Seed {card['seed']}; all others derive from it and from what was fitted.",
        f"- {_pairs(card['versions'])}",
    ]
    return _spaced(parts)


def _target_line(target: Mapping[str, Any]) -> str:
    if target["kind"] == "class":
        return f"- **{markdown(target['name'])}**: one of {', '.join(map(markdown, target['classes']))}"
    known = target["low"] is not None and target["high"] is not None
    scale = f"labels on a scale from {target['low']:g} to {target['high']:g}" if known else "labels without a set scale"
    return f"- **{markdown(target['name'])}**: {scale}, here with mean {target['mean']:.3g} and sd {target['sd']:.3g}"


def _evaluation_lines(evaluation: Mapping[str, Any] | None) -> list[str]:
    if evaluation is None:
        return [
            "Not cross-validated: it was fitted without a store of results. Nothing is known of its errors on new "
            "clips, and its predictions have no intervals.",
        ]
    rows = [
        f"| {markdown(score['target'])} | {markdown(score['metric'])} | {score_words(score)} |"
        for score in evaluation["scores"]
    ]
    metrics = dict.fromkeys(score["metric"] for score in evaluation["scores"])
    return [
        f"Protocol {markdown(evaluation['protocol'])} ({_pairs(evaluation['rule'])}): the same method and "
        f"settings, fitted anew on each of {evaluation['splits']} train parts and scored on clips it had not seen. "
        f"{_AGGREGATES[evaluation['aggregate']]}:",
        "| target | metric | score |\n|---|---|---|\n" + "\n".join(rows),
        *(f"- {find_metric(metric).words} ({find_metric(metric).direction})." for metric in metrics),
        "- The scores are of fits on part of the clips, not of this very model, which has seen all of them; on "
        "clips from elsewhere (other genres, other raters, other recordings) expect worse.",
        *([f"- {evaluation['intervals']}"] if evaluation["intervals"] else []),
    ]


_AGGREGATES = {
    "fold": "Mean ± standard deviation over splits",
    "pooled": "Score of the pooled predictions of a repeat, ± standard deviation where there are several",
}


def score_words(score: Mapping[str, Any]) -> str:
    """Return a score of a card: its mean and standard deviation, or that it is undefined."""
    if score["undefined"]:
        return f"undefined in {score['undefined']} of {score['scores']}"
    return f"{score['mean']:.3f}" + ("" if score["sd"] is None else f" ± {score['sd']:.3f}")


def _features_line(features: Mapping[str, Any]) -> str:
    source = features["source"]
    count = f"{len(features['columns'])} features a clip" if features["columns"] else "spectrograms"
    if source is None and not features["columns"]:
        return (
            f"`{features['input']}`: frames of {features['width']} numbers, which were added from a file and which "
            "raymer cannot compute from audio: predict from Python, with an array (n_frames, width) a clip."
        )
    if source is None:
        return (
            f"`{features['input']}`: {count}, which were given as a table and which raymer cannot compute from audio: "
            "predict with `--features-table`. Their names stand in card.json."
        )
    summary = {None: "", "summary": ", summarised over time"}.get(source["pool"], f", {source['pool']} over time")
    how = f"{_pairs(source['parameters'])}; decoded and computed with {_pairs(source['versions'])}"
    maker = source["use"] or source["kind"]
    return f"Audio (wav, flac, ogg, mp3). `{features['input']}`: {count}, {maker}{summary} ({how})."


def _uses_opensmile(features: Mapping[str, Any]) -> bool:
    return features["source"] is not None and "opensmile" in features["source"]["versions"]


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _spaced(parts: Sequence[str]) -> str:
    """Join paragraphs with a blank line between them, but list items without."""
    text = ""
    for before, part in zip(["", *parts], parts, strict=False):
        both_items = before.startswith("- ") and part.startswith("- ")
        text += ("" if not before else "\n" if both_items else "\n\n") + part
    return text + "\n"
