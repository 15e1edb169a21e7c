"""What lies on disk and does not fit is one line: the file, the field, what was expected, and what to do."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raymer.corpora.folder import load_corpus
from raymer.errors import RaymerError
from raymer.features.shards import ShardInfo
from raymer.records import read_record

SHARD = {"file": "part-0000.parquet", "clips": 1, "frames": 2, "content": "x", "broken": []}


def test_a_record_of_nested_dataclasses_is_read_whole():
    broken = {"clip_id": "a", "file": "a.wav", "reason": "empty"}
    made = read_record(ShardInfo, json.dumps({**SHARD, "broken": [broken]}), "S", "build again")
    assert (made.frames, made.broken[0].reason) == (2, "empty")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "S is damaged: it is no JSON"),
        ("[]", "S is damaged: it should be an object"),
        (json.dumps({**SHARD, "clips": "1"}), "S is damaged: clips should be a valid integer, not '1': build again"),
        (json.dumps({**SHARD, "clips": None}), "S is damaged: clips should be a valid integer, not None: build again"),
        (json.dumps({**SHARD, "more": 1}), "S is damaged: more is no key that is known: build again"),
        (json.dumps({**SHARD, "broken": [{"file": "x"}]}), "S is damaged: broken.0.clip_id is missing: build again"),
        ('{"clips": NaN}', "S is damaged: it is no JSON"),
        ("[" * 100_000, "S is damaged: it is no JSON"),
    ],
)
def test_what_does_not_fit_is_one_line(text, said):
    with pytest.raises(RaymerError) as caught:
        read_record(ShardInfo, text, "S", "build again")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", ["clips.parquet", "inputs/features.parquet"])
@pytest.mark.parametrize("spoil", ["cut", "column", "type", "rows"])
def test_a_spoilt_table_of_a_corpus_is_one_line_that_names_it(corpus_folder, file, spoil):
    path = corpus_folder / file
    table = pq.read_table(path)
    if spoil == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    elif spoil == "column":
        pq.write_table(table.remove_column(0), path)
    elif spoil == "type":
        pq.write_table(table.set_column(1, table.column_names[1], pa.array([[1.0]] * len(table))), path)
    else:
        pq.write_table(table.slice(1), path)
    with pytest.raises(RaymerError, match=r"import again$") as caught:
        load_corpus(corpus_folder)
    assert "\n" not in str(caught.value)
