"""Every experiment of the second paper runs on what the importer of its corpus makes: tiny archives, tiny networks."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from corpora.audio_archives import table, tone

from raymer.corpora.emotify import EMOTIONS
from raymer.corpora.folder import write_corpus
from raymer.corpora.registry import import_corpus
from raymer.engine.data import build_features
from raymer.engine.machine import SERIAL
from raymer.experiments.loading import experiment_names, load_experiment
from raymer.features.logmel import LogMel

N = 12


def ratings(k: int) -> str:
    return ",".join(str(int((k + place) % 3 == 0)) for place in range(len(EMOTIONS)))


def write_emotify(src: Path) -> None:
    table(
        src / "data.csv",
        ",".join(["track id", "genre", *EMOTIONS]),
        *(f"{k + 1},classical,{ratings(k)}" for k in range(N)),
    )
    for k in range(N):
        sound(src / f"audio/classical/{k + 1}.wav", k)


def write_mediaeval2013(src: Path) -> None:
    header = "song_id,mean_arousal,std_arousal,mean_valence,std_valence"
    table(src / "static_annotations.csv", header, *(f"{k},{1 + k % 7},1,{9 - k % 5},1" for k in range(N)))
    table(src / "songs_info.csv", "song_id,Artist", *(f"{k},band {k}" for k in range(N)))
    for k in range(N):
        sound(src / f"clips_45seconds/{k}.wav", k)


def write_gtzan(src: Path) -> None:
    for k in range(N):
        genre = ("blues", "jazz")[k % 2]
        sound(src / f"genres/{genre}/{genre}.{k:05d}.wav", k)


def write_ballroom(src: Path) -> None:
    for k in range(N):
        sound(src / f"BallroomData/{('Tango', 'Waltz')[k % 2]}/Media-{100 + k}001.wav", k)


def write_lastfm(src: Path) -> None:
    table(src / "labels.csv", "id,label", *(f"{k},{('happy', 'sad')[k % 2]}" for k in range(N)))
    for k in range(N):
        sound(src / f"audio/{k}.wav", k)


def sound(path: Path, k: int) -> None:
    tone(path, frequency=200.0 + 100 * k, seconds=0.4)


WRITERS: dict[str, Callable[[Path], None]] = {
    "emotify": write_emotify,
    "mediaeval2013": write_mediaeval2013,
    "gtzan": write_gtzan,
    "ballroom": write_ballroom,
    "lastfm": write_lastfm,
}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """Return what gives a corpus folder with log-mel features by the corpus' name, made when first asked for."""
    root = tmp_path_factory.mktemp("corpora")

    def folder(name: str) -> Path:
        if not (root / name).is_dir():
            WRITERS[name](root / f"{name}-archive")
            corpus = import_corpus(name, root / f"{name}-archive")
            assert len(corpus.clips) == N
            write_corpus(corpus, root / name)
            build_features(
                corpus, LogMel(sample_rate=8000, n_fft=512, n_bins=10), root / name / "features", machine=SERIAL
            )
        return root / name

    return folder


@pytest.mark.parametrize("name", [name for name in experiment_names() if name.startswith("jakubik2018-")])
def test_it_runs_from_its_importer(name, corpora, cli, tmp_path):
    spec = load_experiment(name).model_dump(mode="json", exclude_none=True)
    spec |= {"epochs": 1, "every": 1}
    spec["protocols"] = {
        key: rule | ({"count": 2, "train_share": 0.5} if "count" in rule else {"folds": 2})
        for key, rule in spec["protocols"].items()
    }
    for system in spec["systems"]:
        system["reducer"] |= {"hidden": [3, 2], "excerpt": 6}
    for claim in spec.get("published_verdicts", ()):
        claim["epoch"] = 1
    small = tmp_path / "small.yaml"
    small.write_text(yaml.safe_dump(spec))
    result = cli("run", small, "-c", corpora(spec["corpus"]), "-s", tmp_path / "S", "--serial", "--json")
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert {row["system"] for row in rows} == {system["system"] for system in spec["systems"]}
    assert {row["folds"] for row in rows} == {2}
    if spec["metric"] == "accuracy":
        assert all(0 <= row["mean"] <= 1 for row in rows)
