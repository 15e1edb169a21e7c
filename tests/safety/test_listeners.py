"""raymer opens no socket of its own: not one is bound or connected while its verbs work without Ray."""

import json
import subprocess
import sys

CODE = """
import contextlib, json, sys

touched = []
def watch(event, arguments):
    if event in ("socket.bind", "socket.connect", "socket.listen", "socket.getaddrinfo", "socket.sendto"):
        touched.append(f"{event} {arguments[1:]}")
sys.addaudithook(watch)

import psutil
from raymer.cli.main import app

listening = set()
for words in json.loads(sys.argv[1]):
    with contextlib.suppress(SystemExit):
        app(words)
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    for process in family:
        # The audit sees Python's own sockets, this those of compiled libraries.
        listening |= {str(one.laddr) for one in process.net_connections("all") if one.status == "LISTEN"}
print(json.dumps({"touched": touched, "listening": sorted(listening)}), file=sys.stderr)
"""


def test_no_verb_listens_or_calls_out(small_experiment, corpus_folder, tmp_path):
    where = ["--corpus", str(corpus_folder), "--store", str(tmp_path / "S")]
    verbs = [
        ["run", str(small_experiment), *where, "--serial"],
        ["status", str(tmp_path / "S")],
        ["compare", str(small_experiment), "svr", "pca-svr", *where, "--serial"],
        ["audit", str(corpus_folder)],
        ["corpora"],
    ]
    command = [sys.executable, "-c", CODE, json.dumps(verbs)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    found = json.loads(done.stderr.strip().splitlines()[-1])
    assert "30 fits run" in done.stderr, "the verbs did work"
    assert found == {"touched": [], "listening": []}


def test_a_listener_would_be_seen(tmp_path):
    planted = CODE.replace("import psutil\n", "import psutil, socket\nkept = socket.create_server(('127.0.0.1', 0))\n")
    done = subprocess.run([sys.executable, "-c", planted, '[["corpora"]]'], capture_output=True, text=True, timeout=300)
    found = json.loads(done.stderr.strip().splitlines()[-1])
    assert [line.split()[0] for line in found["touched"]] == ["socket.bind"]
    assert len(found["listening"]) == 1
