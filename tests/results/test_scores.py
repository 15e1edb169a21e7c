"""Scores made of stored predictions: fold by fold or pooled, once, and anew where a metric has changed."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics as reference

from raymer.errors import RaymerError, UsageError
from raymer.identity import fit_identity
from raymer.protocols import scoring
from raymer.protocols.metrics import Metric
from raymer.protocols.scoring import find_metric
from raymer.results.frame import AVERAGE, average_over_targets, make_parts, n_undefined, read_scores
from raymer.results.result import Result
from raymer.results.scoring import score
from raymer.results.store import ResultStore

CLASSES = ("jazz", "pop", "rock")
FITS_OF = {fit_identity({"fit": name}): {"fit": name} for name in ("a1", "b2", "c3", "d4", "g1")}
A1, B2, C3, D4, G1 = FITS_OF


def put(store: ResultStore, fit: str, result: Result) -> None:
    store.put(fit, replace(result, fit=FITS_OF[fit]))


def result(seed: int, n: int = 12, target: str = "valence", shared: bool = False) -> Result:
    rng = np.random.default_rng(seed)
    true = rng.normal(size=n)
    return Result(
        fit={},
        clip_ids=np.array([f"c{seed}-{k}" for k in range(n)]),
        targets=np.repeat(target, n),
        epochs=np.zeros(n, dtype=np.int32),
        true=true,
        predicted=true + rng.normal(size=n),
        n_train=100 - n,
        n_test=n,
        seconds={"reducer": 1.0, "predictor": 0.5, "shared": shared},
        versions={},
    )


def class_result(seed: int, classes: tuple[str, ...] = CLASSES, n: int = 30) -> Result:
    rng = np.random.default_rng(seed)
    table = rng.dirichlet(np.ones(len(classes)), size=n)
    true = np.array(CLASSES)[np.arange(n) % 3]
    made = replace(result(seed, n, "genre"), true=true, predicted=np.array(classes)[table.argmax(axis=1)])
    return replace(made, classes=classes, probabilities=table)


class Planned:
    def __init__(self, fit_id: str, split: str, target: str = "valence"):
        self.id, self.split, self.targets = fit_id, split, (target,)
        self.system = System()


@dataclass(frozen=True)
class System:
    name: str = "svr"


PLACES = {"s1": (0, 0), "s2": (0, 1), "s3": (1, 0)}
FITS = [Planned(C3, "s3"), Planned(A1, "s1"), Planned(B2, "s2")]


@pytest.fixture
def store(tmp_path):
    made = ResultStore(str(tmp_path))
    for k, fit in enumerate((A1, B2, C3)):
        put(made, fit, result(k, n=10 + k, shared=k == 1))
    return made


def read(store, fits=FITS, aggregate="fold", metrics=("r2",), target="valence"):
    return read_scores(store, make_parts(fits, PLACES, aggregate), {target: metrics})


def test_scores_are_tidy_and_in_the_order_asked_for(store):
    frame = read(store, [*FITS, Planned("missing", "s2")], metrics=("r2", "rmse"))
    assert frame["fit"].tolist() == [C3, C3, A1, A1, B2, B2]
    assert frame["metric"].tolist() == ["r2", "rmse"] * 3
    for one in frame.itertuples():
        kept = store.get(one.fit)
        assert one.value == find_metric(one.metric).score(kept.true, kept.predicted)
        assert (one.repeat, one.fold) == PLACES[{A1: "s1", B2: "s2", C3: "s3"}[one.fit]]
        assert (one.n_train, one.n_test, one.method, one.epoch) == (kept.n_train, kept.n_test, "svr", 0)
    assert frame.drop_duplicates("fit")["spent_seconds"].tolist() == [1.5, 1.5, 0.5], "b2 shares its representation"


def test_pooled_is_the_metric_of_all_predictions_of_a_repeat(store):
    frame = read(store, aggregate="pooled")
    kept = [store.get(fit) for fit in (A1, B2)]
    pooled = reference.r2_score(*(np.concatenate([getattr(r, name) for r in kept]) for name in ("true", "predicted")))
    assert frame["repeat"].tolist() == [1, 0]
    assert frame["value"].iloc[1] == pytest.approx(pooled, rel=1e-12)
    assert frame[["fits", "n_test", "spent_seconds"]].iloc[1].tolist() == [2, 21, 2.0]
    without = read(store, [*FITS, Planned("missing", "s2")], aggregate="pooled")
    assert without["repeat"].tolist() == [1], "a repeat that lacks a fold has no score"


def test_a_score_is_made_once_and_a_metric_added_later_costs_no_other(store, monkeypatch):
    read(store, FITS[:2])
    opened = []
    get = ResultStore.get
    monkeypatch.setattr(ResultStore, "get", lambda self, fit: opened.append(fit) or get(self, fit))
    before = read(store)
    assert opened == [B2], "the others were kept"
    opened.clear()
    pd.testing.assert_frame_equal(read(store), before)
    assert opened == []
    read(store, metrics=("r2", "ccc"))
    assert sorted(opened) == sorted([A1, B2, C3])


@pytest.mark.parametrize("damage", [b"", b"PAR1 and no more", None])
def test_what_is_kept_may_be_damaged_or_deleted(store, tmp_path, damage):
    before = read(store)
    path = tmp_path / "scores" / "r2.parquet"
    path.unlink() if damage is None else path.write_bytes(damage)
    pd.testing.assert_frame_equal(read(store), before)


def test_another_revision_of_a_metric_makes_other_scores(store, monkeypatch):
    def metric(value, revision):
        return Metric("mine:Flat", "number", "flat", lambda true, predicted: value, revision=revision)

    for value, revision, seen in ((1.0, "a", 1.0), (2.0, "a", 1.0), (2.0, "b", 2.0)):
        made = metric(value, revision)
        monkeypatch.setattr("raymer.results.frame.find_metric", lambda name, made=made: made)
        assert set(read(store, metrics=("mine:Flat",))["value"]) == {seen}


def test_a_store_that_cannot_be_written_is_read_all_the_same(store, monkeypatch):
    from pathlib import Path

    def refuse(self, data):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    assert read(store)["value"].notna().all()


def test_undefined_is_counted_and_never_averaged(store):
    flat = result(7)
    put(store, D4, replace(flat, true=np.full(12, 0.1)))
    fits = [*FITS[1:], Planned(D4, "s3")]
    frame = read(store, fits)
    assert n_undefined(frame) == 1
    assert frame["value"].isna().tolist() == [False, False, True]
    pd.testing.assert_frame_equal(read(store, fits), frame)  # also from what was kept
    both = pd.concat([frame, frame.assign(target="arousal", value=0.5)], ignore_index=True)
    means = average_over_targets(both, 2).set_index(["repeat", "fold"])["value"]
    assert means.isna().to_dict() == {(0, 0): False, (0, 1): False, (1, 0): True}
    assert set(average_over_targets(both, 2)["target"]) == {AVERAGE}
    assert read(store, fits, aggregate="pooled")["value"].isna().tolist() == [False, True]


def test_probabilities_of_folds_that_know_other_classes_are_pooled_by_class(tmp_path):
    parts = [class_result(0), class_result(1, ("pop", "rock"))]
    names = list(CLASSES)
    second = np.hstack([np.zeros((30, 1)), parts[1].probabilities])
    table, true = np.vstack([parts[0].probabilities, second]), np.concatenate([one.true for one in parts])
    wanted = find_metric("roc_auc").score(true, table, names)
    auc = reference.roc_auc_score(true, table, multi_class="ovr", average="macro", labels=names)
    assert [one.value for one in score(find_metric("roc_auc"), parts)] == [wanted]
    assert wanted == pytest.approx(auc, rel=1e-12)
    alone = score(find_metric("log_loss"), parts[1:])[0].value
    assert alone == find_metric("log_loss").score(parts[1].true, parts[1].probabilities, ["pop", "rock"])
    assert alone > 5, "a class that the train part had not was given nought"


def test_what_cannot_be_scored_is_said_in_one_line(store):
    put(store, G1, replace(class_result(0), classes=(), probabilities=None))
    with pytest.raises(UsageError, match=rf"fit {G1} \(svr\): the predictor has no probabilities"):
        read(store, [Planned(G1, "s1", "genre")], metrics=("roc_auc",), target="genre")
    assert read(store, [Planned(G1, "s1", "genre")], metrics=("r2",), target="genre").empty


def test_a_metric_that_fails_or_returns_nan_is_named(store, monkeypatch):
    class Bad:
        kind = "number"

        def score(self, true, predicted):
            return float("nan")

    monkeypatch.setitem(scoring._FOREIGN, "mine:Bad", scoring._of_class("mine:Bad", Bad, "", "1"))
    with pytest.raises(RaymerError, match=r"metric mine:Bad of valence failed: ValueError: mine:Bad returned nan"):
        score(scoring._FOREIGN["mine:Bad"], [store.get(A1)])


def test_a_result_that_was_written_again_is_scored_again(tmp_path):
    """What is kept of a file goes by its size and time: a file put in another's place is read, not believed."""
    store = ResultStore(str(tmp_path / "S"))
    for fit, seed in ((A1, 1), (B2, 2), (C3, 3)):
        put(store, fit, result(seed))
    parts, metrics = make_parts(FITS, PLACES), {"valence": ("rmse",)}
    before = read_scores(store, parts, metrics)
    put(store, B2, result(7, n=20))
    after = read_scores(store, parts, metrics)
    changed = before["value"].to_numpy() != after["value"].to_numpy()
    assert after["fit"][changed].tolist() == [B2]
    assert read_scores(store, parts, metrics).equals(after)
