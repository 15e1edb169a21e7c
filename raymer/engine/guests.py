"""Classes of somebody else's, sent to other processes."""

import sys
from pathlib import Path
from typing import Any

from raymer.components.guests import Guests
from raymer.components.plugins import PLUGINS


def guests_for_workers() -> Guests:
    """Return what was let in here, ready to be sent to Ray's workers."""
    from ray import cloudpickle

    return guests_for(cloudpickle)


def guests_for(cloudpickle: Any) -> Guests:
    """Return what was let in here, ready to be sent by a `cloudpickle`: classes travel by value, not by name."""
    for cls in PLUGINS.classes.values():
        module = sys.modules.get(cls.__module__)
        file = getattr(module, "__file__", None)
        if module is not None and cls.__module__ != "__main__" and file and "site-packages" not in Path(file).parts:
            cloudpickle.register_pickle_by_value(module)
    for plugin in PLUGINS:
        cloudpickle.register_pickle_by_value(PLUGINS.module(plugin.name))
    return Guests.here()
