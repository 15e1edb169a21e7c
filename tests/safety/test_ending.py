"""A process that is told to end does, in one line and with the signal's code, whatever it is at."""

import signal
import subprocess
import sys

import pytest

CODE = """
import hashlib, sys, threading, time
from raymer.ending import ENDING, LINE, Told

ENDING.begin()
with ENDING.saying(lambda word: print("last words:", word, flush=True)):
    try:
        threading.Timer(0.5, lambda: print("ready", flush=True)).start()  # once this thread is at its work
        if sys.argv[1] == "compiled":
            hashlib.pbkdf2_hmac("sha512", b"x", b"y", 2_000_000_000)  # no signal reaches Python within it
        while True:
            time.sleep(0.05)
    except Told as told:
        print(LINE, file=sys.stderr)
        sys.exit(told.exit_code)
"""


def end(at: str, number: int) -> tuple[int, str, str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", CODE, at], text=True, **pipes)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_python_code_unwinds(number, code):
    assert end("python", number) == (code, "", "raymer: stopped; the same command goes on from here\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_compiled_code_is_not_waited_for(number, code):
    said = f"last words: {signal.Signals(number).name}\n"
    assert end("compiled", number) == (code, said, "raymer: stopped; the same command goes on from here\n")


BESIDE_A_VERB = """
import os, sys, time
import typer
import raymer.cli.main as line

line.app = typer.Typer()

@line.app.command()
def outside() -> None:
    os.kill(os.getpid(), number)
    time.sleep(30)

number = int(sys.argv.pop())
line.main()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_before_a_verb_has_begun_it_is_said_too(number, code):
    words = [sys.executable, "-c", BESIDE_A_VERB, str(int(number))]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (
        code,
        "",
        "raymer: stopped; the same command goes on from here\n",
    )
