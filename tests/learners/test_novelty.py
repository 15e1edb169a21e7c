"""Distances to the train clips, in units of their own."""

import numpy as np
import pytest

from raymer.learners.novelty import Novelty


def test_about_one_in_a_hundred_clips_of_the_same_kind_is_beyond_the_limit():
    rng = np.random.default_rng(0)
    novelty = Novelty.fit(rng.normal(size=(2000, 8)) * [1, 2, 3, 4, 5, 6, 7, 8])
    kin = novelty.measure(rng.normal(size=(4000, 8)) * [1, 2, 3, 4, 5, 6, 7, 8])
    assert 0.004 < (kin > 1).mean() < 0.02
    far = novelty.measure(8 * rng.normal(size=(100, 8)) * [1, 2, 3, 4, 5, 6, 7, 8])
    assert (far > 1).mean() > 0.95


def test_the_unit_of_a_feature_changes_nothing():
    rng = np.random.default_rng(1)
    X, new = rng.normal(size=(60, 4)), rng.normal(size=(10, 4))
    scale = np.array([1e-3, 1, 1e3, 10])
    np.testing.assert_allclose(
        Novelty.fit(X * scale).measure(new * scale), Novelty.fit(X).measure(new), rtol=1e-4, atol=0
    )


def test_a_clip_leaves_itself_out_and_constant_features_do_no_harm():
    X = np.column_stack([np.arange(8.0), np.full(8, 3.0)])
    novelty = Novelty.fit(X)
    assert np.isfinite(novelty.measure(X)).all()
    assert novelty.limit > 0
    assert (novelty.measure(X) < 1).any()
    with pytest.raises(ValueError, match="equal features"):
        Novelty.fit(np.ones((5, 2)))
