"""Addresses that something may be sent to or asked of."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LOOPBACK = re.compile(r"127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost|::1")


def fit(url: str) -> bool:
    """Whether it is a URL of https, or of plain http on loopback, without blanks."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    plain = parts.scheme == "http" and _LOOPBACK.fullmatch(host)
    return bool(host and (parts.scheme == "https" or plain)) and not re.search(
        r"[\s\x00-\x1f]", url
    )


def names_user(url: str) -> bool:
    """Whether a URL carries a user name or a password."""
    parts = urlsplit(url)
    return parts.username is not None or parts.password is not None
