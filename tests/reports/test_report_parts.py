"""What a report is made of: contrasts, the systems whose predictions are shown, points and their records, facts."""

import numpy as np
import pandas as pd
import pytest

from raymer.experiments.loading import parse_experiment
from raymer.reports.contrasts import contrasts
from raymer.reports.facts import protocol_words, time_spent
from raymer.reports.plot import POINTS, draw_whole
from raymer.reports.report import MOST_ROWS, batched, best_systems, file_urls
from raymer.reports.scatter import Predictions, predicted_plot
from raymer.results.frame import AVERAGE
from raymer.stats import compare_all
from raymer.studies.embeddings import bands
from raymer.studies.naming import system_labels
from raymer.studies.study import make_study

TEXT = """
name: r
title: r
corpus: synthetic
targets: [valence, arousal]
protocols: {folds: {folds: 3}}
systems:
  - {system: SVR, method: svr}
  - {system: PCA, method: pca-svr, reducer: {width: 4}}
  - {system: PCA, method: pca-svr, reducer: {width: 2}}
  - {system: GBM, method: gbm}
  - {system: TNN, method: tnn-svr, reducer: {width: 4}}
"""


@pytest.fixture
def study(corpus):
    return make_study(parse_experiment(TEXT, "r"), corpus)


def pairs(study, scores, targets=("valence", "arousal")):
    found = contrasts(study.systems, system_labels(study.spec.systems), scores, dict.fromkeys(targets, ("r2",)))
    return {title: [(one.a, one.b) for one in made] for title, made in found.items()}, found


def test_what_is_learnt_stands_against_its_own_kind(study, scores_of):
    names, found = pairs(study, scores_of(study))
    assert names == dict.fromkeys(("valence", "arousal"), [("tnn-svr", "svr"), ("tnn-svr", "pca-svr@4")])
    for one in found["valence"]:
        assert one.p_holm >= one.nadeau_bengio.p
    over_all, _ = pairs(study, scores_of(study), ("valence", "arousal", "nothing"))
    assert over_all == {}, "no split has all three targets"


def test_no_pair_is_left_out_of_the_forest_plots():
    for count in (1, 32, 33, 100):
        parts = list(batched(range(count), MOST_ROWS))
        assert [one for part in parts for one in part] == list(range(count))
        assert max(map(len, parts)) <= MOST_ROWS
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert list(batched([], MOST_ROWS)) == []


def test_an_incomplete_system_is_in_no_contrast(study, scores_of):
    scores = scores_of(study)
    names, _ = pairs(study, scores[~((scores["row"] == 0) & (scores["fold"] == 2))])
    assert names["valence"] == [("tnn-svr", "pca-svr@4")]
    names, _ = pairs(study, scores[scores["row"] != 4])
    assert len(names["valence"]) == 6, "without a learnt representation all pairs"
    assert pairs(study, scores.iloc[:0])[0] == {}


def test_of_very_many_pairs_those_with_the_best_are_shown(corpus):
    systems = [f"  - {{system: S{k}, method: svr, predictor: {{C: {k + 1}}}}}" for k in range(13)]
    study = make_study(parse_experiment(TEXT[: TEXT.index("  - ")] + "\n".join(systems) + "\n", "r"), corpus)
    rng = np.random.default_rng(0)
    scores = pd.DataFrame(
        [
            {"row": row, "target": "valence", "metric": "r2", "epoch": 0, "repeat": 0, "fold": fold}
            | {"value": (row == 7) + rng.normal(0, 0.1), "n_train": 80, "n_test": 40}
            for row in range(13)
            for fold in range(3)
        ]
    )
    ((title, made),) = contrasts(study.systems, [f"S{k}" for k in range(13)], scores, {"valence": ("r2",)}).items()
    assert title == "valence, S7 against each (of 78 pairs)"
    assert [({one.a, one.b} - {"S7"}).pop() for one in made] == [f"S{k}" for k in range(13) if k != 7]
    every = compare_all(scores.assign(method="S" + scores["row"].astype(str)), [f"S{k}" for k in range(13)])
    assert [one.p_holm for one in made] == [one.p_holm for one in every if "S7" in (one.a, one.b)]


def test_average_where_targets_are_many(study, scores_of):
    scores = scores_of(study)
    scores = pd.concat([scores, scores[scores["target"] == "valence"].assign(target="tension")], ignore_index=True)
    names, found = pairs(study, scores, ("valence", "arousal", "tension"))
    assert list(names) == [AVERAGE]
    assert found[AVERAGE][0].splits == 3


def test_best_systems_are_complete_ones(study, scores_of):
    scores = scores_of(study)
    best = best_systems(study.systems, scores, {"valence": ("r2",)})
    means = scores[scores["target"] == "valence"].groupby("row")["value"].mean()
    assert best == {"valence": (means.idxmax(), pytest.approx(means.max()))}
    lacking = scores[~((scores["row"] == means.idxmax()) & (scores["fold"] == 0))]
    assert best_systems(study.systems, lacking, {"valence": ("r2",)})["valence"][0] != means.idxmax()


@pytest.mark.parametrize("n_groups", [3, 20])
def test_hover_records_stand_in_the_order_of_the_points(n_groups):
    rng = np.random.default_rng(0)
    clips = pd.DataFrame({"clip_id": [f"c{k}" for k in range(40)], "group": [f"g{k % n_groups}" for k in range(40)]})
    clips = clips.assign(true=rng.uniform(1, 9, 40), predicted=rng.uniform(1, 9, 40))
    plot = predicted_plot([Predictions("svr", "valence", "r2", 0.4, clips)], {"c3": "file:///x.wav"})
    drawn = [one for one in draw_whole(plot).axes[0].collections if str(one.get_gid()).startswith(POINTS)]
    assert len(drawn) == (n_groups if n_groups <= 7 else 1)
    places = np.concatenate([one.get_offsets() for one in drawn])
    by_name = clips.set_index("clip_id")
    for place, record in zip(places, plot.panels[0].hover, strict=True):
        assert place.tolist() == by_name.loc[record["name"], ["true", "predicted"]].tolist()
        assert ("audio" in record) == (record["name"] == "c3")


def test_bands_are_the_ends_and_the_halves_between():
    labels = np.random.default_rng(0).permutation(500).astype(float)
    found = bands(labels)
    assert np.bincount(found).tolist() == [100, 150, 150, 100]
    assert labels[found == 0].max() < labels[found == 1].min()
    assert labels[found == 2].max() < labels[found == 3].min()
    assert np.bincount(bands(np.arange(8.0))).tolist() == [2, 2, 2, 2]


def test_facts(study, scores_of):
    assert protocol_words({"kind": "group_kfold", "folds": 5, "shuffle": False}) == (
        "group kfold splits: folds 5, no shuffle"
    )
    scores = scores_of(study).iloc[:4].assign(spent_seconds=[10.2, 0.2, 10.2, 10.2])
    assert time_spent(scores).startswith("30.8 s of one core in 4 fits")


def test_only_files_that_are_there_have_an_address(tmp_path):
    (tmp_path / "a b.wav").write_bytes(b"")
    clips = pd.DataFrame({"clip_id": ["1", "2"], "audio": ["a b.wav", "gone.wav"]})
    assert file_urls(clips, str(tmp_path)) == {"1": (tmp_path / "a b.wav").as_uri()}
    assert file_urls(clips, None) == {}
    assert file_urls(clips.drop(columns="audio"), str(tmp_path)) == {}
