"""Counts of fits for Prometheus, by Ray's own exporter on every node of a cluster."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from raymer.engine.carriers.queue import FitRecord

SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0)


@cache
def _metrics() -> tuple[Any, Any]:
    from ray.util.metrics import Counter, Histogram

    fits = Counter("raymer_fits", "Fits that ended.", tag_keys=("method", "outcome"))
    seconds = Histogram("raymer_fit_seconds", "Seconds of a fit.", boundaries=list(SECONDS), tag_keys=("method",))
    return fits, seconds


def count_fits(records: Iterable[FitRecord]) -> None:
    """Add fits to the counter `raymer_fits` (method, outcome) and their seconds to `raymer_fit_seconds` (method)."""
    fits, seconds = _metrics()
    for record in records:
        fits.inc(tags={"method": record.method, "outcome": record.outcome})
        seconds.observe(record.seconds, tags={"method": record.method})
