"""The protocols by the name that experiments give them."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from raymer.components.catalogue import Catalogue, lacks
from raymer.components.component import Component
from raymer.errors import UsageError
from raymer.nearest import unknown
from raymer.protocols.given import Given
from raymer.protocols.leave_out import LeaveOneGroupOut, LeaveOneOut
from raymer.protocols.random_splits import GroupRandomSplits, RandomSplits
from raymer.protocols.repeated import RepeatedGroupKFold, RepeatedKFold
from raymer.protocols.splits import GroupKFold, KFold, SplitProtocol
from raymer.protocols.splitter import Splitter
from raymer.protocols.stratified import Stratified, StratifiedGroup

KINDS: Mapping[str, type[Any]] = {
    "kfold": KFold,
    "group_kfold": GroupKFold,
    "random": RandomSplits,
    "group_random": GroupRandomSplits,
    "repeated_kfold": RepeatedKFold,
    "repeated_group_kfold": RepeatedGroupKFold,
    "stratified": Stratified,
    "stratified_group": StratifiedGroup,
    "leave_one_group_out": LeaveOneGroupOut,
    "leave_one_out": LeaveOneOut,
    "given": Given,
}
"""A kind's keys are the fields of its class."""

PROTOCOLS = Catalogue(
    "protocol",
    [
        Component(kind, "protocol", f"{cls.__module__}:{cls.__name__}", (cls.__doc__ or "").splitlines()[0])
        for kind, cls in KINDS.items()
    ],
    lambda cls: "" if callable(getattr(cls, "split", None)) else lacks(cls, "splits", "to_dict"),
)
"""The protocols by name. A foreign one is a class with `splits(clips)` and `to_dict()`, or with scikit-learn's
`split(X, y, groups)`."""


def make_protocol(kind: str, keys: Mapping[str, Any]) -> SplitProtocol:
    """Return the protocol of a kind with the keys that were given, the rest at its defaults.

    Raises
    ------
    UsageError
        For a key that the kind would ignore, or a value that the class refuses.
    """
    maker = PROTOCOLS[kind].cls
    if kind not in KINDS:
        return _of_somebody_else(kind, maker, keys)
    known = {field.name for field in fields(maker)}
    every = {field.name for cls in KINDS.values() for field in fields(cls)}
    for key in sorted(keys):
        if key not in every:
            raise UsageError(f"protocol {kind}: {unknown('key', key, sorted(known))}")
        if key not in known:
            raise UsageError(f"protocol {kind} would ignore {key!r}: leave it out")
    chosen = dict(keys)
    if chosen.get("shuffle") is False:
        if "seed" in chosen:
            raise UsageError(f"protocol {kind} without shuffle would ignore 'seed': leave it out")
        chosen["seed"] = None
    protocol: SplitProtocol = maker(**chosen)
    return protocol


def _of_somebody_else(kind: str, maker: type[Any], keys: Mapping[str, Any]) -> SplitProtocol:
    """Return a protocol as it is, or a splitter of scikit-learn's kind with what it goes `by` and the `group`."""
    is_protocol = callable(getattr(maker, "splits", None))
    ours = () if is_protocol else ("by", "group")
    params = PROTOCOLS[kind].checked({key: value for key, value in keys.items() if key not in ours})
    try:
        made = maker(**params)
    except (TypeError, ValueError) as error:
        raise UsageError(f"protocol {kind}: {str(error).splitlines()[0]}") from error
    protocol: SplitProtocol = made if is_protocol else Splitter(made, **{k: v for k, v in keys.items() if k in ours})
    return protocol
