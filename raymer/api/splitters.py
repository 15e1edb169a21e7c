"""What may be given for a protocol from Python."""

from typing import Any

from raymer.errors import UsageError
from raymer.protocols.splits import SplitProtocol
from raymer.protocols.splitter import Splitter


def as_protocol(given: Any) -> SplitProtocol:
    """Return a protocol of raymer's as it is, and a scikit-learn splitter as one; UsageError for anything else."""
    if callable(getattr(given, "splits", None)) and callable(getattr(given, "to_dict", None)):
        protocol: SplitProtocol = given
        return protocol
    if callable(getattr(given, "split", None)):
        return Splitter(given)
    raise UsageError(f"{given!r} makes no splits: give a protocol of raymer's, or a splitter of scikit-learn's")
