"""Every pair of methods, adjusted for having looked at all."""

from itertools import combinations

import numpy as np
import pytest

from raymer.stats import compare, compare_all, compare_some, holm, pairing, scored


def test_all_pairs_of_all_targets(table):
    found = compare_all(table)
    assert [(one.target, one.a, one.b) for one in found] == [
        (target, a, b)
        for target in ("arousal", "valence")
        for a, b in (("pca-svr", "svr"), ("pca-svr", "tnn-svr"), ("svr", "tnn-svr"))
    ]


def test_each_is_the_single_comparison_but_for_the_adjustment(table):
    for one in compare_all(table):
        (alone,) = compare(table, one.a, one.b, target=one.target)
        assert one.nadeau_bengio == alone.nadeau_bengio
        assert one.welch == alone.welch


def test_adjusted_within_each_target_or_across(table):
    within, across = compare_all(table), compare_all(table, across_targets=True)
    raw = [one.nadeau_bengio.p for one in within]
    assert [one.p_holm for one in within] == pytest.approx([*holm(raw[:3]), *holm(raw[3:])])
    assert [one.p_holm for one in across] == pytest.approx(holm(raw))


def test_the_adjusted_p_decides(make_scores):
    """A difference that a single comparison claims, and a family of six does not."""
    scores = {
        "a": [0.08, 0.09, 0.05, 0.1, 0.01, 0.12, 0.07, 0.01],
        "b": [0.04, 0.03, 0.05, 0.04, 0.0, 0.06, 0.01, 0.01],
        "c": [0.02, 0.09, 0.05, 0.01, 0.07, 0.03, 0.05, 0.06],
        "d": [0.05, 0.02, 0.08, 0.03, 0.01, 0.07, 0.06, 0.0],
    }
    frame = make_scores(scores, n_train=98, n_test=2)
    (alone,) = compare(frame, "a", "b")
    assert alone.nadeau_bengio.p < 0.05
    assert alone.verdict.startswith("a is better than b")
    (together,) = (one for one in compare_all(frame) if (one.a, one.b) == ("a", "b"))
    assert together.p_holm is not None
    assert together.p_holm > 0.05
    assert together.verdict == "no difference can be claimed"
    assert together.to_record()["nadeau_bengio"]["p_holm"] == together.p_holm


def test_chosen_methods_and_target(table):
    (one,) = compare_all(table, ["tnn-svr", "svr"], target="valence")
    assert (one.a, one.b, one.target) == ("tnn-svr", "svr", "valence")
    assert one.p_holm == one.nadeau_bengio.p


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        (["svr"], "at least two methods are needed, not 1: svr"),
        (["svr", "pca-svr", "svr"], "named more than once: svr"),
        (["svr", "pca-svm"], "did you mean 'pca-svr'"),
    ],
)
def test_wrong_choices_are_refused(table, methods, said):
    with pytest.raises(ValueError, match=said):
        compare_all(table, methods)


def test_unknown_target_is_refused(table):
    with pytest.raises(ValueError, match="did you mean 'valence'"):
        compare_all(table, target="valanc")


def test_the_best_against_each_other_has_the_p_of_all_pairs(make_scores):
    rng = np.random.default_rng(3)
    frame = make_scores({name: list(rng.normal(place / 20, 0.1, 12)) for place, name in enumerate("dcba")})
    order = ["a", "b", "c", "d"]
    own = scored(frame, order, target="arousal", metric="r2")
    best, *others = (own[name] for name in order)
    made = compare_some([(best, one) for one in others], combinations(others, 2))
    every = compare_all(frame, order)
    assert made == [one for one in every if one.a == "a"]
    assert {one.b for one in made} == {"b", "c", "d"}
    alone = compare_some([(own["a"], own["b"])])[0]
    assert alone.p_holm == alone.nadeau_bengio.p


def test_the_frame_is_read_once_however_many_pairs(make_scores, monkeypatch):
    """Fifty methods are 1,225 pairs; looking each up in the whole frame took minutes."""
    rng = np.random.default_rng(3)
    frame = make_scores({f"m{k}": list(rng.normal(0, 0.1, 5)) for k in range(12)})
    read = []
    narrow = pairing.narrow
    monkeypatch.setattr(pairing, "narrow", lambda *words: read.append(1) or narrow(*words))
    assert len(compare_all(frame)) == 66
    assert len(read) == 1
