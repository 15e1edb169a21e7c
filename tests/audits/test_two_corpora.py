"""Two corpora: shared clips by id, title, features and sound; exchanged labels; fixed splits across them."""

from dataclasses import replace

import numpy as np
import pytest
from support import records

import raymer
from raymer.audits.given import read_splits
from raymer.corpora.base import Input
from raymer.corpora.folder import write_corpus
from raymer.corpora.info import ImportOptions
from raymer.corpora.registry import import_corpus
from raymer.corpora.synthetic import make_synthetic
from raymer.errors import RaymerError, UsageError

SHARED = 40


@pytest.fixture(scope="module")
def first():
    corpus = make_synthetic(80, 12, seed=4)
    titles = [f"Song {row}" for row in range(80)]
    return replace(corpus, name="first", clips=corpus.clips.assign(title=titles))


def second_of(first, *, ids=None, exchanged=False, keep_title=True):
    """Return a corpus whose first 40 clips are the first 40 of `first`, under other ids, and 40 clips of its own."""
    other = make_synthetic(80, 12, seed=5)
    clips, item = other.clips.copy(), other.input()
    values = item.values.copy()
    values[:SHARED] = first.input().values[:SHARED]
    for name, source in (
        (("valence", "arousal"), ("arousal", "valence"))
        if exchanged
        else zip(*2 * [("valence", "arousal")], strict=True)
    ):
        clips.loc[: SHARED - 1, name] = first.clips[source].to_numpy()[:SHARED]
    clips.loc[: SHARED - 1, "group"] = [f"The {group}!".upper() for group in first.clips["group"][:SHARED]]
    clips.loc[SHARED:, "group"] = [f"other {row}" for row in range(80 - SHARED)]
    names = np.array(ids if ids is not None else [f"other{row}" for row in range(80)])
    clips["clip_id"] = names
    if keep_title:
        clips["title"] = [f"song  {row}" if row < SHARED else f"Else {row}" for row in range(80)]
    return replace(other, name="second", clips=clips, inputs={item.name: Input(item.name, names, values, item.columns)})


def codes(made):
    return {finding.code for finding in made.findings}


def test_clips_are_found_by_title_and_by_features(first):
    made = raymer.audit(first, second_of(first))
    assert made.overlap.ways == {"id": 0, "title and artist": SHARED, "features": SHARED}
    assert made.overlap.pairs[0] == ("s00000", "other0")
    assert "spectrograms" in made.overlap.not_applicable["sound"]
    assert made.overlap.agreement["valence"]["valence"] == 1.0
    assert "shared-clips" in codes(made)
    assert "exchanged-labels" not in codes(made)


def test_features_alone_are_enough(first):
    made = raymer.audit(first, second_of(first, keep_title=False))
    assert len(made.overlap.pairs) == SHARED
    assert "keeps no title" in made.overlap.not_applicable["title and artist"]


def test_exchanged_labels_are_found(first):
    made = raymer.audit(first, second_of(first, exchanged=True))
    found = next(finding for finding in made.findings if finding.code == "exchanged-labels")
    assert found.severity == "would change a score"
    assert "r(valence, arousal) is 1.000" in found.message


def test_equal_ids_of_other_clips_are_no_shared_clips(first):
    other = make_synthetic(80, 12, seed=9)
    made = raymer.audit(first, replace(other, name="other"))
    assert made.overlap.pairs == ()
    assert "same-ids" in codes(made)
    assert "shared-clips" not in codes(made)


def test_labels_that_disagree_are_told(first):
    other = second_of(first)
    clips = other.clips.copy()
    clips["valence"] = np.random.default_rng(0).permutation(clips["valence"])
    assert "labels-disagree" in codes(raymer.audit(first, replace(other, clips=clips)))


def test_fixed_splits_are_held_against_each_other(first, cli, tmp_path):
    other = second_of(first)
    write_corpus(first, tmp_path / "A")
    write_corpus(other, tmp_path / "B")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "test.txt").write_text("\n".join(f"s{row:05d}" for row in range(0, 20)))
    (tmp_path / "a" / "train.txt").write_text("\n".join(f"s{row:05d}" for row in range(20, 80)))
    rows = [f"other{row},{'train' if row < 7 else 'test'}" for row in range(80)]
    (tmp_path / "b.csv").write_text("\n".join(["id,split", *rows]))
    words = ("audit", tmp_path / "A", tmp_path / "B", "--splits", tmp_path / "a", "--other-splits", tmp_path / "b.csv")
    found = records(cli(*words, "--json"))
    across = [finding for finding in found["findings"] if finding["code"] == "split-across"]
    assert (across[0]["count"], across[0]["total"]) == (7, 20)
    assert found["overlap"]["shared"] == SHARED
    shown = cli(*words).stdout
    assert "7 of 20 test clips of first lie in second's train list" in shown
    assert "first and second share 40 clips" in shown


def test_a_given_split_that_divides_artists_is_told(first):
    splits = {"train": tuple(first.clips["clip_id"][1:]), "test": ("s00000", "s00001", "s99999")}
    messages = [
        finding.message for finding in raymer.audit(first, splits=splits).findings if finding.code == "given-split"
    ]
    assert any("1 ids of the splits are no clips" in message for message in messages)
    assert any("1 test clips are in train too" in message for message in messages)
    assert any("1 of 3 test clips have their artist in train" in message for message in messages)


def test_splits_that_cannot_be_read_are_refused_in_one_line(tmp_path, cli, corpus_folder):
    with pytest.raises(UsageError, match="is missing"):
        read_splits(tmp_path / "nowhere")
    with pytest.raises(RaymerError, match="holds no list"):
        read_splits(tmp_path)
    (tmp_path / "one.csv").write_text("id\n1\n")
    with pytest.raises(RaymerError, match="two columns"):
        read_splits(tmp_path / "one.csv")
    refused = cli("audit", corpus_folder, "--other-splits", tmp_path / "one.csv")
    assert (refused.exit_code, "would have no effect" in refused.stderr) == (2, True)


def test_deam_and_emomusic(real_data):
    table = real_data / "tables" / "deam_260_excerpt_means.parquet"
    deam = import_corpus("deam", real_data / "deam", ImportOptions(features_table=table, repair="none"))
    emomusic = import_corpus("mediaeval2013", real_data / "mediaeval2013", ImportOptions(features_table=table))
    lists = [read_splits(real_data / "splits" / name) for name in ("emomusic", "deam")]
    made = raymer.audit(emomusic, deam, splits=lists[0], other_splits=lists[1])
    assert len(made.overlap.pairs) == 744
    assert made.overlap.ways == {"id": 744, "title and artist": 744, "features": 629}
    assert "exchanged-labels" in codes(made)
    across = next(finding for finding in made.findings if finding.code == "split-across")
    assert (across.count, across.total) == (82, 125)
    assert across.message.startswith("82 of 125 test clips of mediaeval2013")
