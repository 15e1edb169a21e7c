"""The catalogue of extractors: what turns audio into features."""

from typing import Any

from raymer.components.catalogue import Catalogue
from raymer.components.component import Component

_WANTED = ("kind", "shard_size", "dtype", "width", "columns", "parameters", "versions", "longest", "extract")


def _why_not(cls: type[Any]) -> str:
    return next((f"has no {name}" for name in _WANTED if not hasattr(cls, name)), "")


EXTRACTORS = Catalogue(
    "extractor",
    [
        Component("logmel", "extractor", "raymer.features.logmel:LogMel", "log-mel spectrograms: frames"),
        Component("opensmile-is13", "extractor", "raymer.features.opensmile:OpenSmileIs13", "openSMILE IS13: a table"),
        Component(
            "opensmile-compare",
            "extractor",
            "raymer.features.opensmile:OpenSmileCompare",
            "openSMILE ComParE 2016: a table",
        ),
        Component("onnx", "extractor", "raymer.features.onnx_model:OnnxModel", "a model in an ONNX file: frames"),
    ],
    _why_not,
)
"""The extractors by name; TableExtractor and FramesExtractor of raymer.features.extractor are bases for one's own."""
