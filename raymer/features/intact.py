"""Whether an audio file is all there: decoders read a cut-off file to its end and say nothing.

The length that each format writes of itself is held against the bytes that exist. Only what the file's own headers
prove is called cut off; an MPEG stream without a count that ends between two frames cannot be told from a whole one.
"""

import struct
from collections.abc import Callable
from mmap import mmap

Data = bytes | mmap
"""A whole file, in memory or mapped: of one that is mapped only the headers are read."""
_BITRATES = {  # kbit/s of layer III by the four bits of the header; 0 (free format) and 15 (invalid) are not followed
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_UNKNOWN_LENGTH = 0xFFFFFFFF  # what a writer to a pipe leaves in a RIFF header
_SYNC_WITHIN = 4096
_XING_HAS_FRAMES = 1


def missing_part(data: Data) -> str | None:
    """Return what says that `data`, a whole audio file, is cut off, or None where nothing does.

    Knows wav (RIFF), ogg, and MPEG layer III; FLAC's decoder reports a lost end itself.
    """
    return _check_for(data)(data)


def _check_for(data: Data) -> Callable[[Data], str | None]:
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return _missing_of_wav
    if data[:4] == b"OggS":
        return _missing_of_ogg
    if data[:3] == b"ID3" or data[:1] == b"\xff":
        return _missing_of_mpeg
    return lambda _: None


def _missing_of_wav(data: Data) -> str | None:
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int(struct.unpack_from("<I", data, at + 4)[0])
        if name == b"data":
            held = len(data) - at - 8
            is_cut = size != _UNKNOWN_LENGTH and held < size
            return f"{held} of {size} bytes of samples" if is_cut else None
        at += 8 + size + size % 2
    return "its header ends before any sample"


def _missing_of_ogg(data: Data) -> str | None:
    at = data.rfind(b"OggS")
    if len(data) < at + 27 or len(data) < at + 27 + data[at + 26]:
        return "the last page is incomplete"
    table = data[at + 27 : at + 27 + data[at + 26]]
    if len(data) < at + 27 + len(table) + sum(table):
        return "the last page is incomplete"
    is_last = bool(data[at + 5] & 4)
    return None if is_last else "no page ends the stream"


def _missing_of_mpeg(data: Data) -> str | None:
    at = _first_frame(data)
    if at is None:
        return None
    promised = _promised_frames(data, at)
    frames = -1 if promised is not None else 0  # the frame that holds the count carries no sound and is not counted
    while (length := _frame_length(data, at)) is not None:
        if at + length > len(data):
            return f"the last frame holds {len(data) - at} of {length} bytes"
        at, frames = at + length, frames + 1
    if 0 < len(data) - at < 4 and data[at] == 0xFF:
        return "the last frame ends within its header"
    is_short = promised is not None and frames < promised and at + 4 >= len(data)
    return f"{frames} of {promised} frames" if is_short else None


def _first_frame(data: Data) -> int | None:
    """Return where the first MPEG frame starts that is followed by another, behind an ID3v2 tag if there is one."""
    start = 0
    if data[:3] == b"ID3" and len(data) > 10:
        size = data[6:10]
        start = 10 + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])
    for at in range(start, min(start + _SYNC_WITHIN, len(data) - 4)):
        length = _frame_length(data, at)
        if length is not None and _frame_length(data, at + length) is not None:
            return at
    return None


def _frame_length(data: Data, at: int) -> int | None:
    """Return the bytes of the layer III frame whose header stands at `at`, or None where none stands there."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE6 != 0xE2:
        return None
    version = data[at + 1] >> 3 & 3
    rate_index, padding = data[at + 2] >> 2 & 3, data[at + 2] >> 1 & 1
    if version not in _RATES or rate_index == 3:
        return None
    bitrate = _BITRATES[1 if version == 3 else 2][data[at + 2] >> 4]
    samples_by_8 = 144 if version == 3 else 72
    return samples_by_8 * bitrate * 1000 // _RATES[version][rate_index] + padding if bitrate else None


def _promised_frames(data: Data, at: int) -> int | None:
    """Return the number of frames that a Xing or Info header in the frame at `at` promises, if it holds one."""
    length = _frame_length(data, at) or 0
    for tag in (b"Xing", b"Info"):
        found = data.find(tag, at, at + length)
        if found >= 0 and found + 12 <= len(data) and data[found + 7] & _XING_HAS_FRAMES:
            return int(struct.unpack_from(">I", data, found + 8)[0])
    return None
