"""Which versions of TLS a service accepts."""

from __future__ import annotations

from typing import Any

from scanner.collectors.azure.common import named
from scanner.collectors.base import Partial, Refused
from scanner.collectors.microsoft.place import Place
from scanner.facts import Fact
from scanner.facts.crypto import Endpoint

_RANKS = {
    "TLS1_0": ("1.0", 10),
    "TLS1_1": ("1.1", 11),
    "TLS1_2": ("1.2", 12),
    "TLS1_3": ("1.3", 13),
    "1.0": ("1.0", 10),
    "1.1": ("1.1", 11),
    "1.2": ("1.2", 12),
    "1.3": ("1.3", 13),
}


def absent(operation: str, name: str) -> Refused:
    """The refusal that a property which did not come is."""
    return Refused("broken", operation, f"{name} is absent, which is no answer")


def endpoint(
    place: Place,
    resource: dict[str, Any],
    operation: str,
    service: str,
    least: object,
    plaintext_refused: object,
    *,
    public: bool | None,
) -> Fact | Partial:
    """An endpoint, by the least version of TLS; "None" is none at all.

    public: None where it is not told.
    """
    values: dict[str, Any] = {}
    refused: dict[str, Refused] = {}
    if public is None:
        refused["public"] = absent(operation, "publicNetworkAccess")
    else:
        values["public"] = public
    if least == "None":
        values["min_version"] = values["min_version_rank"] = None
    elif isinstance(least, str) and least in _RANKS:
        values["min_version"], values["min_version_rank"] = _RANKS[least]
    else:
        why = absent(operation, "the least TLS version")
        refused |= {"min_version": why, "min_version_rank": why}
    if isinstance(plaintext_refused, bool):
        values["plaintext_refused"] = values["encrypted"] = plaintext_refused
    else:
        why = absent(operation, "whether plain connections are refused")
        refused |= {"plaintext_refused": why, "encrypted": why}
    fact = Endpoint(service=service, protocol="TLS", **values, **named(place, resource, operation))
    return Partial(fact, refused) if refused else fact
