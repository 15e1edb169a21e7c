"""What all tests share: the real data where it is there, a small corpus, and the command line in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from typer.testing import CliRunner, Result

from raymer.components.plugins import PLUGINS
from raymer.corpora.base import Corpus
from raymer.corpora.folder import write_corpus
from raymer.corpora.synthetic import make_synthetic

# Examples are not timed: a busy machine would fail them.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

SLOW = frozenset(
    """
    api/test_draft.py
    api/test_study.py
    audits/test_findings.py
    audits/test_two_corpora.py
    cli/test_cli.py
    cli/test_compare.py
    cli/test_metric_verbs.py
    cli/test_report.py
    cli/test_report_page.py
    cli/test_status.py
    components/test_check.py
    components/test_guests.py
    corpora/test_deam.py
    corpora/test_remote.py
    docs/test_docs.py
    engine/carriers/test_carriers.py
    engine/carriers/test_driver.py
    engine/gang/test_ray.py
    engine/models/test_model.py
    engine/search/test_search.py
    engine/search/test_search_ray.py
    engine/test_curves.py
    engine/test_data.py
    engine/test_work.py
    features/test_own_extractors.py
    jobs/test_jobs.py
    learners/test_comparators.py
    learners/test_compiled.py
    learners/test_leaks.py
    learners/test_training.py
    learners/test_tuning.py
    protocols/test_given.py
    results/test_full_disk.py
    results/test_full_disk_verbs.py
    results/test_object_store.py
    safety/test_embedded_ray.py
    safety/test_ending.py
    safety/test_listeners.py
    safety/test_no_code_from_files.py
    """.split()
)
"""Files of seven seconds and more: what `make quick` leaves out."""

HERE = Path(__file__).parent
REAL = HERE.parents[1] / "shared" / "data"


@pytest.fixture(autouse=True)
def only_own_plugins() -> Iterator[None]:
    """Put out the files that a test has let in: what the next one refuses must not hang on which ran before."""
    before = {plugin.name for plugin in PLUGINS}
    yield
    for plugin in list(PLUGINS):
        if plugin.name not in before:
            PLUGINS.drop(plugin.name)


@pytest.fixture(scope="session")
def real_data() -> Path:
    if not REAL.is_dir():
        pytest.skip(f"the real data is not there ({REAL})")
    return REAL


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    return make_synthetic(60, 12, seed=1)


@pytest.fixture
def corpus_folder(corpus: Corpus, tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    write_corpus(corpus, folder)
    return folder


@pytest.fixture
def cli() -> Callable[..., Result]:
    """Run a raymer command line in this process; `.stdout` and `.stderr` are apart."""
    from raymer.cli.main import app

    def run(*words: object) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words])

    return run


SMALL = """
name: small
title: small
corpus: synthetic
targets: [valence, arousal]
protocols:
  folds: {kind: kfold, folds: 3, shuffle: true, seed: 0}
systems:
  - {system: SVR, method: svr}
  - {system: PCA-SVR, method: pca-svr, reducer: {width: 4}}
  - {system: PCA-GBM, method: pca-gbm, reducer: {width: 4}, predictor: {n_estimators: 10}}
  - {system: TNN-SVR, method: tnn-svr, reducer: {width: 4, steps: 20}}
  - {system: TNN-GBM, method: tnn-gbm, reducer: {width: 4, steps: 20}, predictor: {n_estimators: 10}}
"""


@pytest.fixture
def small_experiment(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.fixture
def regression() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(90, 6))
    return X, X[:, 0] + 0.5 * X[:, 1] ** 2 + 0.1 * rng.normal(size=90)


@pytest.hookimpl(tryfirst=True)  # before pytest deselects by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of slow files, and put those first: none of them is then left for the end."""
    for item in items:
        if item.path.relative_to(HERE).as_posix() in SLOW:
            item.add_marker(pytest.mark.slow)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


FAILING = """
from sklearn.base import BaseEstimator, TransformerMixin


class Failing(TransformerMixin, BaseEstimator):
    def fit(self, X, y):
        raise ValueError("nothing can be learnt")

    def transform(self, X):
        return X
"""


@pytest.fixture
def failing(small_experiment: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Put a reducer that raises in the place of PCA before SVR, and yield the option that brings it."""
    path = tmp_path / "failing_classes.py"
    path.write_text(FAILING)
    steps = 'steps: [{use: "failing_classes:Failing"}, svr]'
    text = small_experiment.read_text()
    small_experiment.write_text(text.replace("method: pca-svr, reducer: {width: 4}", steps))
    yield ("--plugin", path)
    PLUGINS.drop("failing_classes")
