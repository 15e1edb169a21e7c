"""What a bed asks of a store: its predictions to the bit, and when each result was written."""

from pathlib import Path

from raymer.results.store import ResultStore


def bits_of(store: Path) -> dict[str, object]:
    """Return the clips and the predictions of each fit."""
    results = ResultStore(str(store))
    return {fit: (results.get(fit).clip_ids.tolist(), results.get(fit).predicted.tobytes()) for fit in results.done()}


def written_at(store: Path) -> dict[str, int]:
    """Return when each fit's result was written, in nanoseconds."""
    return {path.stem: path.stat().st_mtime_ns for path in store.rglob("fits/*/*.parquet")}
