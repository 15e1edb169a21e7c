"""Training, checkpoints and the five methods: oracles, equal bits, resumption, leaks."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC, SVR

from raymer.errors import RaymerError, UsageError
from raymer.learners.annotations import Classes, Numbers, coding_of
from raymer.learners.build import make_predictor
from raymer.learners.checkpoint import Snapshot, read_snapshot, write_snapshot
from raymer.learners.clips import Sequences
from raymer.learners.kernels import Similarity
from raymer.learners.leaks import find_leaks
from raymer.learners.presets import NETWORK_PRESETS, preset
from raymer.learners.representation import make_representation
from raymer.learners.sequence_network import Network
from raymer.learners.training import Training, TrainingSettings, optimiser_names

SMALL = {"hidden": (6, 4), "excerpt": 12, "batch": 10}
DIRECT = TrainingSettings(None, **SMALL)


def make(n_clips: int = 34, seed: int = 0) -> tuple[Sequences, np.ndarray]:
    """Clips whose two targets are the level of their first bin and the speed of the second."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(8, 30, n_clips)
    y = rng.uniform(1, 9, size=(n_clips, 2))
    clips = []
    for n, (level, speed) in zip(lengths, y, strict=True):
        frames = rng.normal(size=(n, 3))
        frames[:, 0] += level
        frames[:, 1] += 2 * np.sin(speed * np.arange(n) / 4)
        clips.append(frames.astype(np.float32))
    return Sequences.from_offsets(np.concatenate(clips), np.concatenate(([0], np.cumsum(lengths)))), y


def train(settings: TrainingSettings, y: np.ndarray, clips: Sequences, epochs: int, seed: int = 3) -> Training:
    training = Training(settings, clips, y, coding_of(y), seed)
    training.run_until(epochs)
    return training


def bits(training: Training) -> bytes:
    weights = b"".join(tensor.numpy().tobytes() for tensor in training.net.state_dict().values())
    return weights + np.array(training.losses).tobytes()


@pytest.mark.parametrize("kind", [None, "rbf", "cosine", "polynomial", "classes"])
def test_loss_falls_and_repeats_to_the_bit(kind):
    clips, y = make()
    labels = (y[:, 0] > 5).astype(int) if kind == "classes" else y
    settings = replace(DIRECT, similarity=Similarity.of(kind) if kind in ("rbf", "cosine", "polynomial") else None)
    one, two = (train(settings, labels, clips, 12) for _ in range(2))
    assert bits(one) == bits(two)
    assert np.mean(one.losses[-3:]) < 0.97 * one.losses[0]
    assert bits(train(settings, labels, clips, 1, seed=4)) != bits(train(settings, labels, clips, 1))


def test_the_frames_say_what_the_network_sees_and_settings_overrule_them():
    clips, y = make()
    embeddings = replace(clips, is_spectrogram=False)
    settings = replace(DIRECT, excerpt=None)
    as_they_say = train(settings, y, embeddings, 2)
    longest = int(clips.lengths.max())
    assert bits(as_they_say) == bits(train(replace(settings, excerpt=longest, differences=False), y, clips, 2))
    assert as_they_say.normalisation.n_inputs == clips.n_bins
    spectrogram = train(settings, y, clips, 2)
    assert bits(spectrogram) == bits(train(replace(settings, excerpt=100, differences=True), y, embeddings, 2))


def test_threads_change_no_bit_and_are_left_as_they_were():
    clips, y = make()
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            training = train(DIRECT, y, clips, 2)
            found.append((bits(training), training.features(clips).tobytes()))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1]


@pytest.mark.parametrize("kind", ["squared", "cross-entropy"])
def test_first_loss_is_the_formula(kind):
    clips, y = make()
    labels = y if kind == "squared" else np.digitize(y[:, 0], [3, 6])
    coding = coding_of(labels)
    settings = replace(DIRECT, excerpt=30, batch=100, learning_rate=1e-9)  # whole clips in one step
    training = Training(settings, clips, labels, coding, 0)
    out = (
        training.features(clips) @ training.net.head.weight.detach().numpy().T + training.net.head.bias.detach().numpy()
    )
    wanted = coding.encode(labels)
    if kind == "squared":
        by_hand = ((out - wanted) ** 2).sum(axis=1).mean()
    else:
        by_hand = -(np.log(np.exp(out) / np.exp(out).sum(axis=1, keepdims=True)) * wanted).sum(axis=1).mean()
    training.run_until(1)
    assert training.losses[0] == pytest.approx(by_hand, rel=1e-5)


def test_similarity_loss_of_the_first_step_is_the_formula():
    clips, y = make()
    settings = replace(DIRECT, similarity=Similarity.of("rbf"), excerpt=30, batch=100, learning_rate=1e-9)
    training = Training(settings, clips, y, Numbers.of(y), 0)

    def kernel(x: np.ndarray) -> np.ndarray:
        return np.exp(-0.5 * ((x[:, None] - x[None]) ** 2).sum(axis=2))

    scaled = (y - y.min(axis=0)) / np.ptp(y, axis=0)
    by_hand = np.sqrt(((kernel(training.features(clips)) - kernel(scaled)) ** 2).sum())
    training.run_until(1)
    assert training.losses[0] == pytest.approx(by_hand, rel=1e-4)


def test_batches_are_even_and_every_clip_comes_once(monkeypatch):
    clips, y = make(31)
    training = Training(DIRECT, clips, y, coding_of(y), 0)
    seen, cut = [], training._cutter.cut
    monkeypatch.setattr(training._cutter, "cut", lambda rows, *rest: seen.append(rows) or cut(rows, *rest))
    training.run_until(2)
    assert [len(rows) for rows in seen] == [8, 8, 8, 7] * 2
    first, second = np.concatenate(seen[:4]), np.concatenate(seen[4:])
    assert sorted(first) == sorted(second) == list(range(31))
    assert first.tolist() != second.tolist()


@pytest.mark.parametrize("name", ["Adadelta", "Adam", "SGD", "NAdam", "ASGD", "Rprop", "RAdam", "LBFGS"])
def test_restored_training_ends_with_the_same_bits(name, tmp_path):
    if name == "LBFGS":
        with pytest.raises(ValueError, match="unknown optimiser 'LBFGS'"):
            replace(DIRECT, optimiser=name)
        return
    clips, y = make()
    settings = replace(DIRECT, similarity=Similarity.of("rbf"), optimiser=name, learning_rate=1e-2)
    straight, half = train(settings, y, clips, 5), train(settings, y, clips, 2)
    write_snapshot(tmp_path / "half", half.snapshot())
    resumed = Training(settings, clips, y, coding_of(y), 3)
    resumed.restore(read_snapshot(tmp_path / "half"))
    assert resumed.epoch == 2
    resumed.run_until(5)
    assert bits(resumed) == bits(straight)


@pytest.mark.parametrize("name", optimiser_names())
def test_every_optimiser_trains_and_can_be_stored(name, tmp_path):
    clips, y = make()
    training = train(replace(DIRECT, optimiser=name), y, clips, 1)
    write_snapshot(tmp_path / "one", training.snapshot())
    assert read_snapshot(tmp_path / "one").facts["losses"] == training.losses


def test_diverging_training_is_loud():
    clips, y = make()
    with pytest.raises(FloatingPointError, match="the loss of epoch"):
        train(replace(DIRECT, optimiser="SGD", learning_rate=1e30), y, clips, 9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimiser": "adadelta"}, "did you mean 'Adadelta'"),
        ({"learning_rate": 0}, "learning_rate=0 must be"),
        ({"hidden": ()}, "hidden"),
        ({"hidden": (3, 0)}, "hidden"),
        ({"batch": 1.5}, "batch=1.5"),
        ({"excerpt": 0}, "excerpt=0"),
        ({"device": "abacus"}, "device='abacus'"),
    ],
)
def test_refuses(change, message):
    with pytest.raises(ValueError, match=message):
        replace(DIRECT, **change)


def test_codings_come_back():
    y = np.array([[1.0, 10.0], [3.0, 30.0], [2.0, 40.0]])
    unit, as_given = Numbers.of(y), Numbers.of(y, "none")
    assert unit.encode(y).min() == 0
    assert unit.encode(y).max() == 1
    assert np.allclose(unit.decode(unit.encode(y)), y)
    assert np.array_equal(as_given.encode(y), y)
    assert Numbers.of(y[:, 0]).decode(Numbers.of(y[:, 0]).encode(y[:, 0])).shape == (3,)
    text = np.array(["rock", "pop", "rock"])
    classes = Classes.of(text)
    assert classes.encode(text).tolist() == [[0, 1], [1, 0], [0, 1]]
    assert classes.decode(classes.encode(text)).tolist() == text.tolist()
    assert classes.unpack(classes.pack(text)).tolist() == text.tolist()
    for wrong, message in [
        (np.array([1.0, 1.0]), "constant"),
        (np.array([1.0, np.nan]), "NaN"),
        (np.array([1, 1]), "1 class"),
        (np.zeros((2, 2, 2)), "targets must be"),
    ]:
        with pytest.raises(ValueError, match=message):
            coding_of(wrong)
    with pytest.raises(ValueError, match="no effect on classes"):
        coding_of(text, "unit")


def test_snapshot_replaces_the_old_one_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "one"
    write_snapshot(path, Snapshot({"a": torch.arange(3)}, {"n": 1, "name": "ü"}))
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("no space left")))
    with pytest.raises(OSError, match="no space"):
        write_snapshot(path, Snapshot({"a": torch.arange(9)}, {}))
    stored = read_snapshot(path)
    assert stored.tensors["a"].tolist() == [0, 1, 2]
    assert stored.facts == {"n": 1, "name": "ü"}
    assert [p.name for p in path.parent.iterdir()] == ["one"]


@pytest.mark.parametrize("damage", ["cut", "text", "foreign"])
def test_damaged_checkpoint_is_named(tmp_path, damage):
    path = tmp_path / "one"
    write_snapshot(path, Snapshot({"a": torch.arange(300)}, {}))
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-7])
    elif damage == "text":
        path.write_text("this is no checkpoint")
    else:
        save_file({"a": torch.arange(3)}, path)
    with pytest.raises(RaymerError, match="one is damaged"):
        read_snapshot(path)


PARTS = np.arange(26), np.arange(26, 34)


class Kept:
    """A checkpoint in a file, as a store's."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self) -> None:
        """It is where it is to be."""

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)


def stages(name, y, clips, epochs=5, *, every=2, seed=5, checkpoint=None, params=None):
    """Yield the stages of a preset's network."""
    system = preset(name, {**SMALL, "epochs": epochs, "every": every, **(params or {})})
    keep = Kept(checkpoint) if checkpoint else None
    network = make_representation(system)
    assert isinstance(network, Network)
    return network.stages(clips.select(PARTS[0]), y[PARTS[0]], clips.select(PARTS[1]), seed=seed, keep=keep)


def predictions(name, stage, y):
    """What the preset predicts of the test clips at a stage, a column a target."""
    if stage.head is not None and name == "nn":
        return stage.head.predict(stage.test)
    columns = y.reshape(len(y), -1)[PARTS[0]].T
    kind = "number" if y.dtype.kind == "f" else "class"
    step = preset(name).predictor
    found = [make_predictor(step, 0, kind).fit(stage.train, column).predict(stage.test) for column in columns]
    return np.stack(found, axis=1).reshape(len(PARTS[1]), *y.shape[1:])


def plain(found) -> list[tuple]:
    found = list(found)
    heads = [(b"", b"") if one.head is None else (one.head.weight.tobytes(), one.head.bias.tobytes()) for one in found]
    return [(one.epoch, one.train.tobytes(), one.test.tobytes(), *head) for one, head in zip(found, heads, strict=True)]


@pytest.mark.parametrize("name", NETWORK_PRESETS)
@pytest.mark.parametrize("labels", ["numbers", "one", "classes"])
def test_every_method_predicts_every_kind_of_label(name, labels):
    clips, y = make()
    y = {"numbers": y, "one": y[:, 0], "classes": np.where(y[:, 0] > 5, "high", "low")}[labels]
    found = list(stages(name, y, clips))
    assert [stage.epoch for stage in found] == [2, 4, 5]
    for stage in found:
        predicted = predictions(name, stage, y)
        assert predicted.shape == y[PARTS[1]].shape
        assert predicted.dtype == y.dtype
    if labels != "classes":
        assert np.isfinite(predicted).all()


def test_svm_is_scikit_learns_on_whole_clip_features():
    clips, y = make()
    stage = list(stages("rbf-sl", y, clips, epochs=2))[-1]
    training = Training(TrainingSettings(**SMALL), clips.select(PARTS[0]), y[:26], Numbers.of(y[:26]), 5)
    training.run_until(2)
    of_train, of_test = (training.features(clips.select(rows)) for rows in PARTS)
    assert (stage.train.tobytes(), stage.test.tobytes()) == (of_train.tobytes(), of_test.tobytes())
    found = predictions("rbf-sl", stage, y)
    for k in range(2):
        scaler = MinMaxScaler().fit(y[:26, k : k + 1])
        svr = SVR(C=1, gamma=0.5).fit(of_train, scaler.transform(y[:26, k : k + 1])[:, 0])
        expected = scaler.inverse_transform(svr.predict(of_test)[:, None])[:, 0]
        assert np.allclose(found[:, k], expected, rtol=1e-12)
    names = np.where(y[:, 0] > 5, "high", "low")
    stage = list(stages("fl", names, clips, epochs=2))[-1]
    direct = Training(DIRECT, clips.select(PARTS[0]), names[:26], Classes.of(names[:26]), 5)
    direct.run_until(2)
    svc = SVC(C=1, gamma=0.5).fit(direct.features(clips.select(PARTS[0])), names[:26])
    expected = svc.predict(direct.features(clips.select(PARTS[1])))
    assert np.array_equal(predictions("fl", stage, names), expected)


def test_nn_and_fl_have_one_training():
    clips, y = make()
    nn, fl, sl = (preset(name).steps for name in ("nn", "fl", "rbf-sl"))
    assert nn == fl != sl
    assert preset("fl", {"hidden": [100, 50]}) == preset("fl")
    assert json.loads(json.dumps(sl[0].to_dict())) == sl[0].to_dict()
    assert plain(stages("nn", y, clips)) == plain(stages("fl", y, clips))


@pytest.mark.parametrize("labels", ["numbers", "classes"])
def test_resumed_stages_are_those_of_one_run(tmp_path, labels):
    clips, y = make()
    y = y if labels == "numbers" else np.where(y[:, 0] > 5, "high", "low")
    path = tmp_path / "fit.safetensors"
    straight = plain(stages("nn", y, clips, epochs=8))
    stopped = stages("nn", y, clips, epochs=8, checkpoint=path)
    for _ in range(2):
        next(stopped)
    assert len(read_snapshot(path).facts["losses"]) == 4
    assert plain(stages("nn", y, clips, epochs=8, checkpoint=path)) == straight
    assert plain(stages("nn", y, clips, epochs=8, checkpoint=path)) == straight, "nothing is left to do"
    assert plain(stages("fl", y, clips, epochs=4, checkpoint=path)) == straight[:2], "fewer are asked for"
    assert plain(stages("nn", y, clips, epochs=3, every=1, checkpoint=path)) == plain(
        stages("nn", y, clips, epochs=3, every=1)
    ), "stages that are not stored: it begins anew"


@pytest.mark.parametrize("change", ["seed", "labels", "test", "settings", "frames"])
def test_checkpoint_of_another_training_is_refused(tmp_path, change):
    clips, y = make()
    path = tmp_path / "fit"
    list(stages("rbf-sl", y, clips, epochs=2, checkpoint=path))
    frames = clips.frames.copy()
    more = {}
    if change == "seed":
        more["seed"] = 6
    elif change == "settings":
        more["params"] = {"gamma": 0.7}
    elif change == "labels":
        y = y.copy()
        y[3] += 0.5
    else:
        frames[clips.starts[30 if change == "test" else 3]] += 1
    with pytest.raises(RaymerError, match="of another training"):
        list(stages("rbf-sl", y, Sequences(frames, clips.starts, clips.lengths), epochs=2, checkpoint=path, **more))


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_training import make, stages
clips, y = make()
found = stages("rbf-sl", y, clips, epochs=8, checkpoint=Path(sys.argv[2]))
next(found), next(found)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_goes_on_from_its_checkpoint(tmp_path):
    clips, y = make()
    path = tmp_path / "fit"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(Path(__file__).parent), str(path)], check=False)
    assert killed.returncode == -9
    assert len(read_snapshot(path).facts["losses"]) == 4
    assert plain(stages("rbf-sl", y, clips, epochs=8, checkpoint=path)) == plain(stages("rbf-sl", y, clips, epochs=8))


@pytest.mark.parametrize("name", NETWORK_PRESETS)
def test_nothing_leaks(name):
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(24, 15 * 2)), rng.normal(size=24)
    system = preset(name, {**SMALL, "excerpt": 6, "epochs": 2, "every": 2})

    def evaluate(X: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        clips = Sequences.from_padded(X.reshape(24, 15, 2), np.full(24, 15))
        network = make_representation(system)
        stage = list(network.stages(clips.select(train), y[train], clips.select(test), seed=0))[-1]
        if name == "nn":
            return stage.head.predict(stage.test)
        return make_predictor(system.predictor, 0, "number").fit(stage.train, y[train]).predict(stage.test)

    rows = np.arange(24)
    assert find_leaks(evaluate, X, y, [(rows[6:], rows[:6]), (rows[:18], rows[18:])]) == []


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("rbf-ls",), "unknown method 'rbf-ls': did you mean 'rbf-sl'?"),
        (("nn", None, {"C": 1}), "method nn: head: unknown parameter 'C'"),
        (("cos-sl", {"gamma": 1}), "method cos-sl: gru: gamma would have no effect"),
        (("rbf-sl", {"bacth": 1}), "did you mean 'batch'?"),
        (("rbf-sl", {"gamma": -1}), "method rbf-sl: gru: gamma=-1 must be"),
        (("fl", None, {"C": 0}), "method fl: svm: C=0 must be"),
        (("fl", {"label_scale": "units"}), "did you mean 'unit'?"),
    ],
)
def test_methods_refuse(args, message):
    with pytest.raises(UsageError) as caught:
        preset(*args)
    assert message in str(caught.value)
