"""Names that are markup, formulas, commands or control characters, of all that a person names, through every verb."""

import csv
import json
import random
import re
from pathlib import Path

import yaml
from beds.fuzz.case import Case
from beds.fuzz.families import stores

SIZE = 240
NAMES = (
    *("[/x]", "[v2]", "[bold red]", ":smile:", "\x1b[31mred", "\x1b]0;title\x07", "\u202eevil", "a\nb", "a\tb", "%s"),
    *("=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1", "'=1", "<script>alert(1)</script>", "\" onload='x'"),
    *("</script><b>", "{{x}}", "${x}", "\\input{x}", "50 % & $x_1$ #", "|a|b|", "# h", "[x](javascript:y)", "é🎵"),
    "x" * 300,
)
PLACES = ("title", "system", "protocol", "target", "clip", "group", "corpus", "source")
WHERE = ("small.yaml", "-c", "C", "-s", "S")
DOORS = {
    "run": ("run", *WHERE, "--serial"),
    "run --json": ("run", *WHERE, "--serial", "--json"),
    "compare": ("compare", "small.yaml", "NAME", "pca-svr", *WHERE[1:], "--serial"),
    "report": ("report", *WHERE, "-o", "R", "--csv", "--latex"),
    "status": ("status", "S", "-e", "small.yaml", "-c", "C"),
    "audit": ("audit", "C"),
    "fit": ("fit", "small.yaml", "NAME", *WHERE[1:], "-o", "M", "--serial"),
    "predict": ("predict", "M", "--features-table", "t.csv", "--csv", "p.csv"),
    "predict, shown": ("predict", "M", "--features-table", "t.csv"),
}


def prepare(whole: Path) -> None:
    """Make nothing: names are put where the parts are made."""


def case(rng: random.Random, number: int, whole: Path) -> Case:
    door = list(DOORS)[number % len(DOORS)]
    place, name = rng.choice(PLACES), rng.choice(NAMES)

    def make(folder: Path) -> None:
        from raymer.api.study import open_study
        from raymer.corpora.folder import write_corpus
        from raymer.engine.machine import Machine

        write_corpus(_corpus(place, name), folder / "C")
        (folder / "small.yaml").write_text(_experiment(place, name))
        study = open_study(folder / "small.yaml", folder / "C", folder / "S", machine=Machine(serial=True))
        study.run()
        if door.startswith("predict"):
            study.fit(study.spec.systems[0].system, folder / "M")
            _write_table(study.corpus.input(), folder / "t.csv")

    def is_right(folder: Path, said: str) -> bool:
        if door == "run --json" and not _whole(json.loads(said), place, name):
            return False
        return all(_is_safe(path) for pattern in ("R/*", "M/README.md", "p.csv") for path in folder.glob(pattern))

    own = name if place == "system" else "svr"
    words = tuple(own if word == "NAME" else word for word in DOORS[door])
    if own in words and own.startswith("-"):  # what begins with a dash is no option behind two
        end = 4 if door == "compare" else 3
        words = (words[0], *words[end:], "--", *words[1:end])
    return Case(f"{door}: {place} {name[:20]!r}", make, words, "accepted", is_right)


def _corpus(place: str, name: str):
    """Return a small corpus in which one clip, group, target or the corpus itself has the name."""
    from dataclasses import replace

    from raymer.corpora.synthetic import make_synthetic

    corpus = make_synthetic(40, 6, seed=1)
    clips = corpus.clips.copy()
    if place == "target":
        targets = tuple(replace(one, name=name if one.name == "valence" else one.name) for one in corpus.targets)
        return replace(corpus, clips=clips.rename(columns={"valence": name}), targets=targets)
    if place == "group":
        clips["group"] = clips["group"].replace(clips["group"][0], name)
    if place == "clip":
        ids = [name, *clips["clip_id"][1:].tolist()]
        clips["clip_id"] = ids
        inputs = {key: replace(one, clip_ids=one.clip_ids.astype(object)) for key, one in corpus.inputs.items()}
        for one in inputs.values():
            one.clip_ids[0] = name
        inputs = {key: replace(one, clip_ids=one.clip_ids.astype(str)) for key, one in inputs.items()}
        return replace(corpus, clips=clips, inputs=inputs)
    return replace(corpus, clips=clips, name=name if place == "corpus" else corpus.name)


def _experiment(place: str, name: str) -> str:
    data = yaml.safe_load(stores.EXPERIMENT)
    if place in ("title", "source", "corpus"):
        data[place] = name
    elif place == "system":
        data["systems"][0]["system"] = name
    elif place == "protocol":
        data["protocols"] = {name: data["protocols"]["folds"]}
    elif place == "target":
        data["targets"] = [name, "arousal"]
    return yaml.safe_dump(data, sort_keys=False)


def _write_table(item, path: Path) -> None:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["clip_id", *item.columns])
        ids = item.clip_ids.tolist()
        rows.writerows([clip, *values] for clip, values in zip(ids, item.values.tolist(), strict=True))


def _whole(rows: list[dict], place: str, name: str) -> bool:
    """Say whether a program reads the name as it is."""
    return place not in ("system", "protocol", "target") or any(row[place] == name for row in rows)


def _is_safe(path: Path) -> bool:
    """Say whether a file that people open takes no name for more than text."""
    if path.is_dir():
        return True
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
        return not any(re.match(r"[=+\-@\t\r](?![\d.]+(e[+-]?\d+)?$)", cell) for cell in cells)
    bad = {
        ".html": r"<script>alert|</script><b>|\" onload='x'|\x1b|\u202e",
        ".tex": r"(?<!backslash\{\})\\input\{|\x1b|\u202e|(?<!\\)[&%$#_]x_1",
        ".md": r"(?<!\\)\]\(javascript|\n# h|(?<!\\)<script>|\x1b|\u202e",
    }
    return re.search(bad.get(path.suffix, "(?!)"), text) is None
