"""Cryptographic modules held against the register of FIPS certificates, on a given day.

Done when a snapshot is judged and not when it is collected, so that a newer register judges an
older snapshot anew.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from scanner.facts import UNSET, Fact
from scanner.facts.crypto import Module
from scanner.frameworks import cmvp

UNSETTLED = "unsettled"
"""The reason (and the gap id in `unread`) where all was read and the register leaves it open."""


FILLED_HERE = frozenset({"certificate", "certificate_state", "certificate_note"})
"""Fields of crypto.module that no collector fills."""

FILLED_FROM = frozenset(
    {"library", "module", "version", "fips_mode", "package", "package_version", "os_release"}
)
"""What they are made of."""


def certified(
    facts: Iterator[Fact], as_of: str, register: cmvp.Register | None = None
) -> Iterator[Fact]:
    """The same facts; modules carry their certificate, its state and the register's word."""
    day = datetime.date.fromisoformat(as_of)

    @lru_cache(maxsize=1024)
    def match(module: cmvp.Module) -> cmvp.Match:
        return cmvp.match(module, day, register)

    for fact in facts:
        if isinstance(fact, Module) and fact.certificate_state is UNSET:
            fact = _with(fact, match(_asked(fact)))
        yield fact


def _asked(fact: Module) -> cmvp.Module:
    def known(value: object) -> str | None:
        return value if isinstance(value, str) else None

    package, build = known(fact.package), known(fact.package_version)
    system = known(fact.os_release)
    return cmvp.Module(
        kind=fact.library if isinstance(fact.library, str) else "unknown",
        name=known(fact.module),
        version=known(fact.version),
        package=f"{package}-{build}" if package and build else None,
        system=system.replace(" ", ":", 1) if system else None,
        fips_mode=fact.fips_mode if isinstance(fact.fips_mode, bool) else None,
    )


def _with(fact: Module, found: cmvp.Match) -> Module:
    settled = cmvp.STATES[found.state] != "unknown"
    note = " ".join((found.say, *found.warnings))
    number = found.certificate.cert if found.certificate else None
    unread = {} if settled else {"certificate_state": UNSETTLED}
    return msgspec.structs.replace(
        fact,
        certificate=number,
        certificate_state=found.state if settled else UNSET,
        certificate_note=note,
        unread={**fact.unread, **unread},
    )
