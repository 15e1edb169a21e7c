"""Nine kinds of tables as people publish them: imported as they lie, run, and scored as scikit-learn scores them."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, SVR

ROWS = 48


def numbers():
    """Features (48, 5) and a label that some of them carry."""
    rng = np.random.default_rng(4)
    X = np.round(rng.normal(size=(ROWS, 5)), 4)
    return X, np.round(X[:, 0] - 0.5 * X[:, 1] + 0.4 * rng.normal(size=ROWS), 4)


def plain(X, y, name="valence"):
    table = pd.DataFrame(X, columns=[f"f{k}" for k in range(X.shape[1])])
    return table.assign(**{name: y})


def ids(form="s{}"):
    return [form.format(k) for k in range(ROWS)]


def tabs_and_nan(folder):
    X, y = numbers()
    X[3, 1] = X[9, 4] = np.nan
    plain(X, y).assign(song=ids()).to_csv(folder / "t.csv", sep="\t", index=False)
    return X, y, ["--id", "song", "--target", "valence"]


def classes_of_slices(folder):
    X, y = numbers()
    moods = np.where(y > np.median(y), "happy", "sad")
    song = [f"song{k // 3}.{k % 3}" for k in range(ROWS)]
    plain(X, moods, "mood").assign(clip=song).to_csv(folder / "t.csv", index=False)
    return X, moods, ["--id", "clip", "--target", "mood", "--group-from", "(.*)[.][0-9]+"]


def no_id(folder):
    X, y = numbers()
    plain(X, y).to_csv(folder / "t.csv", index=False)
    return X, y, ["--number-rows", "--target", "valence"]


def text_columns(folder):
    X, y = numbers()
    titles = [f"Song no. {k}, live" for k in range(ROWS)]
    plain(X, y).assign(id=ids(), title=titles, album="Hits").to_csv(folder / "t.csv", index=False)
    return X, y, ["--target", "valence"]


def list_column(folder):
    X, y = numbers()
    pd.DataFrame({"id": ids(), "valence": y, "embedding": X.tolist()}).to_parquet(folder / "t.parquet")
    return X, y, ["--target", "valence"]


def two_ids_and_raters(folder):
    X, y = numbers()
    table = plain(X, y).assign(test=[f"a{k // 8}" for k in range(ROWS)], item=[f"i{k % 8}" for k in range(ROWS)])
    low, high = table.assign(rater="p", valence=y - 0.25), table.assign(rater="q", valence=y + 0.25)
    pd.concat([low, high]).to_csv(folder / "t.csv", index=False)
    return X, y, ["--id", "test", "--id", "item", "--target", "valence", "--mean-over", "rater"]


def semicolons_and_commas(folder):
    X, y = numbers()
    plain(X, y).assign(song=ids()).to_csv(folder / "t.csv", sep=";", decimal=",", index=False)
    return X, y, ["--id", "song", "--target", "valence"]


def ids_with_zeros(folder):
    X, y = numbers()
    pd.DataFrame({"song": ids("{}"), "valence": y}).to_csv(folder / "labels.csv", index=False)
    features = pd.DataFrame(X, columns=list("abcde")).assign(song=ids("{:05d}"))
    features.to_csv(folder / "t.csv", index=False)
    more = ["--labels", str(folder / "labels.csv"), "--strip-zeros"]
    return X, y, ["--id", "song", "--target", "valence", *more]


def parquet_index(folder):
    X, y = numbers()
    plain(X, y).set_index(pd.Index(ids(), name="track_id")).to_parquet(folder / "t.parquet")
    return X, y, ["--target", "valence"]


KINDS = (
    tabs_and_nan, classes_of_slices, no_id, text_columns, list_column, two_ids_and_raters, semicolons_and_commas,
    ids_with_zeros, parquet_index,
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_public_table_is_imported_as_it_lies_and_scored_as_scikit_learn_scores_it(kind, cli, tmp_path):
    X, y, words = kind(tmp_path)
    source = next(path for path in (tmp_path / "t.csv", tmp_path / "t.parquet") if path.exists())
    made = cli("import", "table", source, "-o", tmp_path / "C", *words)
    assert made.exit_code == 0, made.stderr
    target, is_class = words[words.index("--target") + 1], y.dtype.kind == "U"
    corpus = json.loads((tmp_path / "C" / "corpus.json").read_text())
    steps = "impute, scale" if np.isnan(X).any() else "scale"
    (tmp_path / "e.yaml").write_text(
        f"name: e\ntitle: e\ncorpus: {corpus['name']}\ntargets: [{target}]\n"
        f"metric: {'accuracy' if is_class else 'r2'}\nprotocols: {{p: {{kind: kfold, folds: 4, seed: 0}}}}\n"
        f"systems: [{{system: S, steps: [{steps}, {'svc' if is_class else 'svr'}]}}]\n"
    )
    ran = cli("run", tmp_path / "e.yaml", "-c", tmp_path / "C", "-s", tmp_path / "S", "--serial", "--json")
    assert ran.exit_code == 0, ran.stderr
    before = [SimpleImputer(strategy="median")] if np.isnan(X).any() else []
    peer = SVC() if is_class else TransformedTargetRegressor(SVR(), transformer=MinMaxScaler((-1, 1)))
    scores = []
    for train, test in KFold(4, shuffle=True, random_state=0).split(X):
        found = make_pipeline(*before, StandardScaler(), peer).fit(X[train], y[train]).predict(X[test])
        scores.append((accuracy_score if is_class else r2_score)(y[test], found))
    assert json.loads(ran.stdout)[0]["mean"] == pytest.approx(np.mean(scores), abs=1e-9)
