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
from sklearn.svm import SVC, SVR

from raymer.errors import RaymerError, UsageError
from raymer.learners.annotations import Classes, Numbers, coding_of
from raymer.learners.checkpoint import Snapshot, read_snapshot, write_snapshot
from raymer.learners.curves import KERNEL_OF, CurveMethod, train_curves
from raymer.learners.kernels import Similarity
from raymer.learners.leaks import find_leaks
from raymer.learners.sequences import Sequences
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


@pytest.mark.parametrize("kind", [*KERNEL_OF.values(), "classes"])
def test_loss_falls_and_repeats_to_the_bit(kind):
    clips, y = make()
    labels = (y[:, 0] > 5).astype(int) if kind == "classes" else y
    settings = replace(DIRECT, similarity=Similarity.of(kind) if kind in ("rbf", "cosine", "polynomial") else None)
    one, two = (train(settings, labels, clips, 12) for _ in range(2))
    assert bits(one) == bits(two)
    assert np.mean(one.losses[-3:]) < 0.97 * one.losses[0]
    assert bits(train(settings, labels, clips, 1, seed=4)) != bits(train(settings, labels, clips, 1))


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


def curves(names: list[str], y: np.ndarray, clips: Sequences, epochs: int = 5, **more):
    params = {**SMALL, **more.pop("params", {})}
    methods = [CurveMethod.of(name, params) for name in names]
    rest = {"seed": 5, "every": 2, **more}
    return list(
        train_curves(methods, clips.select(PARTS[0]), y[PARTS[0]], clips.select(PARTS[1]), epochs=epochs, **rest)
    )


def plain(found) -> list[tuple]:
    return [(item.method, item.epoch, item.predicted.tobytes(), item.predicted.shape) for item in found]


@pytest.mark.parametrize("name", KERNEL_OF)
@pytest.mark.parametrize("labels", ["numbers", "one", "classes"])
def test_every_method_predicts_every_kind_of_label(name, labels):
    clips, y = make()
    y = {"numbers": y, "one": y[:, 0], "classes": np.where(y[:, 0] > 5, "high", "low")}[labels]
    found = curves([name], y, clips)
    assert [item.epoch for item in found] == [2, 4, 5]
    for item in found:
        assert item.predicted.shape == y[PARTS[1]].shape
        assert item.predicted.dtype == y.dtype
    if labels != "classes":
        assert np.isfinite(found[-1].predicted).all()


def test_svm_is_scikit_learns_on_whole_clip_features():
    clips, y = make()
    found = curves(["rbf-sl"], y, clips, epochs=2)[-1].predicted
    training = Training(CurveMethod.of("rbf-sl", SMALL).training, clips.select(PARTS[0]), y[:26], Numbers.of(y[:26]), 5)
    training.run_until(2)
    of_train, of_test = (training.features(clips.select(rows)) for rows in PARTS)
    low, span = y[:26].min(axis=0), np.ptp(y[:26], axis=0)
    for k in range(2):
        svr = SVR(C=1, gamma=0.5).fit(of_train, (y[:26, k] - low[k]) / span[k])
        assert np.allclose(found[:, k], svr.predict(of_test) * span[k] + low[k], rtol=1e-12)
    codes = (y[:, 0] > 5).astype(int)
    classes = curves(["fl"], codes, clips, epochs=2)[-1].predicted
    direct = Training(
        CurveMethod.of("fl", SMALL).training, clips.select(PARTS[0]), codes[:26], Classes.of(codes[:26]), 5
    )
    direct.run_until(2)
    svc = SVC(C=1, gamma=0.5).fit(direct.features(clips.select(PARTS[0])), codes[:26])
    assert np.array_equal(classes, svc.predict(direct.features(clips.select(PARTS[1]))))


def test_sharing_a_training_changes_no_bit():
    clips, y = make()
    both = curves(["nn", "fl"], y, clips)
    assert [(item.method, item.epoch) for item in both] == list(zip(["nn", "fl"] * 3, [2, 2, 4, 4, 5, 5], strict=True))
    assert plain(both[::2]) == plain(curves(["nn"], y, clips))
    assert plain(both[1::2]) == plain(curves(["fl"], y, clips))
    with pytest.raises(ValueError, match="do not share a training: nn, rbf-sl"):
        curves(["nn", "rbf-sl"], y, clips)


@pytest.mark.parametrize("labels", ["numbers", "classes"])
def test_resumed_curves_are_those_of_one_run(tmp_path, labels):
    clips, y = make()
    y = y if labels == "numbers" else np.where(y[:, 0] > 5, "high", "low")
    path = tmp_path / "fit.safetensors"
    straight = plain(curves(["nn", "fl"], y, clips, epochs=8))
    part, whole = Sequences.select(clips, PARTS[0]), Sequences.select(clips, PARTS[1])
    methods = [CurveMethod.of(name, SMALL) for name in ("nn", "fl")]
    stopped = train_curves(methods, part, y[PARTS[0]], whole, seed=5, epochs=8, every=2, checkpoint=path)
    for _ in range(3):
        next(stopped)  # two epochs are scored and stored, the second in part given out
    assert len(read_snapshot(path).facts["losses"]) == 4
    assert plain(curves(["nn", "fl"], y, clips, epochs=8, checkpoint=path)) == straight
    assert plain(curves(["nn", "fl"], y, clips, epochs=8, checkpoint=path)) == straight, "nothing is left to do"
    assert plain(curves(["fl"], y, clips, epochs=4, checkpoint=path)) == straight[1:4:2], "fewer are asked for"
    assert plain(curves(["nn", "fl"], y, clips, epochs=3, every=1, checkpoint=path)) == plain(
        curves(["nn", "fl"], y, clips, epochs=3, every=1)
    ), "predictions that are not stored: it begins anew"


def test_a_changed_svm_begins_anew(tmp_path):
    clips, y = make()
    path = tmp_path / "fit"
    curves(["rbf-sl"], y, clips, epochs=2, checkpoint=path)
    other = curves(["rbf-sl"], y, clips, epochs=2, checkpoint=path, params={"svm_C": 5})
    assert plain(other) == plain(curves(["rbf-sl"], y, clips, epochs=2, params={"svm_C": 5}))


@pytest.mark.parametrize("change", ["seed", "labels", "test", "settings", "frames"])
def test_checkpoint_of_another_training_is_refused(tmp_path, change):
    clips, y = make()
    path = tmp_path / "fit"
    curves(["rbf-sl"], y, clips, epochs=2, checkpoint=path)
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
        curves(["rbf-sl"], y, Sequences(frames, clips.starts, clips.lengths), epochs=2, checkpoint=path, **more)


KILLED = """
import os, signal, sys
import numpy as np
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_training import PARTS, SMALL, make
from raymer.learners.curves import CurveMethod, train_curves
clips, y = make()
methods = [CurveMethod.of("rbf-sl", SMALL)]
found = train_curves(methods, clips.select(PARTS[0]), y[PARTS[0]], clips.select(PARTS[1]), seed=5, epochs=8, every=2,
                     checkpoint=Path(sys.argv[2]))
next(found), next(found)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_goes_on_from_its_checkpoint(tmp_path):
    clips, y = make()
    path = tmp_path / "fit"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(Path(__file__).parent), str(path)], check=False)
    assert killed.returncode == -9
    assert len(read_snapshot(path).facts["losses"]) == 4
    resumed = curves(["rbf-sl"], y, clips, epochs=8, checkpoint=path)
    assert plain(resumed) == plain(curves(["rbf-sl"], y, clips, epochs=8))


@pytest.mark.parametrize("name", KERNEL_OF)
def test_nothing_leaks(name):
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(24, 15 * 2)), rng.normal(size=24)
    method = CurveMethod.of(name, {**SMALL, "excerpt": 6})

    def evaluate(X: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        clips = Sequences.from_padded(X.reshape(24, 15, 2), np.full(24, 15))
        found = train_curves([method], clips.select(train), y[train], clips.select(test), seed=0, epochs=2, every=2)
        return list(found)[-1].predicted

    rows = np.arange(24)
    assert find_leaks(evaluate, X, y, [(rows[6:], rows[:6]), (rows[:18], rows[18:])]) == []


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("rbf-ls",), "unknown method 'rbf-ls': did you mean 'rbf-sl'?"),
        (("nn", {"svm_C": 1}), "method nn: unknown parameter 'svm_C'"),
        (("cos-sl", {"gamma": 1}), "method cos-sl: unknown parameter 'gamma'"),
        (("rbf-sl", {"bacth": 1}), "did you mean 'batch'?"),
        (("rbf-sl", {"gamma": -1}), "method rbf-sl: gamma=-1 must be"),
        (("fl", {"svm_C": 0}), "method fl: C=0 must be"),
        (("fl", {"label_scale": "units"}), "did you mean 'unit'?"),
    ],
)
def test_methods_refuse(args, message):
    with pytest.raises(UsageError) as caught:
        CurveMethod.of(*args)
    assert message in str(caught.value)


def test_nn_and_fl_share_a_training_and_json_can_say_it():
    nn, fl, sl = (CurveMethod.of(name) for name in ("nn", "fl", "rbf-sl"))
    assert nn.training_dict() == fl.training_dict() != sl.training_dict()
    assert CurveMethod.of("fl", {"hidden": [100, 50]}) == fl
    assert json.loads(json.dumps(sl.training_dict())) == sl.training_dict()
