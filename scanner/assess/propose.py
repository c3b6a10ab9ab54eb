"""Declarations proposed from what a scan found, for a person to confirm.

Every record says `proposed: true` and counts for nothing until that line is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scanner.documents import holds, written
from scanner.facts import Fact
from scanner.facts.identity import Account, RoleGrant
from scanner.facts.network import RemoteAccess
from scanner.facts.software import Malware, Package, Policy

Records = dict[str, dict[str, Any]]

PEOPLE = ("human", "guest", "root")
SHARED = ("account", "federated", "role", "service")
"""Kinds of principal under whose one name many may hold different roles."""


def propose(facts: Iterable[Fact]) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """Lists of records by name, as declarations.yaml has them; each record sorted by id.

    From the facts of a snapshot: people's accounts, administrators, who manages and reads audit
    records, service identities, break-glass accounts, roles, ways in from outside, application
    control and malware engines, installed programs.
    """
    found: dict[str, Records] = {}
    for fact in facts:
        if isinstance(fact, Account):
            _account(found, fact)
        elif isinstance(fact, RoleGrant) and isinstance(fact.role, str):
            _into(found, "role-matrix", fact.role, fact)
            _grant(found, fact, fact.role)
        elif isinstance(fact, RemoteAccess):
            _into(found, "remote-access", fact.name, fact)
        elif isinstance(fact, Package) and isinstance(fact.program, str):
            record = _into(found, "software", fact.program, fact)
            if isinstance(fact.publisher, str):
                record["publisher"] = fact.publisher
        elif isinstance(fact, Malware) and isinstance(fact.engine, str):
            _product(found, "malware-protection", fact.engine, fact)
        elif isinstance(fact, Policy) and fact.enforced is True and isinstance(fact.system, str):
            _product(found, "application-control", fact.system, fact)
    return {
        name: tuple(records[key] for key in sorted(records))
        for name, records in sorted(found.items())
    }


def _account(found: dict[str, Records], account: Account) -> None:
    if account.enabled is False or not isinstance(account.category, str):
        return
    if account.category == "break-glass":
        record = _into(found, "exclusions", account.name, account)
        record["of"] = "mfa"
        record["reason"] = "emergency account; say who keeps it and how its use is noticed"
        return
    name = "accounts" if account.category in PEOPLE else "service-accounts"
    record = _into(found, name, account.name, account)
    if isinstance(account.owner, str):
        record["person" if name == "accounts" else "owner"] = account.owner
    if name == "accounts" and account.privileged is True:
        record["privileged"] = True
        _into(found, "administrators", account.name, account)


def _grant(found: dict[str, Records], grant: RoleGrant, role: str) -> None:
    held = {
        # Accounts tell which of their own users are administrators.
        "administrators": grant.privileged is True and grant.principal_kind != "user",
        "audit-managers": isinstance(grant.action_class, tuple) and "audit" in grant.action_class,
        "audit-readers": grant.reads_records is True,
    }
    if not isinstance(grant.principal_name, str) or "*" in grant.principal_name:
        # A star in a list of people stands for any text: it would let everybody in.
        return
    for name in (name for name, holds_it in held.items() if holds_it):
        record = _into(found, name, grant.principal_name, grant)
        if (
            grant.principal_kind in SHARED or grant.external is True
        ) and role not in record.setdefault("roles", []):
            record["roles"] = sorted([*record["roles"], role])


def _product(found: dict[str, Records], job: str, product: str, fact: Fact) -> None:
    records = found.setdefault("products", {})
    key = f"{job}-{product}".lower().replace(" ", "-")
    record = records.setdefault(
        key, {"id": key, "job": job, "product": product, "providers": [], "proposed": True}
    )
    if fact.provider not in record["providers"]:
        record["providers"] = sorted([*record["providers"], fact.provider])


def _into(found: dict[str, Records], name: str, key: str, fact: Fact) -> dict[str, Any]:
    record = found.setdefault(name, {}).setdefault(
        key, {"id": key, "targets": [], "proposed": True}
    )
    if fact.target not in record["targets"]:
        record["targets"] = sorted([*record["targets"], fact.target])
    return record


_ABOUT = {
    "accounts": "People who are authorized to use the systems.",
    "administrators": "People who may hold administrative rights.",
    "audit-managers": "Administrators who may manage audit logging and its tools.",
    "audit-readers": "People and roles that may read audit records.",
    "remote-access": "Ways in from outside that are permitted.",
    "role-matrix": "Roles and rules that may be granted; * stands for any text.",
    "service-accounts": "Identities that no person uses, and who owns them.",
    "exclusions": "Accounts that a rule may leave out.",
    "products": "The product that does each job.",
    "software": "Software that may run.",
}


_UNFIT = "# cannot be declared under such a name: "


def fits(record: Mapping[str, Any]) -> bool:
    """Whether declarations.yaml can hold it: no text is empty or has control characters."""
    values = (v for each in record.values() for v in (each if isinstance(each, list) else [each]))
    return all(v and holds(v) for v in values if isinstance(v, str))


def text(proposed: Mapping[str, tuple[Mapping[str, Any], ...]]) -> str:
    """declarations.yaml with the proposals: one record a line, to be confirmed one by one.

    One that no document can hold stands as a comment: a name with other characters in it would be
    another name.
    """
    lines = [
        "# What only you know. A scan found what follows; remove `proposed: true` from each record",
        "# that you confirm, and delete the others.",
        "schema: 1",
    ]
    for name, records in proposed.items():
        if not records:
            continue
        none = "" if any(map(fits, records)) else " []"
        lines += ["", f"# {_ABOUT.get(name, '')}", f"{name}:{none}"]
        lines += [f"{'- ' if fits(record) else _UNFIT}{written(record)}" for record in records]
    return "\n".join(lines) + "\n"
