"""Compiled loops: kept between processes, so that nobody waits for the compiler twice; and no folder is needed."""

import json
import os
import subprocess
import sys

import pytest

PROBE = """
import json, sys

import raymer.learners.gru, raymer.learners.rnc, raymer.learners.triplet
from numba.core.dispatcher import Dispatcher
from raymer.learners.warm import warm

warm()
loops = {}
for name, module in list(sys.modules.items()):
    if name.startswith("raymer.learners"):
        for one in vars(module).values():
            if isinstance(one, Dispatcher):
                loops[f"{one.__module__}.{one.__name__}"] = one
compiled = sorted(name for name, one in loops.items() if one.stats.cache_misses)
unused = sorted(name for name, one in loops.items() if not one.signatures)
print(json.dumps({"loops": len(loops), "compiled": compiled, "unused": unused}))
"""


def probe(folder):
    env = os.environ | {"NUMBA_CACHE_DIR": str(folder)}
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, env=env, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.slow
def test_a_second_process_compiles_nothing(tmp_path):
    first, second = probe(tmp_path), probe(tmp_path)
    assert first["loops"] > 15
    assert first["unused"] == [], "set-up warms every loop"
    assert first["compiled"] != []
    assert second["compiled"] == []


def test_without_a_place_to_keep_it_a_loop_runs_all_the_same(monkeypatch):
    from numba.core import caching

    from raymer.learners.compiled import compiled

    def nowhere(cls, function, file):
        return None

    for locator in caching.CacheImpl._locator_classes:
        monkeypatch.setattr(locator, "from_function", classmethod(nowhere))

    def double(x):
        return 2 * x

    assert compiled()(double)(21) == 42
