"""Ragged clips, their statistics and excerpts; the network's mean over time."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from raymer.learners.annotations import Numbers
from raymer.learners.clips import Normalisation, Sequences, per_bin
from raymer.learners.network import ClipNet, GRUEncoder, clip_features, head_of
from raymer.learners.sequences import Cutter


def make(lengths: list[int], n_bins: int = 3, dtype: type = np.float32, seed: int = 0) -> Sequences:
    rng = np.random.default_rng(seed)
    frames = (5 * rng.normal(size=(sum(lengths), n_bins)) - 40).astype(dtype)
    frames.flags.writeable = False
    return Sequences.from_offsets(frames, np.concatenate(([0], np.cumsum(lengths))))


def prepared(clips: Sequences, row: int, normalisation: Normalisation) -> np.ndarray:
    """The whole clip as the network should see it, (n_frames, 2 * n_bins)."""
    z = (clips.clip(row).astype(np.float64) - normalisation.mean) / normalisation.sd
    return np.hstack((z, np.diff(z, axis=0, prepend=z[:1])))


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=6),
    st.integers(1, 15),
    st.sampled_from([np.float16, np.float32, np.float64]),
    st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_excerpts_are_slices_of_the_prepared_clip(lengths, n_frames, dtype, seed):
    clips = make(lengths, dtype=dtype, seed=seed)
    rng = np.random.default_rng(seed)
    normalisation = Normalisation(np.float32([-40, -39, -41]), np.float32([5, 4, 6]))
    cutter = Cutter(clips, normalisation)
    for _ in range(2):  # the second time over the first one's buffer
        rows = rng.permutation(len(clips))
        first = rng.integers(0, clips.lengths[rows])
        x, inside = cutter.cut(rows, first, n_frames)
        assert x.shape == (len(rows), n_frames, 6)
        for k, row in enumerate(rows):
            wanted = prepared(clips, row, normalisation)[first[k] : first[k] + n_frames]
            assert inside[k] == len(wanted)
            assert np.allclose(x[k, : len(wanted)], wanted, atol=1e-5)
            assert not x[k, len(wanted) :].any()


@given(st.lists(st.integers(2, 12), min_size=1, max_size=6), st.integers(1, 15), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_without_differences_an_excerpt_is_that_of_the_bins(lengths, n_frames, seed):
    clips = make(lengths, seed=seed)
    with_them = per_bin(clips)
    rows, first = np.arange(len(clips)), np.random.default_rng(seed).integers(0, clips.lengths)
    both, inside = Cutter(clips, with_them).cut(rows, first, n_frames)
    alone, same = Cutter(clips, replace(with_them, differences=False)).cut(rows, first, n_frames)
    assert torch.equal(both[:, :, :3], alone)
    assert torch.equal(inside, same)


def test_embeddings_say_that_they_have_no_differences():
    clips = make([4, 2])
    assert per_bin(clips).n_inputs == 6
    assert per_bin(replace(clips, is_spectrogram=False)).n_inputs == 3
    assert not replace(clips, is_spectrogram=False).select(np.array([1])).is_spectrogram


def test_whole_clips_come_once_each_in_blocks_of_like_length():
    clips = make([3, 9, 4, 9, 1, 5])
    normalisation = per_bin(clips)
    seen = []
    for rows, x, lengths in Cutter(clips, normalisation).whole(max_clips=2, max_frames=12):
        assert len(rows) == 1 or (len(rows) <= 2 and x.shape[0] * x.shape[1] <= 12)
        for k, row in enumerate(rows):
            assert np.allclose(x[k, : lengths[k]], prepared(clips, row, normalisation), atol=1e-5)
        seen += rows.tolist()
    assert sorted(seen) == list(range(6))


def test_statistics_are_those_of_the_chosen_clips_alone():
    clips = make([30, 50, 20], dtype=np.float16)
    chosen = clips.select(np.array([2, 0]))
    assert chosen.frames is clips.frames
    found = per_bin(chosen)
    frames = np.concatenate([clips.clip(0), clips.clip(2)]).astype(np.float64)
    assert np.allclose(found.mean, frames.mean(axis=0), rtol=1e-6)
    assert np.allclose(found.sd, frames.std(axis=0), rtol=1e-6)


def test_a_bin_that_never_changes_becomes_zero():
    clips = make([10, 10])
    frames = clips.frames.copy()
    frames[:, 1] = 100.3
    still = Sequences(frames, clips.starts, clips.lengths)
    x, _ = Cutter(still, per_bin(still)).cut(np.array([0]), np.array([0]), 10)
    assert x[0, :, [1, 4]].abs().max() < 1e-4


def test_equal_clips_have_equal_fingerprints_wherever_they_lie():
    clips = make([5, 7, 6])
    apart = make([4, 5, 7, 6])
    frames = apart.frames.copy()
    frames[4:] = clips.frames
    moved = Sequences(frames, apart.starts, apart.lengths).select(np.array([1, 2, 3]))
    assert moved.fingerprint() == clips.fingerprint()
    frames[-1, 0] += 1
    assert moved.fingerprint() != clips.fingerprint()


@pytest.mark.parametrize(
    ("make_it", "message"),
    [
        (lambda: Sequences(np.zeros(4, "f4"), np.zeros(1, int), np.ones(1, int)), "frames must be floats"),
        (lambda: Sequences(np.zeros((4, 2), int), np.zeros(1, int), np.ones(1, int)), "frames must be floats"),
        (lambda: Sequences(np.zeros((4, 2), "f4"), np.zeros(1, int), np.ones(2, int)), "one each a clip"),
        (lambda: Sequences.from_offsets(np.zeros((4, 2), "f4"), np.array([0, 2, 2, 4])), "clip 1 has no frames"),
        (lambda: Sequences.from_offsets(np.zeros((4, 2), "f4"), np.array([0, 5])), "clip 0 .* outside the table"),
        (lambda: per_bin(Sequences.from_offsets(np.full((4, 2), np.nan, "f4"), np.array([0, 4]))), "clip 0 holds NaN"),
        (lambda: per_bin(Sequences.from_offsets(np.ones((4, 2), "f4"), np.array([0, 4]))), "frames are constant"),
        (lambda: Cutter(make([4]), Normalisation(np.zeros(2, "f4"), np.ones(2, "f4"))), "statistics of 2 bins"),
    ],
)
def test_refuses(make_it, message):
    with pytest.raises(ValueError, match=message):
        make_it()


def make_net(n_inputs, hidden, n_outputs, seed):
    return ClipNet(lambda n: GRUEncoder(n, hidden), n_inputs, n_outputs, seed)


def test_mean_over_time_leaves_padding_out():
    net = make_net(6, (5, 4), 0, seed=1)
    x = torch.randn(3, 8, 6, generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([8, 3, 5])
    features = net(x, lengths)
    for k, n in enumerate(lengths.tolist()):
        assert torch.allclose(features[k], net.encoder.gru(x[k : k + 1, :n]).mean(1)[0], atol=1e-6)
    assert torch.equal(net(x[:1], lengths[:1]), net.encoder.gru(x[:1]).sum(1) / 8)


def test_weights_come_from_the_seed_and_the_global_state_is_left_alone():
    torch.manual_seed(7)
    before = torch.get_rng_state()
    one, two, other = (make_net(6, (5, 4), 2, seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not torch.equal(one["head.weight"], other["head.weight"])


def test_features_of_a_clip_do_not_hang_on_the_clips_beside_it():
    clips = make([40, 3, 25, 25, 90, 7], n_bins=4)
    normalisation, net = per_bin(clips), make_net(8, (6, 5), 3, seed=0)
    together = clip_features(net, clips, normalisation)
    assert together.dtype == np.float32
    for k in range(len(clips)):
        assert clip_features(net, clips.select(np.array([k])), normalisation).tobytes() == together[k].tobytes()
    by_hand = net.encoder.gru(torch.from_numpy(prepared(clips, 2, normalisation)).float()[None]).mean(1)
    assert np.allclose(together[2], by_hand.detach(), atol=1e-5)
    weight, bias = net.head.weight.detach().numpy(), net.head.bias.detach().numpy()
    head = head_of(net, Numbers.of(np.arange(12.0).reshape(4, 3)))
    assert np.allclose(head.outputs(together), together @ weight.T + bias, atol=1e-6)


def test_a_clip_that_is_not_finite_is_named():
    clips = make([4, 4, 4])
    normalisation, frames = per_bin(clips), clips.frames.copy()
    frames[9, 0] = np.nan
    with pytest.raises(ValueError, match="clip 2 holds NaN"):
        clip_features(make_net(6, (2,), 0, 0), Sequences(frames, clips.starts, clips.lengths), normalisation)
