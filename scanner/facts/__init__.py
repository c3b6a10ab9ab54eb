"""The vocabulary: what can be known of a system, the same for every provider."""

from __future__ import annotations

from scanner.facts import (
    audit,
    crypto,
    device,
    host,
    identity,
    network,
    services,
    sharing,
    software,
    storage,
)
from scanner.facts.base import (
    COMMON,
    CONTEXT,
    UNSET,
    Fact,
    Field,
    UnsetType,
    fields_of_type,
    kind_of,
)

_TOPICS = (identity, audit, crypto, software, host, device, storage, sharing, network, services)

KINDS: dict[str, type[Fact]] = {
    kind_of(member): member
    for topic in _TOPICS
    for member in vars(topic).values()
    if isinstance(member, type) and issubclass(member, Fact) and member is not Fact
}
"""Every fact kind by its name."""


def fields_of(kind: str) -> dict[str, Field]:
    """The fields that a rule over this kind may use; KeyError for a kind that does not exist."""
    return fields_of_type(KINDS[kind])


__all__ = [
    "COMMON",
    "CONTEXT",
    "KINDS",
    "UNSET",
    "Fact",
    "Field",
    "UnsetType",
    "fields_of",
    "kind_of",
]
