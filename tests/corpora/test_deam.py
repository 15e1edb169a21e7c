"""The DEAM importer on a tiny archive in the original layout, faults and all, and on the real one."""

import shutil

import numpy as np
import pandas as pd
import pytest

from raymer.corpora.deam import DYNAMIC, METADATA, STATIC, parse_start
from raymer.corpora.folder import load_corpus, write_corpus
from raymer.corpora.info import ImportOptions
from raymer.corpora.is13 import FEATURES
from raymer.corpora.registry import import_corpus
from raymer.errors import RaymerError, UsageError

TRUE = {  # clip: (valence, arousal); ids up to 1000 stand swapped in the archive
    "2": (3.0, 7.0),
    "3": (5.0, 2.5),
    "5": (6.0, 4.0),
    "1001": (4.0, 6.0),
    "1002": (7.0, 3.0),
    "1003": (2.0, 5.0),
    "2001": (3.2, 6.6),
}
FRAMES = {"2": 200, "3": 100, "1001": 88, "2001": 120}


def frame_file(clip: str, frames: int) -> pd.DataFrame:
    rng = np.random.default_rng(int(clip))
    frame = pd.DataFrame(rng.normal(size=(frames, 260)), columns=list(FEATURES))
    frame.insert(0, "frameTime", np.arange(frames) / 2)
    return frame


@pytest.fixture
def archive(tmp_path):
    root = tmp_path / "deam"
    for folder in (STATIC, DYNAMIC, METADATA.parent, "features"):
        (root / folder).mkdir(parents=True)
    head = "song_id, valence_mean, valence_std, arousal_mean, arousal_std\n"
    rows = [(clip, *(pair[::-1] if int(clip) <= 1000 else pair)) for clip, pair in TRUE.items()]
    lines = [f"{clip},{v},0.9,{a},1.1" for clip, v, a in rows]
    (root / STATIC / "static_annotations_averaged_songs_1_2000.csv").write_text(head + "\n".join(lines[:-1]) + "\n")
    (root / STATIC / "static_annotations_averaged_songs_2000_2058.csv").write_text(
        "song_id, valence_mean, valence_std, valence_ max_mean, arousal_mean\n2001,3.2,0.9,5.0,6.6\n"
    )
    for k, name in enumerate(("valence", "arousal")):
        lines = [f"{clip},{(pair[k] - 5) / 4},{(pair[k] - 4.9) / 4}," for clip, pair in TRUE.items()]
        text = "song_id,sample_15000ms,sample_15500ms,sample_16000ms\n" + "\n".join(lines)
        (root / DYNAMIC / f"{name}.csv").write_text(text)
    (root / METADATA).write_text(
        "song_id,file_name,Artist,Song title,start of the segment (min.sec),end,Genre\n"
        "2,\t2.mp3,Ann\t,\tA,0.2,1.05,\tBlues\n3,\t3.mp3,Ann\t,\tB,0.05,0.5,\tBlues\n5,\t5.mp3,Bob\t,\tC,0.00,0.45,\tPop\n"
    )
    for clip, frames in FRAMES.items():
        frame_file(clip, frames).to_csv(root / "features" / f"{clip}.csv", sep=";", index=False)
    return root


def test_labels_are_repaired_and_joined(archive):
    corpus = import_corpus("deam", archive)
    labels = corpus.clips.set_index("clip_id")[["valence", "arousal"]]
    assert {clip: tuple(row) for clip, row in zip(labels.index, labels.to_numpy(), strict=True)} == TRUE
    notes = corpus.notes
    assert (notes["annotated"], notes["repaired"], notes["with_features"], notes["cut"]) == (7, 3, 4, 2)
    assert notes["left_out"] == [{"reason": "no file in features/", "count": 3, "first": ["5", "1002", "1003"]}]
    assert notes["agreement"]["up to 1000"]["agrees"]
    assert corpus.clips["group"].tolist() == ["Ann", "Ann", "Bob", "1001", "1002", "1003", "2001"]


def test_whole_songs_are_cut_to_the_excerpt(archive):
    item = import_corpus("deam", archive).input()
    means = dict(zip(item.clip_ids, item.values, strict=True))
    assert np.allclose(means["2"], frame_file("2", 200).iloc[40:128, 1:].mean(), rtol=1e-12)  # from 0.2 = 20 s
    assert np.allclose(means["3"], frame_file("3", 100).iloc[10:98, 1:].mean(), rtol=1e-12)
    assert np.allclose(means["2001"], frame_file("2001", 120).iloc[:, 1:].mean(), rtol=1e-12)


@pytest.mark.parametrize(("text", "seconds"), [("1.29", 89), ("1.3", 90), ("0.05", 5), ("2", 120), ("0.5", 50)])
def test_minutes_and_seconds(text, seconds):
    assert parse_start(text, METADATA, "2") == seconds


@pytest.mark.parametrize(("rule", "repaired", "wrong"), [("none", 0, "up to 1000"), ("all", 7, "above 1000")])
def test_other_repairs_are_done_but_noted(archive, rule, repaired, wrong):
    notes = import_corpus("deam", archive, ImportOptions(repair=rule)).notes
    assert notes["repaired"] == repaired
    assert not notes["agreement"][wrong]["agrees"]


def test_a_repair_that_the_dynamic_annotations_contradict_stops(archive):
    path = archive / STATIC / "static_annotations_averaged_songs_1_2000.csv"
    frame = pd.read_csv(path, skipinitialspace=True)
    of_2013 = frame["song_id"] <= 1000
    columns = ["valence_mean", "arousal_mean"]
    frame.loc[of_2013, columns] = frame.loc[of_2013, columns[::-1]].to_numpy()  # a mended archive
    frame.to_csv(path, index=False)
    with pytest.raises(RaymerError, match="contradict the repair 2013_only for song ids up to 1000"):
        import_corpus("deam", archive)


def test_without_dynamic_annotations_nothing_is_checked(archive):
    shutil.rmtree(archive / DYNAMIC)
    assert import_corpus("deam", archive).notes["agreement"] == {"checked": False}


def break_column(archive):
    frame_file("2", 200).drop(columns=FEATURES[7]).to_csv(archive / "features" / "2.csv", sep=";", index=False)


def break_cell(archive):
    frame = frame_file("2", 200).astype(object)
    frame.loc[60, FEATURES[3]] = "loud"
    frame.to_csv(archive / "features" / "2.csv", sep=";", index=False)


def break_label(archive):
    path = archive / STATIC / "static_annotations_averaged_songs_1_2000.csv"
    path.write_text(path.read_text().replace("1002,7.0", "1002,nan"))


def break_start(archive):
    (archive / METADATA).unlink()


def break_features(archive):
    for path in (archive / "features").iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (break_column, f"2.csv: column '{FEATURES[7]}' is missing"),
        (break_cell, f"2.csv: line 62, column '{FEATURES[3]}': 'loud' is not a finite number"),
        (break_label, "row of '1002', column 'valence_mean': 'nan' is not a finite number"),
        (break_start, "covers a whole song"),
        (break_features, "has a file for none of the 7 annotated songs"),
        (lambda archive: shutil.rmtree(archive / "features"), "features is missing"),
        (lambda archive: shutil.rmtree(archive / STATIC), "is not DEAM's archive"),
    ],
)
def test_bad_archives_are_told_in_one_line(archive, damage, message):
    damage(archive)
    with pytest.raises(RaymerError) as caught:
        import_corpus("deam", archive)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def ready_table(archive, **changes):
    table = pd.DataFrame(np.arange(520.0).reshape(2, 260), columns=list(FEATURES))
    table.insert(0, "song_id", [1001, 3])
    table["frames_used"] = 88
    table = table.drop(columns=changes.get("drop", []))
    path = archive / "table.parquet"
    table.to_parquet(path)
    return ImportOptions(features_table=path)


def test_a_features_table_takes_the_place_of_frame_files(archive):
    corpus = import_corpus("deam", archive, ready_table(archive))
    item = corpus.input()
    assert item.clip_ids.tolist() == ["3", "1001"]  # in the order of the clip table
    assert item.values[:, 0].tolist() == [260.0, 0.0]
    assert item.columns == FEATURES
    assert corpus.notes["ignored_columns"] == ["frames_used"]


def test_a_features_table_must_be_whole(archive):
    with pytest.raises(RaymerError, match="feature column .* is missing"):
        import_corpus("deam", archive, ready_table(archive, drop=[FEATURES[0]]))


def test_wrong_options(archive):
    with pytest.raises(UsageError, match="--repair 'some' is unknown"):
        import_corpus("deam", archive, ImportOptions(repair="some"))
    with pytest.raises(UsageError, match="would ignore targets"):
        import_corpus("deam", archive, ImportOptions(targets=("valence",)))
    with pytest.raises(UsageError, match="unknown corpus 'daem': did you mean 'deam'"):
        import_corpus("daem", archive)
    with pytest.raises(UsageError, match="does not exist"):
        import_corpus("deam", archive / "nowhere")


def test_written_and_read_it_is_the_same(archive, tmp_path):
    corpus = import_corpus("deam", archive)
    write_corpus(corpus, tmp_path / "C")
    read = load_corpus(tmp_path / "C")
    assert read.fingerprint == corpus.fingerprint
    assert read.input().fingerprint == corpus.input().fingerprint
    assert read.notes == corpus.notes


@pytest.mark.real
def test_the_real_archive(real_data):
    table = ImportOptions(features_table=real_data / "tables" / "deam_260_excerpt_means.parquet")
    ready = import_corpus("deam", real_data / "deam", table)
    assert (ready.notes["annotated"], ready.notes["repaired"], ready.notes["with_features"]) == (1802, 744, 1050)
    raw = import_corpus("deam", real_data / "deam")
    assert (raw.notes["with_features"], raw.notes["cut"]) == (29, 14)
    row_of = {clip: row for row, clip in enumerate(ready.input().clip_ids)}
    expected = ready.input().values[[row_of[clip] for clip in raw.input().clip_ids]]
    assert np.allclose(raw.input().values, expected, rtol=1e-6, atol=0)


@pytest.mark.real
def test_the_real_repair_agrees_with_emomusic(real_data):
    table = ImportOptions(features_table=real_data / "tables" / "deam_260_excerpt_means.parquet")
    deam = import_corpus("deam", real_data / "deam", table).clips.set_index("clip_id")
    emo = import_corpus("mediaeval2013", real_data / "mediaeval2013", table)
    assert (emo.notes["annotated"], emo.notes["with_features"], emo.notes["artists"]) == (744, 629, 411)
    joined = emo.clips.set_index("clip_id").join(deam.add_suffix("_deam"))
    assert len(joined) == 744
    for target in ("valence", "arousal"):
        assert joined[target].corr(joined[f"{target}_deam"]) > 0.999
