"""Names of wireless networks: bytes that may be anything, as text that can be shown."""

from __future__ import annotations

from scanner.collectors.linux.host import Unclear

_LONGEST = 32
"""Bytes of an SSID (IEEE 802.11, 9.4.2.2)."""


def ssid_text(name: bytes) -> str:
    """The name as text where it is printable UTF-8, else its bytes in hex. Raises Unclear."""
    if not 0 < len(name) <= _LONGEST:
        raise Unclear("the name of a wireless network is empty or longer than 32 bytes")
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return name.hex()
    return text if text.isprintable() else name.hex()


def ssid_of_hex(digits: str) -> str:
    """The same of a name that is written in hex. Raises Unclear."""
    try:
        return ssid_text(bytes.fromhex(digits) if " " not in digits else b"")
    except ValueError as error:
        if isinstance(error, Unclear):
            raise
        raise Unclear("the name of a wireless network is neither quoted nor hex") from None


def file_text(name: str) -> str:
    """The name of a file as text that can be written; one that is no UTF-8 by its bytes in hex."""
    return name if name.isprintable() else name.encode("utf-8", "surrogateescape").hex()
