"""One reader of tables: what people have is read as what it is, or refused in one line that says what to do."""

import numpy as np
import pandas as pd
import pytest
from tables_made import N, plain_frame, written

from raymer.corpora.info import ImportOptions
from raymer.corpora.registry import import_corpus
from raymer.errors import RaymerError, UsageError

BOTH = ImportOptions(id_column="song", targets=("valence", "arousal"), group_column="artist")


@pytest.mark.parametrize(
    ("name", "how", "words"),
    [
        ("mine.csv", {}, []),
        ("mine.tsv", {"sep": "\t"}, ["separated by tabs"]),
        ("mine.csv", {"sep": "\t"}, ["separated by tabs"]),
        ("mine.csv", {"sep": "|"}, ["separated by bars"]),
        ("mine.csv", {"sep": ";", "decimal": ","}, ["separated by semicolons", "decimal commas"]),
        ("mine.csv", {"decimal": ",", "quoting": 1}, ["decimal commas"]),
        ("mine.csv", {"encoding": "utf-8-sig"}, []),
        ("mine.csv", {"encoding": "utf-16"}, ["utf-16"]),
        ("mine.csv", {"encoding": "utf-16-le"}, ["utf-16-le"]),
        ("mine.csv.gz", {}, ["gzip"]),
        ("mine.csv", {"lineterminator": "\r\n"}, []),
        ("mine.csv", {"quoting": 1}, []),
    ],
)
def test_every_dialect_gives_the_same_corpus(tmp_path, name, how, words):
    frame = plain_frame()
    frame["artist"] = [f"Künstlér {text}" for text in frame["artist"]]
    expected = import_corpus("table", written(tmp_path, frame, "mine.parquet"), BOTH)
    found = import_corpus("table", written(tmp_path, frame, name, **how), BOTH)
    assert found.name == "mine"
    assert found.fingerprint == expected.fingerprint
    assert found.input().fingerprint == expected.input().fingerprint
    assert found.notes.get("read_as", []) == words


def test_what_is_not_utf8_is_named_with_its_place_and_the_option(tmp_path):
    frame = plain_frame()
    frame["artist"] = "Künstler " + frame["artist"]
    path = written(tmp_path, frame, encoding="latin-1")
    with pytest.raises(UsageError, match=r"not UTF-8 \(byte 0xFC in line 2\).*encoding='latin-1'"):
        import_corpus("table", path, BOTH)
    options = ImportOptions(id_column="song", targets=("valence", "arousal"), group_column="artist", encoding="latin-1")
    assert import_corpus("table", path, options).clips["group"][0] == "Künstler artist 0"


def test_a_bad_byte_far_down_is_found_too(tmp_path):
    path = written(tmp_path, plain_frame(n=30000))
    raw = path.read_bytes()
    path.write_bytes(raw[:-20] + b"\xff" + raw[-19:])
    with pytest.raises(UsageError, match=r"not UTF-8 \(byte 0xFF in line 30001\)"):
        import_corpus("table", path, BOTH)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("song,x;joy\n" + "".join(f"{k},{k * k % 7};{k % 5 + 0.5}\n" for k in range(9)), "separator="),
        ("song;x;joy\n" + "".join(f"{k};1,23{k};{k}.5\n" for k in range(9)), "decimal="),
        ("song;x;joy\n" + "".join(f"{k};1,23{k};{k * k % 8}\n" for k in range(9)), "thousand"),
        ("song,joy\n1,2\n2,3,4\n", "line 3 has 3 cells, the header 2"),
        ("", "is empty"),
        ("song,joy\n", "has no row"),
        ("PK\x03\x04rest", "Excel"),
        ("song,joy, joy\n1,2,3\n", "two columns are called 'joy' (but for blanks), the 2nd and the 3rd"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path, text, message):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(RaymerError) as caught:
        import_corpus("table", path, ImportOptions(id_column="song", targets=("joy",)))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_excel_separator_line_and_row_names_of_r(tmp_path):
    frame = plain_frame()
    path = tmp_path / "mine.csv"
    path.write_text("sep=;\n" + frame.to_csv(sep=";", index=False))
    assert import_corpus("table", path, BOTH).input().columns == ("f0", "f1", "f2", "f3", "f4")
    lines = frame.to_csv(sep="\t", index=True).splitlines()
    path.write_text("\n".join([lines[0].lstrip("\t"), *lines[1:]]))
    found = import_corpus("table", path, BOTH)
    assert found.input().columns == ("f0", "f1", "f2", "f3", "f4")
    assert "unnamed_1" in found.notes["columns"]["ignored"]


def test_quotes_blanks_and_zeros_in_ids_are_kept(tmp_path):
    frame = plain_frame()
    frame["song"] = [f"{k:04d}" for k in range(N)]
    frame["title"] = [f'Song, "{k}"' for k in range(N)]
    found = import_corpus("table", written(tmp_path, frame), BOTH)
    assert found.clips["clip_id"][3] == "0003"
    assert found.clips["title"][3] == 'Song, "3"'
    assert found.kept == ("title",)


def test_the_named_index_of_a_parquet_file_is_a_column(tmp_path):
    frame = plain_frame().set_index("song")
    path = written(tmp_path, frame, "mine.parquet")
    options = ImportOptions(targets=("valence", "arousal"), group_column="artist")
    assert import_corpus("table", path, options).clips["clip_id"][0] == "c000"


def test_a_list_column_is_an_input_of_its_own(tmp_path):
    frame = plain_frame()
    X = frame[[f"f{k}" for k in range(5)]].to_numpy()
    frame = frame.drop(columns=[f"f{k}" for k in range(5)]).assign(embedding=list(X))
    corpus = import_corpus("table", written(tmp_path, frame, "mine.parquet"), BOTH)
    item = corpus.input("embedding")
    assert item.columns[0] == "embedding.0"
    assert (item.values == X).all()
    assert item.made_by["column"] == "embedding"
    frame.at[7, "embedding"] = np.ones(6)
    with pytest.raises(RaymerError, match="embedding has 5 numbers in c000 and 6 in c007"):
        import_corpus("table", written(tmp_path, frame, "mine.parquet"), BOTH)


def test_ids_and_names_fit_without_regard_to_case_where_one_column_does(tmp_path):
    frame = plain_frame().rename(columns={"song": "ID", "valence": "Valence"})
    path = written(tmp_path, frame)
    options = ImportOptions(targets=("valence", "arousal"), group_column="ARTIST")
    assert [target.name for target in import_corpus("table", path, options).targets] == ["Valence", "arousal"]
    frame["valence"] = frame["Valence"]
    with pytest.raises(UsageError, match="'VALENCE' may be 'Valence' or 'valence'"):
        import_corpus("table", written(tmp_path, frame), ImportOptions(targets=("VALENCE",)))


def test_ids_of_several_columns_with_a_row_a_rater(tmp_path):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(30, 3))
    rows = [
        (f"t{k // 10}", k % 10, f"r{r}", *X[k], int(rng.integers(1, 9)), 20 + int(rng.integers(40)))
        for k in range(30)
        for r in range(4)
    ]
    frame = pd.DataFrame(rows, columns=["test", "item", "rater", "a", "b", "c", "joy", "age"])
    path = written(tmp_path, frame)
    plain = {"id_column": ("test", "item"), "targets": ("joy",)}
    with pytest.raises(RaymerError, match=r"stands twice, in lines 2 and 3 \(120 rows, 30 ids\): mean_over=COLUMN"):
        import_corpus("table", path, ImportOptions(**plain))
    corpus = import_corpus("table", path, ImportOptions(**plain, mean_over="rater", ignore=("age",)))
    assert corpus.clips["clip_id"][11] == "t1_1"
    assert (corpus.clips["rows_averaged"] == 4).all()
    assert np.allclose(corpus.input().values, X)
    assert np.allclose(corpus.clips["joy"], frame["joy"].to_numpy().reshape(30, 4).mean(axis=1))
    assert corpus.clips["test"][11] == "t1"


def test_rows_can_be_numbered(tmp_path):
    path = written(tmp_path, plain_frame().drop(columns="song"))
    options = {"targets": ("valence", "arousal"), "group_column": "artist"}
    with pytest.raises(UsageError, match=r"id=COLUMN, or number_rows=True"):
        import_corpus("table", path, ImportOptions(**options))
    found = import_corpus("table", path, ImportOptions(**options, number_rows=True))
    assert found.clips["clip_id"].tolist()[:3] == ["1", "2", "3"]


@pytest.mark.parametrize("head", ["# made on Monday\n", "# song, valence: by hand, twice, in May, at home, all\n#\n\n"])
def test_comments_at_the_head_are_left_out_and_said(tmp_path, head):
    path = written(tmp_path, plain_frame())
    plain = import_corpus("table", path, BOTH)
    path.write_text(head + path.read_text())
    found = import_corpus("table", path, BOTH)
    assert found.input().fingerprint == plain.input().fingerprint
    assert found.notes["read_as"] == [
        f"without {head.count('#')} lines of comment (#) at its head".replace("1 lines", "1 line")
    ]
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\nc,1\n")
    with pytest.raises(RaymerError, match=f"line {len(path.read_text().splitlines())} has 2 cells"):
        import_corpus("table", path, BOTH)


def test_a_header_may_begin_with_the_mark_of_comments(tmp_path):
    path = written(tmp_path, plain_frame())
    path.write_text("# two words\n#" + path.read_text())
    options = ImportOptions(id_column="#song", targets=("valence", "arousal"), group_column="artist")
    assert len(import_corpus("table", path, options).clips) == N


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[{"song": 1}]', "JSON, no table"),
        ('{"song": {"0": 1}}\n', "JSON, no table"),
        ("[\n  1\n]", "JSON, no table"),
        ("@RELATION emotions\n@ATTRIBUTE a numeric\n", "ARFF.*-csvoutput"),
        ("<!DOCTYPE html>\n<html>", "a page in the place of a download"),
    ],
)
def test_text_that_is_no_table_is_named(tmp_path, text, what):
    (tmp_path / "mine.csv").write_text(text)
    with pytest.raises(RaymerError, match=what):
        import_corpus("table", tmp_path / "mine.csv", BOTH)


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"\x93NUMPY\x01\x00", "raymer add C FILE"), (b"\x80\x02}q", "never read"), (b"MATLAB 5.0 MAT-file", "MATLAB")],
)
def test_files_of_other_programs_are_named(tmp_path, data, what):
    (tmp_path / "mine.csv").write_bytes(data + bytes(200))
    with pytest.raises(RaymerError, match=what):
        import_corpus("table", tmp_path / "mine.csv", BOTH)


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_column_names_alone_are_no_table(tmp_path, end):
    (tmp_path / "mine.csv").write_text("song,valence,f0" + end)
    with pytest.raises(RaymerError, match="mine.csv has no row: only column names stand in it"):
        import_corpus("table", tmp_path / "mine.csv", BOTH)
