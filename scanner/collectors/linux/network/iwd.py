"""The wireless networks that iwd knows. Their files hold the secrets; their names tell the rest."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.collectors.base import source
from scanner.collectors.linux.host import Host, Unclear
from scanner.collectors.linux.network.ssids import file_text, ssid_of_hex, ssid_text
from scanner.facts.device import DevicePolicy

_SECURE = {"8021x": True, "psk": True, "open": False}
"""Ending of a file -> whether joining authenticates and encrypts (iwd.network(5)). `open` is also
what a network with opportunistic encryption has: nobody knows whom it encrypts for."""


def network_name(stem: str) -> str:
    """The name that a file stands for: itself, or after a `=` its bytes in hex. Raises Unclear."""
    if stem.startswith("="):
        return ssid_of_hex(stem[1:])
    return ssid_text(stem.encode("utf-8", "surrogateescape"))


@source(
    DevicePolicy,
    fields=["host", "purpose", "setting", "assigned", "value", "secure"],
    calls={f"stat:/var/lib/iwd/*.{ending}": "root" for ending in _SECURE},
    always={"purpose": "wifi"},
)
def iwd(here: Host) -> Iterator[DevicePolicy]:
    """The wireless networks that iwd knows, and how each is protected; no file is opened."""
    for ending, secure in _SECURE.items():
        operation = f"stat:/var/lib/iwd/*.{ending}"
        for path in here.glob(operation.removeprefix("stat:")):
            file = path.rpartition("/")[2]
            stem = file.removesuffix(f".{ending}")
            try:
                name = network_name(stem)
            except Unclear:
                continue  # no network can have this name
            yield DevicePolicy(
                subject=f"{here.id}/wifi/iwd/{file_text(file)}",
                name=name,
                host=here.id,
                purpose="wifi",
                setting="security",
                assigned=True,
                value=ending,
                secure=secure,
                **here.here(operation),
            )
