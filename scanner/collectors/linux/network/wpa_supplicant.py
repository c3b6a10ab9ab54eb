"""The wireless networks in wpa_supplicant's own files, and how each is protected.

Only names and key management are taken out of them. What stands in a line is never repeated: it
may be a passphrase.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.host import Host, Unclear, clear, observe
from scanner.collectors.linux.network.ssids import file_text, ssid_of_hex, ssid_text
from scanner.facts.device import DevicePolicy

_FILES = "/etc/wpa_supplicant/*.conf"
_OLD_FILE = "/etc/wpa_supplicant.conf"
_NETPLAN = "/run/netplan/wpa-*.conf"
"""What netplan writes where systemd-networkd manages the interface."""

_PROTECT = frozenset(
    {
        *("WPA-PSK", "WPA-EAP", "WPA-PSK-SHA256", "WPA-EAP-SHA256", "WPA-EAP-SHA384"),
        *("WPA-EAP-SUITE-B", "WPA-EAP-SUITE-B-192"),
        *("FT-PSK", "FT-EAP", "FT-EAP-SHA384"),
        *("SAE", "FT-SAE", "SAE-EXT-KEY", "FT-SAE-EXT-KEY"),
        *("FILS-SHA256", "FILS-SHA384", "FT-FILS-SHA256", "FT-FILS-SHA384", "DPP"),
    }
)
"""Values of key_mgmt that authenticate and encrypt (the wpa_supplicant.conf of its sources)."""
_DO_NOT = frozenset({"NONE", "WPA-NONE", "IEEE8021X", "OWE", "OSEN", "WPS"})
"""Values that leave out the one, the other, or both. IEEE8021X is WEP with changing keys."""
_DEFAULT = ("WPA-PSK", "WPA-EAP")

ANY = "any network"
"""The name of a block without one: it fits whatever is in reach."""

Networks = dict[str, frozenset[str]]
"""Name -> everything that its key_mgmt allows, over all blocks of that name."""


def _plain(line: str) -> str:
    """A line without its comment; a `#` between the first and the last quote is none."""
    last = line.rfind('"') if line.count('"') > 1 else 0
    mark = line.find("#", last)
    return (line if mark < 0 else line[:mark]).strip()


def _ssid(value: str) -> str:
    quoted = re.fullmatch(r'P?"(.*)"', value)
    if quoted is None:
        return ssid_of_hex(value)
    return ssid_text(quoted.group(1).encode("utf-8", "surrogatepass"))


def parse_networks(text: str) -> Networks:
    """The networks that a file lets the host join. Raises Unclear.

    A block for wired 802.1X (`ap_scan=0`, no name) is none.
    """
    found: dict[str, set[str]] = {}
    blocks, wired = _blocks(text)
    for block in blocks:
        words = block.get("key_mgmt", " ".join(_DEFAULT)).split()
        if not words:
            raise Unclear("a network's key_mgmt is empty")
        name = _ssid(block["ssid"]) if "ssid" in block else ANY
        if wired and name == ANY and words == ["IEEE8021X"]:
            continue
        found.setdefault(name, set()).update(words)
    return {name: frozenset(words) for name, words in found.items()}


def _blocks(text: str) -> tuple[list[dict[str, str]], bool]:
    """(network blocks, whether the file leaves scanning to a wired driver)."""
    blocks: list[dict[str, str]] = []
    inside, wired = "", False
    for raw in text.splitlines():
        line = raw.strip() if inside.startswith("blob-") else _plain(raw)
        if not line:
            continue
        key, equals, value = line.partition("=")
        if inside:
            if line == "}":
                inside = ""
            elif inside == "network":
                if not equals:
                    raise Unclear("a line of a network block has no value")
                blocks[-1][key] = value
        elif equals and value == "{":
            inside = key
            if key == "network":
                blocks.append({})
        elif key == "ap_scan":
            wired = value == "0"
    if inside:
        raise Unclear("a block has no end")
    return blocks, wired


def protects(words: frozenset[str]) -> bool:
    """Whether each of the ways that key_mgmt allows authenticates and encrypts. Raises Unclear."""
    if words & _DO_NOT:
        return False
    if not words <= _PROTECT:
        raise Unclear("a network's key_mgmt holds a word that is not known here")
    return True


@source(
    DevicePolicy,
    fields=["host", "purpose", "setting", "assigned", "value", "secure"],
    calls={f"read:{_FILES}": "root", f"read:{_OLD_FILE}": "root", f"read:{_NETPLAN}": "root"},
    always={"purpose": "wifi"},
)
def wpa_supplicant(here: Host) -> Iterator[DevicePolicy | Partial]:
    """The wireless networks in wpa_supplicant's own files, and how each is protected."""
    patterns = (_FILES, _OLD_FILE, *([_NETPLAN] if here.live else []))
    unread: list[Refused] = []
    for pattern in patterns:
        operation = f"read:{pattern}"
        for path in here.glob(pattern):
            file = path.rpartition("/")[2]
            if file.startswith("wpa_supplicant-wired-"):
                continue
            try:
                text = here.read(path)
                networks = clear(operation, lambda text=text: parse_networks(text))  # type: ignore[misc]
            except Refused as refused:
                unread.append(refused)
                continue
            for name, words in sorted(networks.items()):
                yield _network(here, operation, file_text(file), name, words)
    if unread:
        raise unread[0]


def _network(
    here: Host, operation: str, file: str, name: str, words: frozenset[str]
) -> DevicePolicy | Partial:
    def value() -> str:
        protects(words)  # a word that is not known is not repeated
        return " ".join(sorted(words & (_PROTECT | _DO_NOT)))

    fact = DevicePolicy(
        subject=f"{here.id}/wifi/{file}/{name}",
        name=name,
        host=here.id,
        purpose="wifi",
        setting="key_mgmt",
        assigned=True,
        **here.here(operation),
    )
    return observe(fact, operation, {"value": value, "secure": lambda: protects(words)})
