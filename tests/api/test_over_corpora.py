"""Two systems on several corpora: the numbers of each alone and of the model over all, also by the command line."""

import json

import numpy as np
import pytest

from raymer.api.over_corpora import compare_over
from raymer.api.study import open_study
from raymer.corpora.base import Corpus
from raymer.corpora.folder import write_corpus
from raymer.engine.machine import Machine
from raymer.errors import UsageError
from raymer.experiments.loading import parse_experiment
from raymer.stats import correlated_bayes, hierarchical, pair, pairs_from_arrays
from raymer.stats.bayes import baycomp_runs

HERE = Machine(serial=True)
TEXT = """
name: e
title: e
corpus: {name}
targets: [{target}]
protocols: {{f: {{folds: 4}}}}
systems: [{{system: SVR, method: svr}}, {{system: Mean, method: mean}}]
"""


def corpus(name, seed, target="joy"):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(48, 3))
    return Corpus.from_arrays(X, X[:, 0] + 0.3 * rng.normal(size=48), targets=target, name=name)


@pytest.fixture(scope="module")
def studies():
    return [
        open_study(parse_experiment(TEXT.format(name=name, target="joy"), "e"), corpus(name, seed), machine=HERE)
        for seed, name in enumerate(("one", "two", "three"))
    ]


def test_the_numbers_are_those_of_each_corpus_and_of_the_model_over_them(studies):
    [found] = compare_over(studies, "svr", "mean")
    pairs = {
        study.corpus.name: pair(study.planned.scores(study.store), "svr", "mean", target="joy", metric="r2")
        for study in studies
    }
    assert found.found == hierarchical(pairs)
    assert [one.difference for one in found.comparisons] == [one.difference for one in pairs.values()]
    assert found.verdict == "svr is better than mean"
    assert [row.target for row in found.rows()] == ["one", "two", "three", "all corpora"]
    assert found.to_record()["test"]["p"] == pytest.approx(found.found.test.p)


def test_a_corpus_alone_is_baycomps():
    from baycomp import two_on_single

    rng = np.random.default_rng(0)
    made = pairs_from_arrays(rng.normal(0.5, 0.1, 100), rng.normal(0.45, 0.1, 100), n_train=900, n_test=100)
    theirs = two_on_single(made.scores_a, made.scores_b, rope=0.01, runs=round(baycomp_runs(made)))
    ours = correlated_bayes(made, rope=0.01)
    assert (ours.p_left, ours.p_rope, ours.p_right) == pytest.approx(theirs)


def test_one_corpus_is_none_too_many(studies):
    for few in (studies[:1], [studies[0], studies[0]]):
        with pytest.raises(UsageError, match="give two or more, each once"):
            compare_over(few, "svr", "mean")


def test_the_command_line_takes_a_store_for_each_corpus(cli, tmp_path):
    for name, target in (("one", "joy"), ("two", "calm")):
        write_corpus(corpus(name, 0, target), tmp_path / name)
        (tmp_path / f"{name}.yaml").write_text(TEXT.format(name=name, target=target))
    places = ("-c", tmp_path / "one", "-s", tmp_path / "S1", "-c", tmp_path / "two", "-s", tmp_path / "S2", "--serial")
    words = ("compare", tmp_path / "one.yaml", "svr", "mean", *places)
    plot = tmp_path / "forest.svg"
    result = cli(*words, "--also", tmp_path / "two.yaml", "--json", "--plot", plot)
    assert result.exit_code == 0, result.stderr
    [found] = json.loads(result.stdout)
    assert (found["target"], set(found["corpora"])) == ("average", {"one", "two"})
    assert "all corpora" in plot.read_text()
    refused = cli(*words[:-3], "--serial", "--also", tmp_path / "two.yaml")
    assert (refused.exit_code, "2 corpora and 1 stores" in refused.stderr) == (2, True)
    refused = cli(*words)
    assert (refused.exit_code, "no target 'joy'" in refused.stderr) == (2, True)
