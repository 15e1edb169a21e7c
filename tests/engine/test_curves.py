"""Curve fits from audio features to records: shared trainings, epochs, classes, leaks, and kills that lose nothing."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from raymer.components.plugins import PLUGINS, bring_files
from raymer.corpora.base import Corpus
from raymer.corpora.folder import load_corpus, write_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.engine.machine import SERIAL
from raymer.engine.run import run_plan
from raymer.errors import UsageError
from raymer.experiments.loading import parse_experiment
from raymer.identity import array_hash
from raymer.learners.build import make_predictor
from raymer.learners.checkpoint import read_snapshot
from raymer.learners.encoders import GRUParams
from raymer.learners.leaks import find_leaks
from raymer.learners.predictors import SVMParams
from raymer.learners.presets import NETWORK_PRESETS, preset
from raymer.learners.representation import Chain, make_representation
from raymer.learners.system import System
from raymer.learners.training import Training
from raymer.protocols.scoring import find_metric
from raymer.protocols.splits import KFold, Split
from raymer.reports.table import make_rows
from raymer.results.frame import AVERAGE, COLUMNS
from raymer.results.scoring import score
from raymer.results.store import ResultStore
from raymer.studies.fit import plan, units
from raymer.studies.samples import Samples, make_samples
from raymer.studies.study import make_study
from raymer.studies.unit import run_fit, run_fits
from raymer.testing import check_component

SMALL = {"epochs": 3, "every": 2, "hidden": (8, 4), "excerpt": 10, "batch": 8}
ALL = list(NETWORK_PRESETS)


def sequence_data(n=24, n_bins=6, classes=False, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(12, 20, n)
    y = rng.uniform(0, 1, (n, 2))
    frames = np.concatenate([rng.normal(size=(k, n_bins)) + 2 * y[i, :1] for i, k in enumerate(lengths)])
    ends = np.cumsum(lengths)
    ids = np.array([f"c{k:02d}" for k in range(n)])
    labels = {"joy": y[:, 0], "calm": y[:, 1]}
    if classes:
        labels = {"genre": np.where(y[:, 0] > 0.5, "rock", "pop")}
    marks = {name: array_hash(values.astype("U8") if classes else values) for name, values in labels.items()}
    return Samples(
        "t", "logmel", ids, ids, frames.astype(np.float32), (), labels, "f", marks, np.stack([ends - lengths, ends], 1)
    )


def planned(samples, names=ALL, targets=("joy", "calm"), **changes):
    pairs = [(preset(name, SMALL | changes), KFold(2)) for name in names]
    return plan(samples, pairs, list(targets))


OTHER = {
    "hidden": (5, 3), "epochs": 7, "every": 3, "excerpt": 9, "batch": 5, "optimiser": "Adam", "learning_rate": 0.3,
    "device": "cuda", "label_scale": "none", "normalisation": "dataset", "gamma": 0.9, "degree": 3, "offset": 0.4,
    "differences": False,
}  # fmt: skip
OF_AN_OBJECTIVE = {"gamma": "rbf", "degree": "polynomial", "offset": "polynomial"}


@pytest.mark.parametrize("name", ALL)
def test_every_parameter_of_a_network_has_an_effect_or_is_refused(name):
    def effects(system):
        made = make_representation(system, everything)
        by_all = made.everything is everything
        return made.settings, made.last, made.epochs, by_all, system.network_value("label_scale")

    everything = sequence_data().everything

    default = preset(name)
    assert set(OTHER) == set(GRUParams.model_fields) - {"objective"}
    for param, value in OTHER.items():
        if OF_AN_OBJECTIVE.get(param, default.objective) != default.objective:
            with pytest.raises(UsageError, match=f"{param} would have no effect"):
                preset(name, {param: value})
            continue
        assert effects(preset(name, {param: value})) != effects(default), param


@pytest.mark.parametrize("name", [name for name in ALL if name != "nn"])
def test_every_parameter_of_the_svm_has_an_effect(name):
    other = {"C": 3.0, "gamma": 0.7, "epsilon": 0.2, "label_scale": "none"}
    assert set(other) == set(SVMParams.model_fields)
    default = repr(make_predictor(preset(name).predictor, 0, "number"))
    for param, value in other.items():
        assert repr(make_predictor(preset(name, None, {param: value}).predictor, 0, "number")) != default, param


@pytest.mark.parametrize("normalisation", ["train", "dataset"])
def test_a_supervised_step_may_follow_a_network(normalisation):
    """It sees one target as (n,): what every reducer on a table takes."""
    network = {"use": "gru", "objective": "rbf", "normalisation": normalisation, **SMALL}
    system = System.of([network, {"use": "pls", "width": 2}, "svr"])
    assert isinstance(make_representation(system), Chain)
    work = plan(sequence_data(), [(system, KFold(2))], ["joy"])
    made = [run_fit(fit, work.samples, work.splits[fit.split]) for fit in work.fits]
    assert [sorted(set(result.epochs)) for result in made] == [[2, 3], [2, 3]]
    assert all(np.isfinite(result.predicted).all() for result in made)


def test_a_unit_whose_fits_have_all_failed_trains_no_further(monkeypatch):
    work = plan(sequence_data(), [(preset("fl", SMALL), KFold(2))], ["joy", "calm"])
    unit = units(work.fits)[0]
    trained = []
    one_epoch = Training.run_until
    monkeypatch.setattr(Training, "run_until", lambda self, k: (trained.append(k), one_epoch(self, k))[1])
    monkeypatch.setattr("sklearn.svm.SVR.fit", lambda *_: 1 / 0)
    made = list(run_fits(unit, work.samples, work.splits[unit[0].split]))
    assert [type(error) for _, error in made] == [ZeroDivisionError] * len(unit)
    assert trained == [2], "the last epoch, the third, is not reached"


class Killed(BaseException):
    """No Exception: what a worker that is killed leaves, without the kill."""


class Kept:
    """A checkpoint in a file; the process dies when it is written for the first time, if it is to."""

    def __init__(self, path, *, dies=False):
        self.path, self._dies = path, dies

    def keep(self):
        if self._dies:
            raise Killed

    def drop(self):
        self.path.unlink()


def test_fits_that_share_a_killed_training_go_on_together(tmp_path, monkeypatch):
    """A checkpoint holds the network's stages, not predictions: no fit has those of another SVM."""
    systems = [preset("nn", SMALL), preset("fl", SMALL), preset("fl", SMALL, {"C": 5.0})]
    work = plan(sequence_data(), [(system, KFold(2)) for system in systems], ["joy", "calm"])
    unit = units(work.fits)[0]
    assert len(unit) == 3
    split, path = work.splits[unit[0].split], tmp_path / "one.safetensors"
    alone = [run_fit(fit, work.samples, split) for fit in unit]
    assert len({result.predicted.tobytes() for result in alone}) == 3
    with pytest.raises(Killed):
        list(run_fits(unit, work.samples, split, Kept(path, dies=True)))
    assert len(read_snapshot(path).facts["losses"]) == 2
    run_epoch, epochs = Training._run_epoch, []
    monkeypatch.setattr(Training, "_run_epoch", lambda self, rng: epochs.append(self.epoch + 1) or run_epoch(self, rng))
    for fits, trained in ((unit[:2], [3]), (unit, []), (unit[2:], [])):
        epochs.clear()
        found = list(run_fits(fits, work.samples, split, Kept(path)))
        assert epochs == trained
        assert [fit.id for fit, _ in found] == [fit.id for fit in fits]
        for fit, made in found:
            assert made.predicted.tobytes() == alone[unit.index(fit)].predicted.tobytes()


def test_a_gbm_follows_a_gru_and_shares_its_training(tmp_path):
    """What was impossible while one flag stood for sequences, epochs and joint targets."""
    samples = sequence_data()
    first = {"use": "gru", "objective": "rbf", **SMALL}
    rows = [
        [first, "svm"],
        [first, {"use": "gbm", "n_estimators": 5}],
        [first, "scale", {"use": "pca", "width": 2}, "ridge"],
    ]
    work = plan(samples, [(System.of(steps), KFold(2)) for steps in rows], ["joy", "calm"])
    assert [fit.system.name for fit in work.fits[::2]] == ["rbf-sl", "gru_rbf-gbm", "pca-ridge"]
    assert sorted(len(unit) for unit in units(work.fits)) == [1, 1, 2, 2], "the SVM and the GBM share a network"
    store = ResultStore(str(tmp_path))
    assert run_plan(work, store, machine=SERIAL).failed == ()
    for fit in work.fits:
        alone = run_fit(fit, samples, work.splits[fit.split])
        assert store.get(fit.id).predicted.tobytes() == alone.predicted.tobytes()
        assert set(alone.epochs.tolist()) == {2, 3}


ENCODER = """
import torch


class MeanPool(torch.nn.Module):
    def __init__(self, n_inputs, width=4):
        super().__init__()
        self.layer = torch.nn.Linear(n_inputs, width)
        self.width = width

    def forward(self, x, lengths):
        inside = torch.arange(x.shape[1]) < lengths[:, None]
        return (torch.tanh(self.layer(x)) * inside[:, :, None]).sum(1) / lengths[:, None]
"""


def test_an_encoder_of_ones_own_takes_the_grus_place(tmp_path):
    (tmp_path / "encoder_classes.py").write_text(ENCODER)
    bring_files([tmp_path / "encoder_classes.py"])
    step = {"use": "encoder_classes:MeanPool", "width": 3, "objective": "cosine", **SMALL}
    del step["hidden"]
    work = plan(sequence_data(), [(System.of([step, "svm"]), KFold(2))], ["joy"])
    made = [run_fit(fit, work.samples, work.splits[fit.split]) for fit in work.fits for _ in range(2)]
    assert made[0].predicted.tobytes() == made[1].predicted.tobytes()
    assert check_component("encoder_classes:MeanPool", width=3) == []
    with pytest.raises(UsageError, match="unknown parameter 'widht'"):
        System.of([{**step, "widht": 3}, "svm"])
    PLUGINS.drop("encoder_classes")


def test_one_fit_predicts_all_targets_at_each_scored_epoch(tmp_path):
    samples = sequence_data()
    work, store = planned(samples), ResultStore(str(tmp_path))
    assert len(work.fits) == 5 * 2
    assert [len(unit) for unit in units(work.fits)].count(2) == 2, "nn and fl share a training"
    assert run_plan(work, store, machine=SERIAL).ran == 10
    result = store.get(work.fits[0].id)
    scored = {(one.target, one.epoch) for name in ("r2", "rmse") for one in score(find_metric(name), [result])}
    assert scored == {(target, epoch) for target in ("joy", "calm") for epoch in (2, 3)}
    assert len(result.predicted) == 2 * 2 * 12
    mine = (result.targets == "joy") & (result.epochs == 3)
    true = dict(zip(samples.clip_ids, samples.labels["joy"], strict=True))
    assert result.true[mine].tolist() == [true[clip] for clip in result.clip_ids[mine]]
    assert not list((tmp_path / "checkpoints").iterdir()), "a finished training leaves no checkpoint"


def test_sharing_and_checkpoints_change_no_bit(tmp_path):
    work, store = planned(sequence_data(), ("nn", "fl", "rbf-sl")), ResultStore(str(tmp_path))
    run_plan(work, store, machine=SERIAL)
    for fit in work.fits:
        alone = run_fit(fit, work.samples, work.splits[fit.split])
        assert store.get(fit.id).predicted.tobytes() == alone.predicted.tobytes()


def test_the_head_of_a_network_has_the_probabilities_of_classes(tmp_path):
    samples = sequence_data(classes=True)
    work, store = planned(samples, targets=("genre",)), ResultStore(str(tmp_path))
    assert run_plan(work, store, machine=SERIAL).failed == ()
    result = store.get(work.fits[0].id)
    assert work.fits[0].system.predictor.use == "head"
    assert result.classes == ("pop", "rock")
    assert result.probabilities.sum(axis=1) == pytest.approx(1)
    assert result.predicted.tolist() == np.array(result.classes)[result.probabilities.argmax(axis=1)].tolist()


def leaks_of(fit_method):
    """What `find_leaks` catches `fit_method` at, run as a fit."""
    samples = sequence_data()
    length = 12
    starts = samples.offsets[:, 0]
    X = np.stack([samples.features[start : start + length].ravel() for start in starts])

    def evaluate(X, y, train, test):
        frames = X.reshape(-1, samples.features.shape[1]).astype(np.float32)
        ends = length * np.arange(1, len(X) + 1)
        same = Samples(
            "t", "x", samples.clip_ids, samples.clip_ids, frames, (), {"t": y}, "f", {"t": "l"},
            np.stack([ends - length, ends], 1),
        )  # fmt: skip
        split = Split(0, 0, samples.clip_ids[train], samples.clip_ids[test])
        work = plan(same, [(fit_method, KFold(2))], ["t"])
        fit = type(work.fits[0])("same", "same", fit_method, ("t",), "one", 0)
        result = run_fit(fit, same, split)
        return result.predicted[result.epochs == 3]

    rows = np.arange(24)
    splits = [(rows[6:], rows[:6]), (rows[:18], rows[18:])]
    return find_leaks(evaluate, X, samples.labels["joy"], splits)


@pytest.mark.parametrize("name", ALL)
def test_no_curve_method_leaks(name):
    assert leaks_of(preset(name, SMALL)) == []


def test_statistics_of_the_dataset_are_the_leak_that_they_say():
    caught = leaks_of(preset("rbf-sl", SMALL | {"normalisation": "dataset"}))
    assert [leak.partition(":")[0] for leak in caught] == ["test features"]


def test_normalisation_is_part_of_a_fit_but_its_default_is_not():
    """Fits stored before there was the option are found still."""
    default, said, dataset = (
        preset("fl", SMALL | params) for params in ({}, {"normalisation": "train"}, {"normalisation": "dataset"})
    )
    assert default == said
    assert "normalisation" not in default.to_dict()["steps"][0]
    assert System.from_dict(dataset.to_dict()) == dataset != default
    ids = {plan(sequence_data(), [(made, KFold(2))], ["joy"]).fits[0].representation_id for made in (default, dataset)}
    assert len(ids) == 2
    with pytest.raises(UsageError, match="normalisation='datset'.*did you mean 'dataset'"):
        preset("nn", {"normalisation": "datset"})


def test_what_networks_refuse(corpus, tmp_path):
    table = make_samples(corpus, None, "table", ["valence"])
    work = plan(table, [(preset("nn", SMALL), KFold(2))], ["valence"])
    with pytest.raises(UsageError, match="nn reads frames, and input features is table"):
        run_fit(work.fits[0], table, work.splits[work.fits[0].split])
    with pytest.raises(UsageError, match="gamma would have no effect"):
        preset("cos-sl", {"gamma": 1.0})
    with pytest.raises(UsageError, match="head: unknown parameter 'C'"):
        preset("nn", None, {"C": 1.0})
    with pytest.raises(UsageError, match="head is a network's last layer"):
        System.of(["scale", "head"])
    with pytest.raises(UsageError, match="it can only be the first step"):
        System.of(["scale", "gru", "svr"])
    with pytest.raises(UsageError, match="Adadelte.*did you mean 'Adadelta'"):
        make_representation(preset("nn", {"optimiser": "Adadelte"}))
    write_corpus(corpus, tmp_path / "C")
    with pytest.raises(UsageError, match="has no logmel features: make them with"):
        make_study(parse_experiment(EXPERIMENT, "t"), load_corpus(tmp_path / "C"))


EXPERIMENT = """
name: t
title: t
corpus: synthetic
input: logmel
targets: [valence, arousal]
metric: pearson
epochs: 3
every: 2
protocols: {folds: {folds: 2}}
systems:
  - {system: NN, method: nn, published: {valence: {mean: 0.4}, arousal: {mean: 0.6}},
     reducer: {hidden: [8, 4], excerpt: 10}}
  - {system: RBF-SL, method: rbf-sl, reducer: {hidden: [8, 4], excerpt: 10}}
"""


@pytest.fixture(scope="module")
def audio_corpus(tmp_path_factory):
    """Thirty clips of half a second with built log-mel features."""
    import soundfile

    from raymer.engine.data import build_features
    from raymer.features.logmel import LogMel

    root = tmp_path_factory.mktemp("audio")
    base = make_synthetic(30, 4, seed=3)
    rng = np.random.default_rng(0)
    clips = base.clips.copy()
    clips["audio"] = [f"{clip}.wav" for clip in clips["clip_id"]]
    (root / "wav").mkdir()
    for name, valence in zip(clips["audio"], clips["valence"], strict=True):
        tone = np.sin(2 * np.pi * 100 * valence * np.arange(11025) / 22050)
        soundfile.write(root / "wav" / name, 0.3 * tone + 0.01 * rng.normal(size=11025), 22050)
    corpus = Corpus("synthetic", clips, base.targets, {}, {}, str(root / "wav"))
    write_corpus(corpus, root / "C")
    build_features(corpus, LogMel(), root / "C" / "features", machine=SERIAL)
    (root / "t.yaml").write_text(EXPERIMENT)
    return root


def test_from_audio_to_records_and_back_from_the_store(audio_corpus, cli, tmp_path):
    where = ("-c", audio_corpus / "C", "-s", tmp_path / "S", "--serial")
    result = cli("run", audio_corpus / "t.yaml", *where, "--json")
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert len(rows) == 2 * 3 * 2
    assert {"system", "method", "input", "target", "metric", "epoch", "mean", "sd", "folds"} <= set(rows[0])
    average = [row for row in rows if row["target"] == AVERAGE and row["system"] == "NN"]
    assert average[0]["published_mean"] == pytest.approx(0.5)
    per_target = [row["mean"] for row in rows if row["system"] == "NN" and row["epoch"] == 2][:2]
    assert average[0]["mean"] == pytest.approx(np.mean(per_target))
    assert "0 fits run, 4 found done" in cli("run", audio_corpus / "t.yaml", *where).stderr
    longer = cli("run", audio_corpus / "t.yaml", *where, "--epochs", 4, "--folds", 3, "--json")
    assert {row["epoch"] for row in json.loads(longer.stdout)} == {2, 4}
    fit_id = next((tmp_path / "S" / "fits").rglob("*.parquet")).stem
    assert '"identical": true' in cli("rerun", fit_id, *where[:4], "--json").stdout


def test_epochs_mean_nothing_to_tables(cli, small_experiment, corpus_folder, tmp_path):
    result = cli("run", small_experiment, "-c", corpus_folder, "-s", tmp_path / "S", "--epochs", 5)
    assert result.exit_code == 2
    assert "would have no effect" in result.stderr


def test_rows_of_unfinished_folds_have_no_mean(audio_corpus):
    study = make_study(parse_experiment(EXPERIMENT, "t"), load_corpus(audio_corpus / "C"))
    rows = []
    for fold, fit in enumerate(study.systems[0].fits[:1]):
        for target in ("valence", "arousal"):
            about = (0, "NN", "folds", fit.id, "nn", target, 2, "pearson", 0, fold)
            rows.append((*about, 0.5, 1, 10, 5, 1.0, 0.0, 1.0, fit.split))
    scores = pd.DataFrame(rows, columns=["row", "system", "protocol", *COLUMNS])
    made = [row for row in make_rows(study.systems, scores, study.metrics) if row.system == "NN"]
    assert [(row.target, row.mean, row.folds) for row in made] == [
        ("valence", None, 1), ("arousal", None, 1), (AVERAGE, None, 1)
    ]  # fmt: skip


def test_only_numbers_and_classes_of_one_target(tmp_path):
    samples = sequence_data(classes=True)
    both = Samples(**{**vars(samples), "labels": {**samples.labels, "style": samples.labels["genre"]},
                      "label_fingerprints": {"genre": "a", "style": "b"}})  # fmt: skip
    work, store = planned(both, ("nn",), ("genre", "style")), ResultStore(str(tmp_path))
    assert len(run_plan(work, store, machine=SERIAL).failed) == 2
    assert "one target at a time" in store.failures()[0]["message"]


@pytest.mark.slow
def test_a_killed_training_goes_on_from_its_checkpoint(audio_corpus, cli, tmp_path):
    """kill -9 in the middle of a long training: the same curves to the bit, and not from the beginning."""
    text = EXPERIMENT.replace("epochs: 3", "epochs: 60").replace("every: 2", "every: 10")
    (tmp_path / "long.yaml").write_text(text)

    def words(store):
        where = ["-c", str(audio_corpus / "C"), "-s", str(tmp_path / store)]
        return ["run", str(tmp_path / "long.yaml"), *where, "--serial", "--json"]

    straight = cli(*words("straight")).stdout
    command, checkpoints = [sys.executable, "-m", "raymer.cli.main"], tmp_path / "killed" / "checkpoints"
    process = subprocess.Popen([*command, *words("killed")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not (checkpoints.is_dir() and list(checkpoints.glob("*.safetensors"))):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert list(checkpoints.glob("*.safetensors"))
    again = cli(*words("killed")).stdout

    def bits(store):
        results = ResultStore(str(tmp_path / store))
        return {
            fit: (results.get(fit).clip_ids.tolist(), results.get(fit).predicted.tobytes()) for fit in results.done()
        }

    assert bits("killed") == bits("straight")
    drop = {"seconds"}
    strip = [[{k: v for k, v in row.items() if k not in drop} for row in json.loads(out)] for out in (straight, again)]
    assert strip[0] == strip[1]
