"""Several threads of one process ask what files of classes import, as the work list and its carriers do."""

import gc
import sys
import threading

import pytest

from raymer.components.plugins import Plugin, Plugins

ROUNDS = 20


@pytest.fixture
def hurried():
    """Have threads give way to each other wherever they can, also while Python makes a syntax tree."""
    interval, threshold = sys.getswitchinterval(), gc.get_threshold()
    give_way = lambda *_: None  # noqa: E731
    sys.setswitchinterval(1e-6)
    gc.callbacks.append(give_way)
    gc.set_threshold(1)
    yield
    gc.set_threshold(*threshold)
    gc.callbacks.remove(give_way)
    sys.setswitchinterval(interval)


def text(number):
    return "import other\n" + "\n".join(f"def f{k}(a):\n    return a + {number}" for k in range(30))


def test_what_files_import_is_found_from_many_threads(hurried):
    """Without a lock CPython 3.11 raises SystemError: AST constructor recursion depth mismatch."""
    faults, found = [], []

    def ask(number, depth):
        if depth:
            ask(number, depth - 1)
            return
        for k in range(ROUNDS):
            plugins = Plugins()
            name = f"threaded_{number}_{k}"
            plugins.bring([Plugin(name, text(1000 * number + k), "here"), Plugin("other_of_threads", "", "there")])
            try:
                found.append(plugins.revision(name))
            except SystemError as error:
                faults.append(str(error))

    threads = [threading.Thread(target=ask, args=(k, 20 * k)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(set(found)) == 4 * ROUNDS
