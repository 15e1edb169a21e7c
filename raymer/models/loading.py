"""Reading a model's folder: everything in it is checked, and nothing is unpickled."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from raymer.errors import RaymerError, UsageError
from raymer.features.summary import STATISTICS
from raymer.identity import content_hash
from raymer.learners.checkpoint import read_snapshot
from raymer.learners.fitted import FittedSystem
from raymer.learners.novelty import Novelty
from raymer.learners.saved import check_seal, first_line
from raymer.learners.system import System
from raymer.models.card import read_card
from raymer.models.model import CARD, MEASURES, Facts, Model, hash_of
from raymer.models.proof import check_proof
from raymer.models.source import Source
from raymer.models.trial import tried, try_reading

T = TypeVar("T")
_NOVELTY = "novelty/"


def load_model(folder: str | Path) -> Model:
    """Read a model that `raymer fit` wrote; nothing in it is unpickled.

    What is read is held against the types of the model's components, its parts against each other, and its answers
    against those that were written with it. A model of classes of somebody else's, whose parts raymer cannot check, is
    first read in a process of its own.

    Raises
    ------
    UsageError
        When `folder` is missing or holds no model, or a class of the model is not here.
    RaymerError
        When a file of it was changed, added or is gone, or holds what no such model is made of.
    """
    folder = Path(folder)
    check_seal(folder)
    system = _refused_in_a_line(folder, lambda: System.from_dict({"steps": read_card(folder / CARD)["steps"]}))
    if any(component.is_foreign for component in system.classes()):
        try_reading(folder)
    return read_here(folder)


def read_here(folder: Path) -> Model:
    """As `load_model`, in this process whatever the model is made of."""
    return _refused_in_a_line(folder, lambda: _read(folder))


def main() -> None:
    """Read a model in the process that tries it first."""
    tried(read_here)


def _refused_in_a_line(folder: Path, read: Callable[[], T]) -> T:
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # of values that were changed; the answers are compared
            return read()
    except UsageError:
        raise
    except RaymerError as error:
        said = str(error)
        raise error if str(folder) in said else RaymerError(_refusal(folder, said)) from error
    except Exception as error:  # a changed file makes the libraries that read it raise anything
        raise RaymerError(_refusal(folder, first_line(error))) from error


def _refusal(folder: Path, why: str) -> str:
    return f"model {folder} is not loaded: {why}; fetch it anew or fit it again"


def _read(folder: Path) -> Model:
    card = read_card(folder / CARD)
    measures = read_snapshot(folder / MEASURES, "fetch the model anew or fit it again")
    arrays = {name: tensor.numpy() for name, tensor in measures.tensors.items()}
    facts = Facts.model_validate(measures.facts)
    targets = [target["name"] for target in card["targets"]]
    errors = {target: arrays[f"errors/{target}"] for target in targets if f"errors/{target}" in arrays}
    if facts.card != content_hash(card):
        raise RaymerError(f"{CARD} is not the card that the model was saved with")
    if facts.errors != hash_of(errors):
        raise RaymerError(f"the errors in {MEASURES} are not those that the model was saved with")
    kept = {name.removeprefix(_NOVELTY): values for name, values in arrays.items() if name.startswith(_NOVELTY)}
    if facts.novelty != hash_of(kept):  # answers need not tell: a feature that no step uses changes the distance alone
        raise RaymerError(f"what {MEASURES} keeps of the train clips is not what the model was saved with")
    novelty = Novelty(
        arrays["novelty/mean"], arrays["novelty/sd"], arrays["novelty/points"], arrays["novelty/limit"].item()
    )
    system = System.from_dict({"steps": card["steps"]})
    source, width = card["features"]["source"], card["features"]["width"]
    if len(novelty.mean) != (width if system.accepts == "table" else len(STATISTICS) * width):
        raise RaymerError(f"{MEASURES} is of {len(novelty.mean)} features, the card of {width}")
    model = Model(
        card=card,
        predictor=FittedSystem.load(folder, system, targets),
        source=Source.from_dict(source, folder) if source else None,
        novelty=novelty,
        errors=errors,
        error_clips=facts.error_clips,
        folder=folder,
    )
    check_proof(model, arrays)
    return model
