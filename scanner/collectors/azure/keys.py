"""Key vaults and the keys in them; never their material."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scanner.collectors.azure.common import ANYWHERE, IN_GROUP, everywhere, named, parts, where
from scanner.collectors.azure.network_access import denies_by_default, is_closed
from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.microsoft.arm import got, listed, properties, resource_id
from scanner.collectors.microsoft.place import Place
from scanner.collectors.microsoft.values import items, part
from scanner.facts import Fact
from scanner.facts.crypto import Key
from scanner.facts.storage import Store

VAULTS = f"GET {ANYWHERE}Microsoft.KeyVault/vaults"
KEYS = f"GET {IN_GROUP}Microsoft.KeyVault/vaults/{{vault}}/keys"
KEY = f"GET {IN_GROUP}Microsoft.KeyVault/vaults/{{vault}}/keys/{{key}}"
_DURATION = re.compile(r"^P(?=\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?$")
_VAULTS_READ = {VAULTS: "Microsoft.KeyVault/vaults/read"}


@source(
    Store,
    fields=["category", "public", "public_blocked", "network_default_deny", "encrypted", "key_id"],
    calls=_VAULTS_READ,
    always={"category": "key-vault", "public": False, "encrypted": True},
)
def key_vaults(place: Place) -> Iterator[Fact | Partial]:
    """Key vaults: from which networks they can be reached."""
    for vault in everywhere(place, VAULTS):
        found = parts(vault)
        denies = denies_by_default(found, VAULTS)
        # The service encrypts what it keeps, and gives nothing without a role or access policy.
        always = {"category": "key-vault", "encrypted": True, "public": False, "key_id": None}
        fields = {**named(place, vault, VAULTS), **always}
        if isinstance(denies, Refused):
            names = ("public_blocked", "network_default_deny")
            yield Partial(Store(**fields), dict.fromkeys(names, denies))
        else:
            yield Store(public_blocked=is_closed(found), network_default_deny=denies, **fields)


@source(
    Key,
    fields=["state", "origin", "managed_by", "policy_public"],
    calls={**_VAULTS_READ, KEYS: "Microsoft.KeyVault/vaults/keys/read"},
    always={"managed_by": "customer", "policy_public": False},
)
def vault_keys(place: Place) -> Iterator[Fact]:
    """Keys in key vaults; never their material."""
    for vault in everywhere(place, VAULTS):
        for key in listed(place, KEYS, *where(place, resource_id(vault))):
            attributes = properties(key).get("attributes")
            on = attributes.get("enabled") if isinstance(attributes, dict) else None
            if not isinstance(on, bool):
                raise Refused("broken", KEYS, "a key tells no state")
            yield Key(
                state="enabled" if on else "disabled",
                origin="key-vault",
                managed_by="customer",
                # Using a key takes a role or an access policy; neither can name everybody.
                policy_public=False,
                **named(place, key, KEYS),
            )


@vault_keys.detail(
    fields=["hardware", "rotation_days", "symmetric"],
    calls={KEY: "Microsoft.KeyVault/vaults/keys/read"},
)
def key_kind(place: Place, key: Key) -> dict[str, object]:
    """Whether the key lives in a hardware module, and how often it rotates by itself."""
    vault = key.subject.rpartition("/keys/")[0]
    found = properties(got(place, KEY, *where(place, vault), key.subject.rpartition("/")[2]))
    kind = str(found.get("kty") or "")
    if not kind:
        raise Refused("broken", KEY, "the key tells no type")
    return {
        "hardware": kind.upper().endswith("-HSM"),
        "rotation_days": _rotation(part(found, "rotationPolicy")),
        "symmetric": kind.upper().startswith("OCT"),
    }


def _rotation(policy: Mapping[str, Any]) -> int | Refused | None:
    """After how many days the key rotates by itself; None: it does not."""
    for action in items(policy.get("lifetimeActions")):
        if str(part(action, "action").get("type", "")).lower() != "rotate":
            continue
        trigger = part(action, "trigger")
        after, before = trigger.get("timeAfterCreate"), trigger.get("timeBeforeExpiry")
        days = _days(after)
        lives, early = _days(part(policy, "attributes").get("expiryTime")), _days(before)
        if days is None and lives is not None and early is not None:
            days = lives - early
        if days is None:
            return Refused("broken", KEY, f"the time of rotation is not understood: {trigger}")
        return days
    return None


def _days(duration: object) -> int | None:
    """Days of an ISO 8601 duration such as P90D, P3M or P1Y6M; None for another form."""
    matched = _DURATION.match(str(duration or ""))
    if matched is None:
        return None
    years, months, weeks, days = (int(number or 0) for number in matched.groups())
    return years * 365 + months * 30 + weeks * 7 + days
