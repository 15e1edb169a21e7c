"""Final models: the same predictions as the pipeline in memory, saved, loaded elsewhere, and refused when changed."""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import model_corpus as beds
import numpy as np
import pytest
import skops.io
from safetensors import safe_open
from safetensors.numpy import save_file
from sklearn.linear_model import LinearRegression

from raymer.corpora.folder import load_corpus
from raymer.corpora.inputs import add_input
from raymer.engine.cluster import connected
from raymer.engine.data import build_features
from raymer.engine.machine import SERIAL
from raymer.engine.predict import find_files, predict_files, predict_on_ray
from raymer.engine.run import run_plan
from raymer.errors import RaymerError, UsageError
from raymer.features.opensmile import OpenSmileIs13
from raymer.features.store import load_table
from raymer.learners.fitted import PREDICTORS
from raymer.learners.saved import MANIFEST, seal
from raymer.models.final import choose_system, evaluate, fit_final, plan_evaluation
from raymer.models.loading import load_model
from raymer.models.model import MEASURES, Model
from raymer.protocols.splits import Split
from raymer.results.store import ResultStore
from raymer.studies.fit import Fit
from raymer.studies.unit import run_fit


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return beds.make_audio_corpus(tmp_path_factory.mktemp("audio"))


@pytest.fixture(scope="module")
def wavs(folder) -> list[Path]:
    return sorted((folder.parent / "wav").glob("*.wav"))


def reloaded(model: Model, path: Path) -> Model:
    model.save(path)
    return load_model(path)


def evaluated(study, row: int, store: ResultStore):
    """Run what the evaluation of a system reads, and read it; before, it says what is missing."""
    with pytest.raises(RaymerError, match="have no result in"):
        evaluate(study, row, store)
    assert run_plan(plan_evaluation(study, row), store, machine=SERIAL).failed == ()
    return evaluate(study, row, store)


def in_memory(study, row: int) -> dict[str, np.ndarray]:
    """Return what the engine's own fits on all clips predict for these clips, by target."""
    system, samples = study.systems[row], study.plan.samples
    found = {}
    for planned in {fit.targets: fit for fit in system.fits}.values():
        everything = Split(0, 0, samples.clip_ids, samples.clip_ids)
        # The identity of the final fit: that of the split without a test part.
        final = Split(0, 0, samples.clip_ids, samples.clip_ids[:0])
        fit = Fit(planned.samples, planned.labels, planned.system, planned.targets, final.id, planned.seed)
        result = run_fit(fit, samples, everything)
        for target in fit.targets:
            last = (result.targets == target) & (result.epochs == result.epochs.max())
            found[target] = result.predicted[last]
    return found


@pytest.mark.parametrize("row", range(len(beds.TABLES)), ids=lambda row: beds.TABLES[row].split(",")[0])
def test_a_loaded_table_model_predicts_from_audio_what_the_pipeline_predicts(folder, wavs, tmp_path, row):
    study, corpus = beds.study_of(folder, beds.TABLES, features="logmel-summary")
    frame = reloaded(fit_final(study, corpus, row), tmp_path / "M").predict(wavs).frame
    for target, expected in in_memory(study, row).items():
        np.testing.assert_allclose(frame[target], expected, rtol=0, atol=1e-6)
        assert np.ptp(frame[target]) > 0


@pytest.mark.parametrize("row", range(len(beds.CURVES)), ids=lambda row: beds.CURVES[row].split(",")[0])
def test_a_loaded_curve_model_predicts_from_audio_what_the_network_predicts(folder, wavs, tmp_path, row):
    study, corpus = beds.study_of(folder, beds.CURVES, features="logmel")
    frame = reloaded(fit_final(study, corpus, row), tmp_path / "M").predict(wavs).frame
    for target, expected in in_memory(study, row).items():
        np.testing.assert_allclose(frame[target], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("row", [0, 2])
def test_classes_are_predicted_by_name(folder, wavs, tmp_path, row):
    settings = {"features": "logmel", "targets": "mood", "metric": "accuracy"}
    study, corpus = beds.study_of(folder, beds.CURVES, **settings)
    evaluation = evaluated(study, row, ResultStore(str(tmp_path / "S")))
    model = reloaded(fit_final(study, corpus, row, evaluation), tmp_path / "M")
    frame = model.predict(wavs).frame
    assert frame["mood"].tolist() == in_memory(study, row)["mood"].tolist()
    assert set(frame["mood"]) <= {"bright", "dark"}
    shares = ["mood_p_bright", "mood_p_dark"] if row == 0 else []
    assert list(frame.columns) == ["clip", "mood", *shares, "distance", "unlike"], "a class has no interval"
    if shares:
        assert np.allclose(frame[shares].sum(axis=1), 1)
        assert frame["mood"].tolist() == [name.removeprefix("mood_p_") for name in frame[shares].idxmax(axis=1)]
    assert [score["metric"] for score in model.card["evaluation"]["scores"]] == ["accuracy"]


def test_a_fresh_process_elsewhere_predicts_the_same(folder, wavs, tmp_path):
    study, corpus = beds.study_of(folder, beds.CURVES, features="logmel")
    expected = reloaded(fit_final(study, corpus, 2), tmp_path / "M").predict(wavs[:3])
    code = (
        "import json, sys, raymer; model = raymer.load_model(sys.argv[1]); "
        "print(json.dumps(model.predict(sys.argv[2:]).records()))"
    )
    (tmp_path / "elsewhere").mkdir()
    command = [sys.executable, "-c", code, str(tmp_path / "M"), *map(str, wavs[:3])]
    done = subprocess.run(command, cwd=tmp_path / "elsewhere", capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == expected.records()


def test_arrays_of_features_stand_for_files(folder, wavs):
    study, corpus = beds.study_of(folder, beds.TABLES, features="logmel-summary")
    model, samples = fit_final(study, corpus, 0), study.plan.samples
    assert model.predict(wavs[0]).records() == model.predict(wavs[:1]).records()
    by_file, by_row = model.predict(wavs).frame, model.predict(samples.features).frame
    np.testing.assert_allclose(by_row["valence"], by_file["valence"], rtol=0, atol=1e-9)
    assert by_row["clip"].tolist()[:2] == ["0", "1"]
    with pytest.raises(UsageError, match=r"must be \(n_clips, 36\), not \(36, 5\)"):
        model.predict(samples.features[:, :5])
    study, corpus = beds.study_of(folder, beds.CURVES, features="logmel")
    model, samples = fit_final(study, corpus, 0), study.plan.samples
    frames = [samples.features[start:end] for start, end in samples.offsets]
    np.testing.assert_allclose(model.predict(frames).frame["valence"], model.predict(wavs).frame["valence"], atol=1e-9)
    with pytest.raises(UsageError, match=r"must be floats \(n_frames, 12\)"):
        model.predict([frames[0][:, :4]])


@pytest.mark.skipif(find_spec("opensmile") is None, reason="openSMILE is not installed")
def test_a_model_on_opensmile_features_predicts_from_audio(folder, wavs, tmp_path):
    """The corpus of the other tests, copied: its inputs would change under them."""
    shutil.copytree(folder, tmp_path / "C")
    extractor = OpenSmileIs13(sample_rate=16000)
    built = build_features(load_corpus(tmp_path / "C"), extractor, tmp_path / "C" / "features", machine=SERIAL)
    add_input(tmp_path / "C", load_table(built.folder, extractor.input_name))
    study, corpus = beds.study_of(tmp_path / "C", beds.TABLES, features=extractor.input_name)
    model = reloaded(fit_final(study, corpus, 0), tmp_path / "M")
    assert model.source is not None
    assert model.source.parameters["sample_rate"] == 16000
    frame = model.predict(wavs).frame
    for target, expected in in_memory(study, 0).items():
        np.testing.assert_allclose(frame[target], expected, rtol=0, atol=1e-6)


def test_intervals_come_from_the_errors_on_unseen_clips(folder, wavs, tmp_path):
    study, corpus = beds.study_of(folder, beds.TABLES, features="logmel-summary")
    row = choose_system(study, "tnn-svr", "by-artist")
    store = ResultStore(str(tmp_path / "S"))
    evaluation = evaluated(study, row, store)
    model = fit_final(study, corpus, row, evaluation)
    results = [store.get(fit.id) for fit in study.systems[row].fits if fit.targets == ("arousal",)]
    errors = np.sort(np.concatenate([np.abs(result.true - result.predicted) for result in results]))
    assert len(errors) == beds.N_CLIPS
    frame = model.predict(wavs, level=0.8).frame
    half = (frame["arousal_high"] - frame["arousal_low"]) / 2
    np.testing.assert_allclose(half, errors[int(np.ceil(0.8 * 37)) - 1])
    assert model.card["evaluation"]["protocol"] == "by-artist"
    with pytest.raises(UsageError, match=r"level 0\.99 is too high for the errors of 36 clips"):
        model.predict(wavs, level=0.99)
    assert "valence_low" not in fit_final(study, corpus, row).predict(wavs).frame


def test_intervals_hold_their_share_of_new_clips():
    """Split-conformal by hand: errors of one draw, clips of another, of the same kind."""
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(400):
        errors = np.sort(np.abs(rng.standard_t(3, size=60)))
        model = Model({}, None, None, None, {"y": errors}, 60)  # type: ignore[arg-type]
        shares.append(np.mean(np.abs(rng.standard_t(3, size=50)) <= model._radius("y", 0.9)))
    assert 0.895 < np.mean(shares) < 0.93


def test_a_clip_of_another_kind_is_called_unlike(folder, wavs, tmp_path):
    rng = np.random.default_rng(0)
    import soundfile

    soundfile.write(tmp_path / "noise.wav", 0.3 * rng.normal(size=9000), 22050)
    beds.write_clip(tmp_path / "kin.wav", 0.5, 0.5, seed=99)
    for systems, features in ((beds.TABLES, "logmel-summary"), (beds.CURVES, "logmel")):
        study, corpus = beds.study_of(folder, systems, features=features)
        model = fit_final(study, corpus, 0)
        frame = model.predict([tmp_path / "noise.wav", tmp_path / "kin.wav"]).frame
        assert frame["unlike"].tolist() == [True, False]


def test_ray_and_this_process_predict_the_same_bits(folder, wavs, tmp_path, monkeypatch):
    study, corpus = beds.study_of(folder, beds.CURVES, features="logmel")
    model = reloaded(fit_final(study, corpus, 2), tmp_path / "M")
    (tmp_path / "broken.wav").write_text("no audio")
    monkeypatch.chdir(folder.parent)
    files = [tmp_path / "broken.wav", *(path.relative_to(folder.parent) for path in wavs)]
    alone = predict_files(model, files, machine=SERIAL)
    seen = []
    with connected("local", 2) as workers:
        blocks = [files[:32], files[32:]]
        on_ray = predict_on_ray(model, blocks, 0.9, workers, seen.append)
    assert on_ray.records() == alone.records()
    assert on_ray.broken == alone.broken
    assert alone.broken[0].reason == "no audio: it is a text file"
    assert on_ray.frame["clip"][0] == "wav/clip00.wav", "files are called as they were given"
    assert seen[-1] == len(files)


def test_find_files_takes_folders_and_refuses_empty_ones(wavs, tmp_path):
    assert find_files([wavs[0].parent, wavs[0]]) == wavs
    with pytest.raises(UsageError, match="holds no audio file"):
        find_files([tmp_path])


@pytest.fixture
def saved(folder, tmp_path) -> Path:
    study, corpus = beds.study_of(folder, beds.TABLES, features="logmel-summary")
    fit_final(study, corpus, 0).save(tmp_path / "M")
    return tmp_path / "M"


def change_a_byte(path: Path) -> None:
    data = bytearray((path / PREDICTORS).read_bytes())
    data[len(data) // 2] ^= 1
    (path / PREDICTORS).write_bytes(data)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (change_a_byte, RaymerError, r"predictors\.skops is not what was saved"),
        (lambda path: (path / "card.json").write_text("{}"), RaymerError, r"card\.json is not what was saved"),
        (lambda path: (path / PREDICTORS).unlink(), RaymerError, r"predictors\.skops is missing"),
        (lambda path: (path / "more.pkl").write_bytes(b"x"), RaymerError, r"more\.pkl is no part of the model"),
        (lambda path: (path / MANIFEST).unlink(), UsageError, "holds no model of raymer"),
        (lambda path: (path / MANIFEST).write_text('{"kind": "other"}'), UsageError, "holds no model of raymer"),
    ],
)
def test_a_changed_or_foreign_folder_is_refused(saved, change, error, message):
    load_model(saved)
    change(saved)
    with pytest.raises(error, match=message) as caught:
        load_model(saved)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["mean", "sd", "points", "limit"])
def test_what_is_kept_of_the_train_clips_is_known_by_its_hash(saved, name):
    """Answers need not tell: a feature that no step uses changes the distance alone."""
    path = saved / MEASURES
    with safe_open(path, framework="np") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - it is no mapping
        facts = dict(file.metadata())
    tensors[f"novelty/{name}"] = np.asarray(tensors[f"novelty/{name}"] * 1.01)
    save_file(tensors, path, facts)
    (saved / MANIFEST).unlink()
    seal(saved)
    with pytest.raises(RaymerError, match="keeps of the train clips is not what the model was saved with"):
        load_model(saved)


def test_a_type_that_no_model_is_made_of_is_not_constructed(saved):
    class Foreign(LinearRegression):
        """An estimator of somebody else, in a folder that was sealed anew."""

    Foreign.__module__, Foreign.__qualname__ = "antigravity", "Foreign"
    skops.io.dump({"valence": Foreign()}, saved / PREDICTORS)
    (saved / MANIFEST).unlink()
    seal(saved)
    with pytest.raises(
        RaymerError, match=r"it holds antigravity\.Foreign, which no component of this model is made of"
    ):
        load_model(saved)
    assert "antigravity" not in sys.modules


def test_nothing_in_the_folder_is_a_pickle_and_the_card_says_what_it_is(folder, saved):
    assert {path.suffix for path in saved.rglob("*") if path.is_file()} == {".json", ".md", ".safetensors", ".skops"}
    text = (saved / "README.md").read_text()
    assert "Not cross-validated" in text
    assert "labels on a scale from 1 to 9" in text
    assert "n_bins 12" in text
    card = json.loads((saved / "card.json").read_text())
    assert card["corpus"]["clips"] == beds.N_CLIPS
    assert card["features"]["source"]["versions"]["soxr"]
    assert all(not Path(str(value)).is_absolute() for value in card["corpus"].values())


def test_a_model_is_put_into_a_new_folder_only(folder, saved):
    with pytest.raises(UsageError, match="exists already"):
        load_model(saved).save(saved)
