"""Every pair of methods, adjusted for having looked at all."""

import pytest

from raymer.stats import compare, compare_all, holm


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
