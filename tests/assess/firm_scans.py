"""What three scans of the invented firm found."""

from __future__ import annotations

from typing import Any

from scanner.evaluate.memory import MemorySnapshot
from scanner.facts import Fact, fields_of, kind_of
from scanner.facts.crypto import Module
from scanner.facts.host import Banner, Host
from scanner.facts.identity import Account
from scanner.facts.ledger import LedgerLine
from scanner.snapshot.manifest import ScopeInfo, SourceInfo, TargetInfo

SCOPES = {"corp": "entra:t-1", "prod": "aws:1", "bastion": "linux:m-1"}
PROVIDERS = {"corp": "entra", "prod": "aws", "bastion": "linux"}
NOTICE = "n" * 64


def fact(kind: type[Fact], target: str, name: str, **values: Any) -> Fact:
    return kind(
        subject=f"{target}/{name}",
        name=name,
        provider=PROVIDERS[target],
        target=target,
        scope=SCOPES[target],
        source=f"{PROVIDERS[target]}.{kind_of(kind)}",
        operation="x:Read",
        observed_at="2026-11-24T06:00:00Z",
        **values,
    )


def person(target: str, name: str, **values: Any) -> Fact:
    known = {"enabled": True, "category": "human", "privileged": False, "mfa_enforced": True}
    return fact(Account, target, name, **{**known, **values})


def module(name: str, state: str) -> Fact:
    return fact(
        Module,
        "bastion",
        name,
        library=name,
        module=name,
        version="1",
        certificate_state=state,
        certificate_note="as the register says",
    )


def banner(name: str, text_hash: str) -> Fact:
    return fact(Banner, "bastion", name, surface="ssh", shown=True, text_hash=text_hash)


def three_scans() -> list[Fact]:
    """Sixty people, two of them contractors without a key; a bastion; a machine of the workshop."""
    return [
        *(person("corp", f"person-{n:02}") for n in range(1, 58)),
        person("corp", "dana", privileged=True),
        person("corp", "contractor-1", mfa_enforced=False),
        person("corp", "contractor-2", mfa_enforced=False),
        person("prod", "root", category="root", privileged=True),
        person("prod", "dana", privileged=True),
        person("bastion", "dana", privileged=True),
        fact(Host, "bastion", "bastion-1", running=True),
        fact(Host, "bastion", "bench-3", running=True),
        banner("bastion-1", "0" * 64),
        banner("gear-tester-console", "1" * 64),
        module("openssl", "not-validated"),
        module("kernel", "patched"),
    ]


def snapshot(held: list[Fact]) -> MemorySnapshot:
    """What three targets said: each kind that is held there was listed in full."""
    asked = sorted({(f.target, kind_of(type(f))) for f in held})
    fields = {k: tuple(n for n in fields_of(k) if n != "tags") for _, k in asked}
    sources = {
        PROVIDERS[t]: tuple(
            SourceInfo(
                id=f"{PROVIDERS[t]}.{k}",
                kind=k,
                fields=fields[k],
                always={},
                lists=True,
                per="scope",
                calls={},
            )
            for target, k in asked
            if target == t
        )
        for t in SCOPES
    }
    ledger = tuple(
        LedgerLine(
            target=t,
            scope=SCOPES[t],
            region=None,
            source=f"{PROVIDERS[t]}.{k}",
            kind=k,
            fields=fields[k],
            always={},
            lists=True,
            gap=None,
            facts=sum(kind_of(type(f)) == k and f.target == t for f in held),
            at="2026-11-24T06:00:00Z",
        )
        for t, k in asked
    )
    infos = tuple(
        TargetInfo(id=t, provider=PROVIDERS[t], scopes=(ScopeInfo(id=s, name=s, regions=()),))
        for t, s in SCOPES.items()
    )
    return MemorySnapshot(infos, sources, ledger, {}, held, "2026-11-24T06:00:00Z")
