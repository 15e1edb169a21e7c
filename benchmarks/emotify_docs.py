"""Make the numbers that the docs show of the second paper on Emotify from the files of docs/runs.

    python -m benchmarks.emotify_docs

writes every block between `<!-- made from runs: NAME -->` and `<!-- end -->` in docs/*.md anew, and the figure of the
claims; a test checks that the blocks are what the files say.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.planted_null import copies_pairs, found
from raymer.experiments.loading import load_experiment
from raymer.experiments.spec import Experiment
from raymer.reports.claims import ClaimTest, claim_tests, claims_plot, claims_table
from raymer.reports.interval import interval_of
from raymer.reports.plot import write_plot
from raymer.results.frame import AVERAGE
from raymer.stats import Pairs, compare_pairs, decide, pair, plan_looks

DOCS = Path(__file__).parents[1] / "docs"
RUNS = DOCS / "runs"
CLIPS = 400
TESTED = 40
EPOCHS = 100
"""Of the trainings on random splits."""
BLOCK = re.compile(r"(<!-- made from runs: (\S+) -->\n).*?(<!-- end -->)", flags=re.DOTALL)


def tidy(file: str, place: str) -> pd.DataFrame:
    """Return a file of scores, a column a method, as a row a score; `place` is the column of fold or split."""
    wide = pd.read_csv(RUNS / file)
    keys = [name for name in ("epoch", place, "target") if name in wide]
    long = wide.melt(id_vars=keys, var_name="method").rename(columns={place: "fold"})
    return long.assign(metric="pearson", repeat=0, n_train=CLIPS - TESTED, n_test=TESTED)


def with_average(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores with those of the mean over targets below them."""
    keys = [name for name in scores.columns if name not in ("target", "value")]
    means = scores.groupby(keys, as_index=False)["value"].mean().assign(target=AVERAGE)
    return pd.concat([scores, means[scores.columns]], ignore_index=True)


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def folds_table() -> str:
    """Return table 2 at the last epoch: ours with its interval, the published mean, and how many lie inside."""
    scores = with_average(tidy("emotify-folds.csv", "fold"))
    last = scores[scores["epoch"] == scores["epoch"].max()]
    spec = load_experiment("jakubik2018-emotify")
    published = _published(spec)
    methods, rows = list(published), []
    inside = dict.fromkeys(methods, 0)
    for target in (*spec.targets, AVERAGE):
        cells = [_plain(target)]
        for method in methods:
            mine = last[(last["method"] == method) & (last["target"] == target)]
            low, high = _interval(mine)
            theirs = published[method][target]
            inside[method] += target != AVERAGE and low <= theirs <= high
            cells += [f"{mine['value'].mean():.3f} [{low:.2f}, {high:.2f}]", f"{theirs:.2f}"]
        rows.append(cells)
    head = ["emotion", *(cell for method in methods for cell in (method, "published"))]
    count = ", ".join(f"{n} of {len(spec.targets)} of {method}" for method, n in inside.items())
    total = f"{sum(inside.values())} of {len(methods) * len(spec.targets)}"
    return f"{table(head, rows)}\n\nPublished means inside our 95 % interval: {total} ({count})."


def curves_table() -> str:
    """Return the mean over the emotions by epoch, and the published one."""
    scores = tidy("emotify-folds.csv", "fold")
    means = scores.groupby(["epoch", "method"])["value"].mean().unstack()
    published = _published(load_experiment("jakubik2018-emotify"))
    rows = [[str(epoch), *(f"{means.loc[epoch, method]:.3f}" for method in published)] for epoch in means.index]
    rows.append(["published, 400", *(f"{own[AVERAGE]:.3f}" for own in published.values())])
    return table(["epoch", *published], rows)


def claims() -> list[ClaimTest]:
    """Return the published verdicts beside what the random splits say."""
    spec = load_experiment("jakubik2018-emotify-significance")
    scores = tidy("emotify-splits.csv", "split").assign(epoch=EPOCHS)
    names = [system.system for system in spec.systems]
    there = [name for name in names if name in set(scores["method"])]
    spec = spec.model_copy(update={"systems": tuple(s for s in spec.systems if s.system in there)})
    scores["row"] = scores["method"].map({name: k for k, name in enumerate(there)})
    fits = [SimpleNamespace(split=number) for number in sorted(scores["fold"].unique())]
    systems: Any = [SimpleNamespace(protocol="splits", fits=fits) for _ in there]
    metrics = dict.fromkeys(spec.targets, ("pearson",))
    return claim_tests(spec, systems, there, scores, metrics)


def claims_rows() -> str:
    """Return a row a claim and emotion, as the report has it."""
    made = claims_table(claims())
    return table([column.name for column in made.columns], [[_plain(cell) for cell in row] for row in made.rows])


def tests_table() -> str:
    """Return all four tests of the mean over emotions, and where the planned looks would have stopped."""
    scores = with_average(tidy("emotify-splits.csv", "split").assign(epoch=EPOCHS))
    rows = []
    for a, b in (("RBF-SL", "NN"), ("RBF-SL", "FL"), *_others(scores)):
        pairs = pair(scores, a, b, target=AVERAGE, metric="pearson", epoch=EPOCHS)
        rows.append([f"{a} less {b}", *_four(pairs), _stop(pairs)])
    head = ["mean over nine emotions", "difference", "Welch, p", "paired t, p", "corrected t, p"]
    return table([*head, "Bayes: A better / within 0.01 / B better", "four planned looks stop"], rows)


def null_table() -> str:
    """Return how many pairs of equal methods each test calls different, labels shuffled."""
    frame = pd.read_csv(RUNS / "emotify-null.csv")
    rows = []
    for target, pairs in copies_pairs(frame, CLIPS).items():
        called = found([pairs])
        words = ["yes" if called[name] else "no" for name in ("welch", "nadeau_bengio")]
        rows.append([_plain(target), f"{pairs.difference:+.3f}", *words])
    return table(["emotion, shuffled", "difference of the copies", "Welch claims", "corrected claims"], rows)


def search_table() -> str:
    """Return the search: flat best, nested estimate, optimism, and what each outer fold chose."""
    frame = pd.read_csv(RUNS / "emotify-search.csv")
    rows = [
        [
            str(row["fold"]),
            f"{row['gamma']:.3g}",
            "its own" if np.isnan(row["learning_rate"]) else f"{row['learning_rate']:.3g}",
            f"{row['excerpt']:.0f}",
            f"{row['inner']:.3f}",
            "" if np.isnan(row["outer"]) else f"{row['outer']:.3f}",
        ]
        for row in frame.to_dict("records")
    ]
    flat, outer = frame.loc[0, "inner"], frame["outer"].dropna()
    said = f"Flat best {flat:.3f}, nested estimate {outer.mean():.3f}, optimism {flat - outer.mean():+.3f}."
    return f"{table(['fold', 'gamma', 'learning rate', 'excerpt', 'inner value', 'outer value'], rows)}\n\n{said}"


BLOCKS: Mapping[str, Callable[[], str]] = {
    "folds": folds_table,
    "curves": curves_table,
    "claims": claims_rows,
    "tests": tests_table,
    "null": null_table,
    "search": search_table,
}


def filled(text: str) -> str:
    """Return a page with every block made anew."""
    return BLOCK.sub(lambda match: f"{match[1]}\n{BLOCKS[match[2]]()}\n\n{match[3]}", text)


def _published(spec: Experiment) -> dict[str, dict[str, float]]:
    means = {s.system: {target: one.mean for target, one in s.published.items()} for s in spec.systems}
    return {method: {**own, AVERAGE: float(np.mean(list(own.values())))} for method, own in means.items()}


def _interval(scores: pd.DataFrame) -> tuple[float, float]:
    made = interval_of(scores)
    assert made is not None
    return made


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _others(scores: pd.DataFrame) -> list[tuple[str, str]]:
    return [("RBF-SL", name) for name in ("Cos-SL", "Poly-SL") if name in set(scores["method"])]


def _four(pairs: Pairs) -> list[str]:
    one = compare_pairs(pairs)
    bayes, (p_a, p_b) = one.correlated_bayes, one.p_better
    low, high = one.nadeau_bengio.interval
    ps = [f"{test.p:.2g}" for test in (one.welch, one.paired_t, one.nadeau_bengio)]
    return [f"{one.difference:+.3f} [{low:+.3f}, {high:+.3f}]", *ps, f"{p_a:.2f} / {bayes.p_rope:.2f} / {p_b:.2f}"]


def _stop(pairs: Pairs) -> str:
    return decide(pairs, plan_looks(pairs.count, 4, ratio=pairs.ratio), rope=0.01).reason


def main() -> None:
    """Write the blocks of all pages, and the figure."""
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        page.write_text(filled(text), encoding="utf-8")
    write_plot(claims_plot(claims()), DOCS / "figures" / "emotify-claims.png")


if __name__ == "__main__":
    main()
