"""The summary of IS13 frames, and openSMILE itself where it is installed."""

from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
import soundfile
from conftest import sound

from raymer.corpora.is13 import FEATURES
from raymer.errors import UsageError
from raymer.features.opensmile import OpenSmileCompare, OpenSmileIs13, summarise_is13

needs_opensmile = pytest.mark.skipif(find_spec("opensmile") is None, reason="openSMILE is not installed")


def test_summary_equals_its_definition():
    rng = np.random.default_rng(0)
    values, steps = rng.normal(size=(260, 65)), rng.normal(size=(262, 65))
    song = summarise_is13(values, steps)
    frames = np.hstack([values, steps[:260]])
    windows = [frames[start : start + 100] for start in (0, 50, 100, 150)]
    assert song.shape == (260,)
    assert np.allclose(song[0::2], np.mean([np.std(window, axis=0) for window in windows], axis=0))
    assert np.allclose(song[1::2], np.mean([np.mean(window, axis=0) for window in windows], axis=0))


def test_a_short_clip_is_one_window():
    values = np.random.default_rng(0).normal(size=(40, 65))
    assert np.allclose(summarise_is13(values, values)[1:130:2], values.mean(axis=0))


def test_names_follow_the_values():
    assert FEATURES[0].endswith("_stddev")
    assert FEATURES[1].endswith("_amean")
    assert OpenSmileIs13().columns == FEATURES
    assert OpenSmileIs13.width == 260


@pytest.mark.skipif(find_spec("opensmile") is not None, reason="openSMILE is installed")
@pytest.mark.parametrize("extractor", [OpenSmileIs13(), OpenSmileCompare()])
def test_without_opensmile_the_line_says_what_to_install(extractor):
    with pytest.raises(UsageError, match=r"pip install raymer\[opensmile\]"):
        extractor.versions()


@needs_opensmile
@pytest.mark.parametrize(("extractor", "width"), [(OpenSmileIs13(), 260), (OpenSmileCompare(), 6373)])
def test_features_of_a_clip(tmp_path, extractor, width):
    soundfile.write(tmp_path / "x.wav", 3 * sound(2.0), 22050, subtype="FLOAT")  # beyond full scale: must not wrap
    values = extractor.extract(tmp_path / "x.wav")
    assert values.shape == (1, width)
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    assert len(extractor.columns) == extractor.width == width
    assert np.array_equal(values, extractor.extract(tmp_path / "x.wav"))


@needs_opensmile
def test_names_are_those_of_opensmile():
    from raymer.features.opensmile import _LEVELS, _smile

    theirs = [name for level in _LEVELS for name in _smile("IS13", level).feature_names]
    ours = [name.removesuffix("_stddev") for name in FEATURES[::2]]
    assert [name.replace("pcm_fftMag_mfcc", "mfcc") for name in ours] == theirs


@needs_opensmile
@pytest.mark.real
def test_compare_agrees_with_the_table_from_the_originals(real_data):
    table = pd.read_parquet(real_data / "tables" / "emotify_6373_compare2016.parquet").set_index("clip_id")
    extractor = OpenSmileCompare()
    made = extractor.extract(real_data / "emotify" / "audio" / "rock" / "1.ogg")[0]
    columns = list(extractor.columns)
    spread = table[columns].std().to_numpy()
    # The table came from the original mp3, ours from a mono copy at half the rate.
    assert np.nanmedian(np.abs(made - table.loc["rock_1", columns].to_numpy(dtype=float)) / spread) < 0.1
