"""Every experiment that comes with raymer is read and planned; every misspelling is told."""

import csv

import pytest

from raymer.errors import UsageError
from raymer.experiments.loading import experiment_names, load_experiment, parse_experiment
from raymer.experiments.spec import ProtocolSpec

GOOD = """
name: t
title: t
corpus: synthetic
targets: [valence]
protocols: {folds: {folds: 3}}
systems:
  - {system: TNN-SVR, method: tnn-svr, reducer: {width: 4}, published: {valence: {mean: 0.3}}}
"""


@pytest.mark.parametrize("name", experiment_names())
def test_every_experiment_is_whole(name):
    spec = load_experiment(name)
    assert spec.name == name
    assert spec.title
    names = [(s.system, s.reducer.get("width")) for s in spec.systems]
    assert len(set(names)) == len(names), "two rows cannot be told apart"
    if spec.source:
        assert spec.not_mentioned, "what a paper leaves open is said, with what was chosen"
        published = {frozenset(s.published) for s in spec.systems}
        assert published in ({frozenset(spec.targets)}, {frozenset()}), "numbers for all rows and targets, or for none"


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "file"), [("cheuk2020-deam", "deam_r2.csv"), ("cheuk2020-mediaeval2013", "mediaeval2013_r2.csv")]
)
def test_published_numbers_are_those_of_the_papers(name, file, real_data):
    spec = load_experiment(name)
    with (real_data.parent / "published" / file).open() as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == len(spec.systems)
    for row, system in zip(rows, spec.systems, strict=True):
        assert system.system == row["system"]
        assert system.reducer.get("width", int(row["n_features"])) == int(row["n_features"])
        for target in spec.targets:
            published = system.published[target]
            assert published.mean == float(row[f"{target}_r2"])
            assert published.sd == (float(row[f"{target}_sd"]) if row[f"{target}_sd"] else None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("corpus:", "corpsu:", "corpsu: unknown key 'corpsu': did you mean 'corpus'?"),
        ("reducer:", "reducr:", "unknown key 'reducr': did you mean 'reducer'?"),
        ("width", "widht", "tnn: unknown parameter 'widht': did you mean 'width'?"),
        ("tnn-svr", "tnn-svrr", "unknown method 'tnn-svrr': did you mean 'tnn-svr'?"),
        ("{valence: {mean", "{valenze: {mean", "system TNN-SVR: unknown target 'valenze': did you mean 'valence'?"),
        ("mean: 0.3", "mean: much", "systems.0.published.valence.mean: Input should be a valid number"),
        ("folds: 3", "fold: 3", "unknown key 'fold': did you mean 'folds'?"),
        ("folds: 3", "folds: 1", "greater than or equal to 2"),
        ("folds: 3", "kind: group_kfold, shuffle: true", "would ignore 'shuffle'"),
        ("folds: 3", "shuffle: false, seed: 1", "would ignore 'seed'"),
        ("name: t", "metric: r3", "unknown metric 'r3': did you mean 'r2'?"),
        ("name: t", "name: [", "is not YAML that is read: line "),
        ("name: t", "name: !!python/object/apply:os.system [ls]", "is not YAML that is read: line 2: a tag"),
    ],
)
def test_faults_are_told_in_one_line(old, new, message):
    text = GOOD.replace(old, new, 1)
    if "metric" in new:
        text += "name: t\n"
    with pytest.raises(UsageError) as caught:
        parse_experiment(text, "mine.yaml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("mine.yaml")
    assert "\n" not in str(caught.value)


def test_names_and_files():
    with pytest.raises(UsageError, match="unknown experiment 'cheuk2020-deem': did you mean 'cheuk2020-deam'"):
        load_experiment("cheuk2020-deem")
    with pytest.raises(UsageError, match="nowhere.yaml is missing"):
        load_experiment("nowhere.yaml")
    with pytest.raises(UsageError, match="holds no experiment"):
        parse_experiment("- a list", "x.yaml")


def test_widths_are_scaled_to_the_features_really_there():
    system = parse_experiment(GOOD.replace("width: 4", "width: 600"), "x").systems[0]
    assert system.build(width_share=260 / 6669).width == 23
    assert system.build(width_share=0.0001).width == 2
    assert ProtocolSpec(folds=10).build(7).to_dict()["folds"] == 7
