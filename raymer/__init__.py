"""Tell honestly whether a learnt representation predicts better.

The names below are imported when first used, so that `import raymer` stays quick.
"""

import importlib
from typing import Any

_PUBLIC = {
    "AutoencoderReducer": "raymer.learners.autoencoder",
    "Corpus": "raymer.corpora.base",
    "Experiment": "raymer.experiments.spec",
    "GPRegressor": "raymer.learners.gaussian_process",
    "GRUClassifier": "raymer.learners.recurrent",
    "GRURegressor": "raymer.learners.recurrent",
    "GroupKFold": "raymer.protocols.splits",
    "GroupedGPRegressor": "raymer.learners.gaussian_process",
    "GroupRandomSplits": "raymer.protocols.random_splits",
    "ImportOptions": "raymer.corpora.info",
    "KFold": "raymer.protocols.splits",
    "Machine": "raymer.engine.machine",
    "RandomSplits": "raymer.protocols.random_splits",
    "RepeatedGroupKFold": "raymer.protocols.repeated",
    "RepeatedKFold": "raymer.protocols.repeated",
    "ResultStore": "raymer.results.store",
    "SimilarityGRU": "raymer.learners.recurrent",
    "System": "raymer.learners.system",
    "TripletReducer": "raymer.learners.triplet",
    "audit": "raymer.audits",
    "compare": "raymer.api.comparisons",
    "compare_all": "raymer.api.comparisons",
    "cross_validate": "raymer.api.cross_validate",
    "find_leaks": "raymer.learners.leaks",
    "import_corpus": "raymer.corpora.registry",
    "load_corpus": "raymer.corpora.folder",
    "load_experiment": "raymer.experiments.loading",
    "load_model": "raymer.models.loading",
    "load_study": "raymer.studies.search.journal",
    "make_synthetic": "raymer.corpora.synthetic",
    "open_study": "raymer.api.study",
    "plan_search": "raymer.studies.search.plan",
    "run_search": "raymer.engine.search.run",
    "preset": "raymer.learners.presets",
    "write_corpus": "raymer.corpora.folder",
}

__all__ = sorted(_PUBLIC)  # noqa: PLE0605
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'raymer' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return __all__
