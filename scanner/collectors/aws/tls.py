"""What the names of TLS policies tell: the least version, and whether they stand for FIPS.

A policy whose name holds the token FIPS is AWS's word for "FIPS modules only". A service whose
settings cannot name FIPS at all gives no answer here: its part is inherited or unknown.
"""

from __future__ import annotations

import re
from typing import Any

from scanner.collectors.base import Partial, Refused
from scanner.facts.crypto import Endpoint

_TOKEN = re.compile(r"(?<![A-Za-z0-9])FIPS(?![A-Za-z0-9])")
_TLS = (
    re.compile(r"TLS13_1_(\d)"),
    re.compile(r"TLS[_-]1[_-](\d)"),
    re.compile(r"TLS1(\d)_"),
    re.compile(r"TLSv1\.(\d)"),
)
"""How policies write their least version: the set's own TLS13 stands before it where it does."""
NAMED = [
    "service",
    "protocol",
    "policy",
    "min_version",
    "min_version_rank",
    "encrypted",
    "plaintext_refused",
    "fips_policy",
    "public",
]
"""What is told of an endpoint whose least version stands only in its policy's name."""


def names_fips(policy: str) -> bool:
    """Whether FIPS stands in a policy's name as a word of its own."""
    return _TOKEN.search(policy.replace("_", "-")) is not None


def version_rank(version: str | None) -> int | None:
    """`1.2` as 12, so that versions compare as numbers."""
    return None if version is None else int(version.replace(".", ""))


def named_version(policy: str) -> str | None:
    """The least TLS version that a policy's name tells (TLS_1_2, Policy-Min-TLS-1-2-...)."""
    for pattern in _TLS:
        match = pattern.search(policy)
        if match:
            return f"1.{match.group(1)}"
    return None


def by_policy_name(facts: dict[str, Any], refused: dict[str, Refused]) -> Endpoint | Partial:
    """An endpoint whose least version stands only in its policy's name."""
    version = named_version(facts["policy"])
    if version is None:
        unknown = Refused("broken", facts["operation"], f"{facts['policy']} names no TLS version")
        refused = {**refused, "min_version": unknown, "min_version_rank": unknown}
    else:
        facts = {**facts, "min_version": version, "min_version_rank": version_rank(version)}
    endpoint = Endpoint(**facts)
    return Partial(endpoint, refused) if refused else endpoint
