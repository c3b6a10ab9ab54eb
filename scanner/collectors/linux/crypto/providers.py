"""The providers that OpenSSL has loaded, and what its configuration asks them for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scanner.collectors.linux.host import Unclear


@dataclass(frozen=True)
class Provider:
    """One block of `openssl list -providers`."""

    id: str
    name: str
    version: str
    active: bool


def parse_providers(text: str) -> list[Provider]:
    """The providers that OpenSSL 3 has loaded. Raises Unclear for an output of another shape."""
    if not text.lstrip().startswith("Providers:"):
        raise Unclear("openssl does not list its providers")
    found: list[Provider] = []
    name = ""
    values: dict[str, str] = {}

    def close() -> None:
        if name:
            found.append(
                Provider(
                    name,
                    values.get("name", ""),
                    values.get("version", ""),
                    values.get("status") == "active",
                )
            )

    for line in text.splitlines():
        head = re.fullmatch(r" {2}(\S+)\s*", line)
        if head:
            close()
            name, values = head.group(1), {}
            continue
        pair = re.fullmatch(r" {4}([a-z ]+): (.*)", line)
        if pair and name:
            values.setdefault(pair.group(1), pair.group(2).strip())
    close()
    if not found:
        raise Unclear("openssl lists no provider at all")
    return found


def fips_provider(providers: list[Provider]) -> Provider | None:
    """The active provider that is a FIPS module, by its id or its own name."""
    for each in providers:
        if each.active and (each.id == "fips" or "FIPS" in each.name):
            return each
    return None


def asks_for_fips(texts: list[str]) -> bool:
    """Whether openssl.cnf makes `fips=yes` the property that every fetch asks for."""
    return any(
        re.search(r"^\s*default_properties\s*=\s*\"?(?:.*,)?\s*fips\s*=\s*yes", text, re.M)
        for text in texts
    )
