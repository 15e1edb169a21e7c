"""How a command ends when it is told to: SIGTERM as SIGINT, in one line, and within seconds whatever it is at.

Python hands a signal to the main thread, which may be in compiled code for minutes. So a thread looks on: what has not
ended by itself after GRACE_SECONDS is ended by it, and what was in flight is dropped; a result is a whole file or none.
"""

import contextlib
import ctypes
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

GRACE_SECONDS, WORDS_SECONDS = 3.5, 1.0
ENDS = (signal.SIGINT, signal.SIGTERM)
LINE = "raymer: stopped; the same command goes on from here"


class Told(KeyboardInterrupt):
    """The process was told to end, by the signal `number`."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


class _Ending:
    """The handlers of this process, and what is to be said last where it ends without unwinding."""

    def __init__(self) -> None:
        self._last_words: list[Callable[[str], None]] = []
        self._told = threading.Event()
        self.is_watching = False
        self.unwinds = True
        """Whether a signal unwinds what goes on; if not, nothing has begun yet or all is done, and it ends at once."""
        self.was_said = False
        """Whether the line has been printed."""

    def begin(self) -> None:
        """Install the handlers, in the main thread."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in ENDS:
            signal.signal(number, self._tell)
        if not self.is_watching:
            self.is_watching = True
            ours, theirs = socket.socketpair()
            theirs.setblocking(False)
            signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
            self._theirs = theirs  # kept open
            threading.Thread(target=self._watch, args=(ours,), name="raymer-ending", daemon=True).start()

    def _tell(self, number: int, frame: FrameType | None) -> None:
        if self._told.is_set() or not self.unwinds:
            self._end(number)  # told twice: whoever does so does not want to wait
        self._told.set()
        raise Told(number)

    def _watch(self, ours: socket.socket) -> None:
        while received := ours.recv(1):
            if received[0] in ENDS:
                threading.Event().wait(GRACE_SECONDS)
                self._end(received[0])

    def _end(self, number: int) -> None:
        for say in list(self._last_words):  # a store on the network may not answer any more: it is not waited for
            thread = threading.Thread(target=_quietly, args=(say, signal.Signals(number).name), daemon=True)
            thread.start()
            thread.join(WORDS_SECONDS)
        with contextlib.suppress(OSError):
            os.write(2, b"" if self.was_said else f"{LINE}\n".encode())
        os._exit(128 + number)

    @contextlib.contextmanager
    def unwinding(self) -> Iterator[None]:
        """Have a signal unwind what goes on within this block."""
        before, self.unwinds = self.unwinds, True
        try:
            yield
        finally:
            self.unwinds = before

    @contextlib.contextmanager
    def saying(self, words: Callable[[str], None]) -> Iterator[None]:
        """Have `words` called with the signal's name if the process is ended within this block."""
        self._last_words.append(words)
        try:
            yield
        finally:
            self._last_words.remove(words)


@contextlib.contextmanager
def kept_handlers() -> Iterator[None]:
    """Keep the handlers of the signals that end a process, whoever has set them, though a library sets its own.

    Ray's native code does so, from whichever thread it is started in, and Python sets handlers in its main thread only:
    so the system is asked, and told. One that the main thread has changed meanwhile is left as it is then.
    """
    system = ctypes.CDLL(None)
    before = []
    for number in ENDS:
        action = ctypes.create_string_buffer(512)  # struct sigaction has 152 bytes on Linux
        system.sigaction(number, None, action)
        before.append((number, signal.getsignal(number), action))
    try:
        yield
    finally:
        for number, handler, action in before:
            if handler is not None and threading.current_thread() is threading.main_thread():
                signal.signal(number, handler)
            if signal.getsignal(number) == handler:
                system.sigaction(number, action, None)


def _quietly(say: Callable[[str], None], name: str) -> None:
    with contextlib.suppress(Exception):
        say(name)


ENDING = _Ending()
