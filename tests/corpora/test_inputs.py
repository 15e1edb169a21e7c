"""Adding an input to a corpus folder leaves the rest of the folder alone."""

import numpy as np
import pytest

from raymer.corpora.base import Input
from raymer.corpora.folder import load_corpus
from raymer.corpora.inputs import add_input
from raymer.errors import RaymerError


def test_an_input_is_added_and_replaced(corpus_folder):
    (corpus_folder / "features").mkdir()
    (corpus_folder / "features" / "kept").write_text("x")
    before = load_corpus(corpus_folder)
    ids = before.clips["clip_id"].to_numpy(dtype=str)[:5]
    for value in (1.0, 2.0):
        add_input(corpus_folder, Input("more", ids, np.full((5, 2), value), ("a", "b")))
        after = load_corpus(corpus_folder)
        assert after.fingerprint == before.fingerprint
        assert after.input("features").fingerprint == before.input("features").fingerprint
        assert (after.input("more").values == value).all()
        assert after.input("more").clip_ids.tolist() == ids.tolist()
    assert (corpus_folder / "features" / "kept").is_file()
    assert list(corpus_folder.rglob(".*")) == []


def test_an_input_of_unknown_clips_is_refused(corpus_folder):
    with pytest.raises(RaymerError, match="which is no clip"):
        add_input(corpus_folder, Input("more", np.array(["nobody"]), np.ones((1, 1)), ("a",)))
    assert set(load_corpus(corpus_folder).inputs) == {"features"}
