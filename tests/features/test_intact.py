"""What a file's own headers say of its length."""

import io
import struct

import numpy as np
import pytest
import soundfile

from raymer.features.intact import missing_part


def encoded(suffix: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.random.default_rng(1).normal(0, 0.1, 30000), 22050, format=suffix.upper())
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", ["wav", "ogg", "mp3", "flac"])
def test_a_whole_file_is_whole(suffix):
    assert missing_part(encoded(suffix)) is None


@pytest.mark.parametrize("suffix", ["wav", "ogg", "mp3"])
def test_every_cut_is_seen(suffix):
    data = encoded(suffix)
    cuts = np.linspace(0.3, 0.999, 40)
    assert [share for share in cuts if missing_part(data[: int(len(data) * share)]) is None] == []


def test_one_missing_byte_of_a_wav_is_seen():
    data = encoded("wav")
    assert missing_part(data[:-1]) == "59999 of 60000 bytes of samples"


def test_a_wav_of_unknown_length_is_let_be():
    data = bytearray(encoded("wav"))
    at = data.find(b"data")
    struct.pack_into("<I", data, at + 4, 0xFFFFFFFF)
    assert missing_part(bytes(data)) is None


@pytest.mark.parametrize("tail", [b"TAG" + bytes(125), bytes(500), b"APETAGEX" + bytes(40)])
def test_a_tag_behind_the_last_frame_is_no_fault(tail):
    assert missing_part(encoded("mp3") + tail) is None


def test_a_tag_before_the_first_frame_is_skipped():
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 2, 0]) + b"\xff" * 256
    assert missing_part(tag + encoded("mp3")) is None
    assert missing_part(tag + encoded("mp3")[:-30]) is not None


@pytest.mark.parametrize("data", [b"", b"RIFF", b"OggS", b"\xff\xfb", b"ID3", b"hello"])
def test_stubs_do_not_raise(data):
    missing_part(data)
