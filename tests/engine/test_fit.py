"""Fit, plan and units: identities, and what shares a training."""

import pytest

from raymer.errors import UsageError
from raymer.identity import content_hash
from raymer.learners.presets import preset
from raymer.protocols.splits import KFold
from raymer.studies.fit import Asked, Fit, plan, plan_each, units
from raymer.studies.samples import make_samples

TARGETS = ["valence", "arousal"]


@pytest.fixture(scope="module")
def samples(corpus):
    return make_samples(corpus, None, "table", TARGETS)


def methods(*names, folds=3):
    return [(preset(name, {"width": 4} if "-" in name else None), KFold(folds)) for name in names]


def test_identity_is_content_and_not_order(samples):
    one = plan(samples, methods("svr", "tnn-svr"), TARGETS)
    two = plan(samples, methods("tnn-svr", "svr"), TARGETS[::-1])
    assert {fit.id for fit in one.fits} == {fit.id for fit in two.fits}
    assert len(one.fits) == 2 * 2 * 3
    assert all(Fit.from_dict(fit.to_dict()) == fit for fit in one.fits)


def test_identity_changes_with_all_that_matters(corpus, samples):
    base = plan(samples, methods("tnn-svr"), ["valence"]).fits[0]
    wider = plan(samples, [(preset("tnn-svr", {"width": 5}), KFold(3))], ["valence"]).fits[0]
    other_seed = plan(samples, methods("tnn-svr"), ["valence"], seed=1).fits[0]
    other_folds = plan(samples, methods("tnn-svr", folds=4), ["valence"]).fits[0]
    arousal = plan(samples, methods("tnn-svr"), ["arousal"]).fits[0]
    clips = corpus.clips.copy()
    clips.loc[0, "valence"] += 0.5
    other = type(corpus)(corpus.name, clips, corpus.targets, corpus.inputs)
    relabelled = make_samples(other, None, "table", ["valence"])
    other_labels = plan(relabelled, methods("tnn-svr"), ["valence"]).fits[0]
    fits = [base, wider, other_seed, other_folds, arousal, other_labels]
    assert len({fit.id for fit in fits}) == len(fits)
    assert len({fit.representation_id for fit in fits}) == len(fits)
    assert len({fit.predictor_seed(fit.targets[0]) for fit in fits}) == len(fits)


def test_a_default_width_is_the_width_it_stands_for():
    assert preset("tnn-svr") == preset("tnn-svr", {"width": 100})


def test_units_share_what_is_trained_once(samples):
    fits = plan(samples, methods("svr", "tnn-svr", "tnn-gbm", "pca-svr", "pca-gbm"), TARGETS).fits
    found = units(fits)
    assert sorted(fit.id for unit in found for fit in unit) == sorted(fit.id for fit in fits)
    names = sorted([sorted((fit.system.name, fit.targets[0]) for fit in unit) for unit in found])
    pca = [["pca-gbm", "arousal"], ["pca-gbm", "valence"], ["pca-svr", "arousal"], ["pca-svr", "valence"]]
    assert names.count([tuple(pair) for pair in pca]) == 3, "an unsupervised reducer serves both targets"
    assert names.count([("tnn-gbm", "valence"), ("tnn-svr", "valence")]) == 3
    assert names.count([("svr", "arousal"), ("svr", "valence")]) == 3, "a scaler serves both targets"
    costs = [unit[0].cost[0] + sum(fit.cost[1] for fit in unit) for unit in found]
    assert costs == sorted(costs, reverse=True)


def test_samples_need_an_input_and_numbers(corpus):
    with pytest.raises(UsageError, match="has no input 'logmel'; it has features"):
        make_samples(corpus, "logmel", "table", TARGETS)
    with pytest.raises(UsageError, match="has no target 'joy'; it has valence, arousal"):
        make_samples(corpus, None, "table", ["joy"])


def test_fits_made_together_are_those_made_one_by_one(samples):
    method, splits = preset("tnn-svr", {"width": 4}), [f"{k:016x}" for k in range(5)]
    together = Fit.on_splits("s", "l", method, ("valence",), splits, 7)
    assert together == [Fit("s", "l", method, ("valence",), split, 7) for split in splits]
    assert [fit.id for fit in together] == [Fit("s", "l", method, ("valence",), split, 7).id for split in splits]
    assert together[0].id == content_hash(["fit", together[0].to_dict()])


def test_each_row_of_a_plan_has_its_fits(samples):
    asked = methods("svr", "tnn-svr", "svr")
    whole, each = plan_each([Asked(system, samples, protocol) for system, protocol in asked], TARGETS)
    assert [list(plan(samples, [one], TARGETS).fits) for one in asked] == [list(own) for own in each]
    assert len(whole.fits) == 2 * 2 * 3
    assert each[0] == each[2]
