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
