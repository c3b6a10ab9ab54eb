"""Wireless networks that the host joins by itself, and the keys of its SSH server."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.collectors.base import source
from scanner.collectors.linux.forms import drop_in_paths, section_values
from scanner.collectors.linux.host import Host
from scanner.collectors.linux.network.ssids import file_text
from scanner.collectors.linux.sign_in.sshd_config import SSHD_PROGRAMS
from scanner.facts.crypto import Key
from scanner.facts.device import DevicePolicy

_FOLDERS = tuple(f"{top}/NetworkManager/system-connections" for top in ("/etc", "/run", "/usr/lib"))
"""Where profiles lie; netplan writes its own under /run."""

_PROFILES = f"{_FOLDERS[0]}/*.nmconnection"

_SECURE = frozenset({"wpa-psk", "wpa-eap", "sae", "wpa-eap-suite-b-192"})
"""Values of key-mgmt that authenticate and encrypt (NetworkManager's settings, 802-11-security)."""


@source(
    DevicePolicy,
    fields=["host", "purpose", "setting", "assigned", "value", "secure"],
    calls={f"read:{folder}/*.nmconnection": "root" for folder in _FOLDERS},
    always={"purpose": "wifi"},
)
def wireless(here: Host) -> Iterator[DevicePolicy]:
    """The wireless networks in NetworkManager's profiles, and how each is protected."""
    folders = [f for f in _FOLDERS if here.live or not f.startswith("/run")]
    for path in drop_in_paths(here, folders, ".nmconnection"):
        text = here.read(path)
        kind = section_values([text], "connection").get("type", "")
        if kind not in ("wifi", "802-11-wireless"):
            continue
        security = section_values([text], "wifi-security")
        security |= section_values([text], "802-11-wireless-security")
        value = security.get("key-mgmt")
        name = file_text(path.rpartition("/")[2].removesuffix(".nmconnection"))
        yield DevicePolicy(
            subject=f"{here.id}/wifi/{name}",
            name=name,
            host=here.id,
            purpose="wifi",
            setting="key-mgmt",
            assigned=True,
            value=value,
            secure=value in _SECURE,
            **here.here(f"read:{_PROFILES}"),
        )


_KEYS = "/etc/ssh/ssh_host_*_key.pub"


@source(
    Key,
    fields=[
        "state",
        "origin",
        "hardware",
        "managed_by",
        "rotation_days",
        "symmetric",
    ],
    calls={f"stat:{_KEYS}": "", **{f"stat:{path}": "" for path in SSHD_PROGRAMS}},
)
def host_keys(here: Host) -> Iterator[Key]:
    """The keys by which the SSH server proves what it is; only their names are looked at."""
    if not any(here.exists(path) for path in SSHD_PROGRAMS):
        return
    for path in here.glob(_KEYS):
        name = path.rpartition("/")[2].removesuffix(".pub")
        yield Key(
            subject=f"{here.id}/key/{name}",
            name=name,
            state="enabled",
            origin="host",
            hardware=False,
            managed_by="customer",
            rotation_days=None,
            symmetric=False,
            **here.here(f"stat:{_KEYS}"),
        )
