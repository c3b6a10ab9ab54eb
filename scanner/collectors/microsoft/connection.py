"""Connections to one server: certificates, proxies and timeouts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from scanner.errors import InputError


def pool(
    base: str, proxy: str | None, ca_bundle: str | None, *, connect: float, read: float
) -> Any:
    """A pool of connections that waits so many seconds. Raises InputError without urllib3."""
    try:
        import urllib3
    except ImportError as error:
        raise InputError(
            "Microsoft targets need urllib3: pip install 'cmmc-scan[microsoft]'"
        ) from error

    settings: dict[str, Any] = {
        "maxsize": 16,
        "block": False,
        "timeout": urllib3.Timeout(connect=connect, read=read),
    }
    if base.startswith("https:"):
        settings["cert_reqs"] = "CERT_REQUIRED"
        bundle = ca_bundle or _bundle()
        if bundle:
            settings["ca_certs"] = bundle
    proxy = proxy or _proxy_for(base)
    if proxy:
        return urllib3.ProxyManager(proxy, **settings)
    return urllib3.PoolManager(**settings)


def _bundle() -> str | None:
    import os

    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if os.environ.get(name):
            return os.environ[name]
    return None


def _proxy_for(base: str) -> str | None:
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(base)
    host = parts.hostname or ""
    if host in ("localhost", "127.0.0.1", "::1") or proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)
