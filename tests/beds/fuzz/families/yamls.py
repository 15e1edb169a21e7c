"""Experiments in YAML: keys doubled, aliases that grow, tags, depth, odd values in every place, and cut text."""

import random
import shutil
from pathlib import Path

import yaml
from beds.fuzz.case import Case
from beds.fuzz.families import stores
from beds.fuzz.spoil import places

SIZE = 400
ODD = (
    *(".inf", "-.inf", ".nan", "1e400", "-1", "0", "0.5", "99999999999999999999", "4294967296", "null", "true", "''"),
    *(
        '"[/x]"',
        '"\\e[31mred"',
        '"=cmd|x"',
        "[]",
        "{}",
        "[1, 2]",
        "{a: 1}",
        "2024-01-01",
        "!!binary aGk=",
        "'\\\\'",
        "~",
    ),
    *("!!python/object/apply:os.system [ls]", "&a [*a]", "*nobody", "../../etc/passwd", "x" * 3000, "9" * 5000, "0x1F"),
)
HAND = {
    "key twice": "{}\nname: other\n",
    "key twice inside": "{}\nnotes: []\nnot_mentioned: {{a: b, a: c}}\n",
    "alias bomb": "{}\nnotes:\n- &a0 [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"- &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]\n" for k in range(1, 12)),
    "recursion": "{}\nnotes: &n [*n]\n",
    "depth": "{}\nnotes: " + "[" * 3000 + "]" * 3000 + "\n",
    "depth by aliases": "{}\nnotes:\n- &b0 [x]\n" + "".join(f"- &b{k} [*b{k - 1}]\n" for k in range(1, 3000)),
    "two documents": "{}\n---\nname: b\n",
    "a tag": "{}\nsource: !!python/name:os.system\n",
    "many merges": "{}\nnotes:\n- &m {{a: 1}}\n- {{<<: [" + ", ".join(["*m"] * 5000) + "]}}\n",
    "a control character": "{}\nsource: \x07\n",
    "a list": "- {{}}\n",
    "nothing": "",
    "a key that is a list": "{}\n? [a]\n: b\n",
}


def prepare(whole: Path) -> None:
    stores.prepare(whole)


def case(rng: random.Random, number: int, whole: Path) -> Case:
    data = yaml.safe_load(stores.EXPERIMENT)
    door = rng.choice((("status", "S", "-e", "x.yaml", "-c", "C"), ("splits", "x.yaml", "-c", "C", "-o", "x.csv")))
    if number % 4 == 0:
        kind = sorted(HAND)[number // 4 % len(HAND)]
        text = HAND[kind].replace("{{", "{").replace("}}", "}").replace("{}\n", stores.EXPERIMENT, 1)
        return Case(kind, _writes(text, whole), door, "refused")
    if number % 4 == 1:
        cut = rng.randrange(len(stores.EXPERIMENT))
        return Case("cut off", _writes(stores.EXPERIMENT[:cut], whole), door)
    path = rng.choice(places(data))
    mark = "ODD-VALUE"
    parent = data
    for key in path[:-1]:
        parent = parent[key]
    where = ".".join(map(str, path))
    if number % 4 == 2 and isinstance(parent, dict):
        parent[rng.choice(("unknown", "", "[/x]", "seed", "folds"))] = parent.pop(path[-1])
        return Case(f"{where} renamed", _writes(yaml.safe_dump(data, sort_keys=False), whole), door)
    parent[path[-1]] = mark
    text = yaml.safe_dump(data, sort_keys=False).replace(mark, rng.choice(ODD))
    return Case(f"{where} replaced", _writes(text, whole), door)


def _writes(text: str, whole: Path):
    def make(folder: Path) -> None:
        (folder / "x.yaml").write_text(text)
        for name in ("C", "S"):
            shutil.copytree(whole / name, folder / name)

    return make
