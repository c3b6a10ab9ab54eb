"""Missing updates, as each family's package manager lists them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scanner.collectors.linux.host import Unclear


@dataclass(frozen=True)
class Missing:
    all: int
    security: int


def parse_apt(text: str) -> Missing:
    """`apt list --upgradable`: `name/suite,suite version architecture [upgradable from: old]`.

    A suite whose name ends in -security makes it a security update. Raises Unclear.
    """
    missing = security = 0
    for line in text.splitlines():
        if not line.strip() or line.startswith(("Listing", "WARNING", "N: ")):
            continue
        found = re.match(r"[^\s/]+/(\S+) \S+ \S+ \[upgradable from: [^\]]+\]", line)
        if found is None:
            raise Unclear(f"the apt line {line[:60]!r} is not understood")
        missing += 1
        security += any(s.endswith("-security") for s in found.group(1).split(","))
    return Missing(missing, security)


def parse_updateinfo(text: str) -> Missing:
    """`dnf updateinfo list`: one advisory and package a line; security ones say so."""
    packages: dict[str, bool] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) < 3 or words[0].lower() in ("name", "last"):
            continue
        kind, package = " ".join(words[1:-1]).lower(), words[-1]
        if "sec" not in kind and kind not in ("bugfix", "enhancement", "newpackage", "unknown"):
            raise Unclear(f"the dnf line {line[:60]!r} is not understood")
        packages[package] = packages.get(package, False) or "sec" in kind
    return Missing(len(packages), sum(packages.values()))


def parse_zypper(text: str) -> Missing:
    """`zypper list-patches`: a table with the columns repository, name, category, ..., status."""
    rows = [[c.strip() for c in line.split("|")] for line in text.splitlines() if "|" in line]
    if not rows:
        if re.search(r"no updates found|no patches", text, re.I):
            return Missing(0, 0)
        raise Unclear("zypper does not list its patches")
    head = [name.lower() for name in rows[0]]
    if "category" not in head:
        raise Unclear("zypper lists its patches in another form")
    at = head.index("category")
    body = [row for row in rows[1:] if len(row) == len(head)]
    return Missing(len(body), sum(1 for row in body if row[at].lower() == "security"))
