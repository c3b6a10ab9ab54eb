"""Declarations proposed from a scan, and that they count only once confirmed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scanner.assess import load
from scanner.assess.propose import fits, propose, text
from scanner.facts.identity import Account, RoleGrant
from scanner.facts.software import Malware, Package


def make(kind: type, name: str, **more: Any) -> Any:
    fields: dict[str, Any] = {
        "subject": name,
        "name": name,
        "provider": "linux",
        "target": "bastion",
        "scope": "linux:1",
        "source": "linux.x",
        "operation": "x",
        "observed_at": "2026-11-24T06:00:00Z",
    }
    return kind(**{**fields, **more})


def test_proposals_are_read_back_and_wait(tmp_path: Path) -> None:
    facts = [
        make(Account, "ann", category="human", enabled=True, privileged=True),
        make(Account, "ann", category="human", enabled=True, target="corp"),
        make(Account, "old", category="human", enabled=False),
        make(Account, "backup", category="service", enabled=True),
        make(Account, "glass", category="break-glass", enabled=True),
        make(RoleGrant, "g", role='sudo %wheel: (ALL) "ALL"'),
        make(Package, "p", program="openssl", publisher="Debian"),
        make(Malware, "m", engine="ClamAV"),
    ]
    proposed = propose(facts)
    assert proposed["accounts"] == (
        {"id": "ann", "targets": ["bastion", "corp"], "proposed": True, "privileged": True},
    )
    assert set(proposed) == {
        "accounts",
        "administrators",
        "exclusions",
        "products",
        "role-matrix",
        "service-accounts",
        "software",
    }
    path = tmp_path / "declarations.yaml"
    path.write_text(text(proposed))
    waiting = load.declarations(path)
    assert waiting.lists == {"products": ()}
    assert sum(waiting.proposed.values()) == 7
    path.write_text(text(proposed).replace(',"proposed":true', ""))
    confirmed = load.declarations(path)
    assert confirmed.lists["role-matrix"][0]["id"] == 'sudo %wheel: (ALL) "ALL"'
    later = path.read_text().replace('"id":"backup"', '"id":"backup","until":"2026-11-23"')
    path.write_text(later)
    services = load.declarations(path)
    assert list(services.current("2026-11-23")["service-accounts"]) == ["backup"]
    assert services.current("2026-11-24")["service-accounts"] == {}
    assert confirmed.product_for("malware-protection", "linux", "x", "y") == "ClamAV"


def test_who_holds_rights_by_a_name_that_many_share_is_proposed_with_the_roles() -> None:
    sso = {"principal_name": "SSO", "principal_kind": "federated", "action_class": ("audit",)}
    person = {"principal_name": "ann", "principal_kind": "user", "role": "it"}
    proposed = propose(
        [
            make(RoleGrant, "1", role="Audit", reads_records=True, privileged=False, **sso),
            make(RoleGrant, "2", role="Admin", reads_records=True, privileged=True, **sso),
            make(RoleGrant, "3", reads_records=True, privileged=True, **person),
            make(RoleGrant, "4", role="Plain", reads_records=False, principal_name="bob"),
            make(RoleGrant, "5", role="Unread", principal_name="eve"),
            make(RoleGrant, "6", role="Open", reads_records=True, principal_name="*"),
            make(RoleGrant, "7", role="Open", reads_records=True, principal_name="Team * East"),
        ]
    )
    found = {
        name: {r["id"]: r.get("roles") for r in records}
        for name, records in proposed.items()
        if name != "role-matrix"
    }
    assert found == {
        "administrators": {"SSO": ["Admin"]},
        "audit-managers": {"SSO": ["Admin", "Audit"]},
        "audit-readers": {"SSO": ["Admin", "Audit"], "ann": None},
    }
    (record,) = proposed["administrators"]
    assert fits(record)
    assert not fits({**record, "roles": ["a\x1bb"]})


HOSTILE = ["\x1b[31mRED", "nul\x00nul", "]]>\ufffe", "\x9b31mC1", ""]
"""Names that no document can hold."""
ODD = ["\u202egnp.exe", "a\nb", "\x85", "\u2028", "\ufeff", "\U0001f600", "- x: &y"]
"""Names that one can, if they are written with care."""


def test_a_name_that_no_document_can_hold_is_shown_and_proposes_nothing(tmp_path: Path) -> None:
    facts = [make(Account, name, category="human", enabled=True) for name in (*HOSTILE, *ODD)]
    facts += [make(Malware, "m", engine="\x1bAV")]
    proposed = propose(facts)
    assert [r["id"] for r in proposed["accounts"] if not fits(r)] == sorted(HOSTILE)
    path = tmp_path / "declarations.yaml"
    path.write_text(text(proposed))
    assert load.declarations(path).proposed == {"accounts": len(ODD)}
    assert path.read_text().count("# cannot be declared under such a name: {") == len(HOSTILE) + 1
    path.write_text(text(proposed).replace(',"proposed":true', ""))
    confirmed = load.declarations(path).lists["accounts"]
    assert sorted(r["id"] for r in confirmed) == sorted(ODD)
