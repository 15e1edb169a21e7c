"""Whether Ray is there: that it can be imported, its version, and what a cluster has."""

from typing import Any

from raymer.engine.cluster import connected
from raymer.errors import RaymerError


def ray_facts(address: str | None = None) -> dict[str, Any]:
    """Return what can be said of Ray here.

    Parameters
    ----------
    address : str, optional
        As :func:`raymer.engine.cluster.connected`; None connects to nothing.

    Returns
    -------
    dict
        `version`, and with an address `nodes`, `CPU`, `GPU` of the cluster.

    Raises
    ------
    RaymerError
        When Ray cannot be imported, or not be reached.
    """
    try:
        import ray
    except Exception as error:  # a broken build may raise anything
        raise RaymerError(f"Ray cannot be imported: {type(error).__name__}") from error
    if address is None:
        return {"version": ray.__version__}
    with connected(address):
        resources = ray.cluster_resources()
        nodes = sum(bool(node["Alive"]) for node in ray.nodes())
        amounts = {name: resources.get(name, 0.0) for name in ("CPU", "GPU")}
        return {"version": ray.__version__, "nodes": nodes, **amounts}
