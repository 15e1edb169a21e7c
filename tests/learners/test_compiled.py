"""Compiled loops: kept between processes, so that nobody waits for the compiler twice; and no folder is needed."""

import json
import os
import subprocess
import sys

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

reached = {one for one in loops.values() if one.signatures}
todo = list(reached)
while todo:  # a loop that others call comes with them
    function = todo.pop().py_func
    called = {function.__globals__.get(name) for name in function.__code__.co_names}
    todo += [one for one in called - reached if isinstance(one, Dispatcher)]
    reached |= set(todo)
lacking = sorted(name for name, one in loops.items() if one not in reached)
print(json.dumps({"loops": len(loops), "compiled": compiled, "lacking": lacking}))
"""


def probe():
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_a_process_compiles_nothing_once_the_loops_are_warm():
    """Set-up warms them, and so does whoever runs first: where this is the first, it is the second that counts."""
    made = probe()
    assert made["loops"] > 15
    assert made["lacking"] == [], "set-up warms every loop"
    assert (made if made["compiled"] == [] else probe())["compiled"] == []


LOOP = """
from raymer.learners.compiled import compiled

@compiled()
def double(x):
    return 2 * x
"""


def test_what_one_process_compiled_another_finds(tmp_path):
    (tmp_path / "loops.py").write_text(LOOP)
    script = "import loops; print(loops.double(21), sum(loops.double.stats.cache_misses.values()))"
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kept"), "PYTHONPATH": str(tmp_path)}

    def run():
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, check=True)
        return done.stdout.split()

    assert (run(), run()) == (["42", "1"], ["42", "0"])


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
