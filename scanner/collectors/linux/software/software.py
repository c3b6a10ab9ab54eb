"""Which software may run, what is installed, and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.forms import equals_pairs, last, lines_of
from scanner.collectors.linux.host import Host, Unclear, clear, known, observe, settle
from scanner.collectors.linux.software.packages import PACKAGE_CALLS, inventory
from scanner.collectors.linux.system.units import installed, runs, unit_calls
from scanner.facts.software import Package, Policy

_FAPOLICYD = "fapolicyd.service"
_COMPILED = "/etc/fapolicyd/compiled.rules"
_OLD_RULES = "/etc/fapolicyd/fapolicyd.rules"
_CONFIG = "/etc/fapolicyd/fapolicyd.conf"

_DECISIONS = frozenset(
    f"{word}{suffix}" for word in ("allow", "deny") for suffix in ("", "_audit", "_syslog", "_log")
)


def parse_fapolicyd(text: str) -> list[tuple[str, str, str]]:
    """(decision, subject, object) of each rule of fapolicyd.rules(5), in order.

    Sets (`%name=...`) are left out. Raises Unclear for a line that is no rule.
    """
    rules = []
    for line in lines_of(text):
        if line.startswith("%"):
            continue
        decision, _, rest = line.partition(" ")
        if decision not in _DECISIONS:
            raise Unclear(f"{line[:40]!r} is no rule of fapolicyd")
        subject, colon, target = rest.partition(" : ")
        if not colon:
            raise Unclear("a rule of fapolicyd is in the old form without a colon")
        rules.append((decision, subject.strip(), target.strip()))
    return rules


def denies_by_default(rules: list[tuple[str, str, str]]) -> bool:
    """Whether execution that no rule names is refused: the last rules deny, none allows all."""
    for decision, subject, target in rules:
        scope = re.sub(r"\bperm=\w+", "", subject).split()
        if scope != ["all"] or target != "all":
            continue
        covers = "perm=any" in subject or "perm=execute" in subject
        if decision.startswith("deny") and covers:
            return True
        # `perm=open all : all` lets libraries and data be read, not programs be started.
        if decision.startswith("allow") and "perm=open" not in subject:
            return False
    return False


@source(
    Policy,
    fields=["system", "mode", "enforced", "default_deny", "rules_hash"],
    calls={
        **unit_calls(_FAPOLICYD),
        f"read:{_COMPILED}": "root",
        f"read:{_OLD_RULES}": "root",
        f"read:{_CONFIG}": "root",
        "stat:/usr/sbin/fapolicyd": "",
    },
)
def allow_list(here: Host) -> Iterator[Policy | Partial]:
    """Control of which programs may start: fapolicyd."""
    subject = f"{here.id}/software-policy"
    operation = f"read:{_COMPILED}"
    if not (installed(here, _FAPOLICYD) or here.exists("/usr/sbin/fapolicyd")):
        # Another product may do this job; that none of those known is here is what was seen.
        yield Policy(
            subject=subject,
            name="application control",
            system="fapolicyd",
            mode="none",
            enforced=False,
            default_deny=False,
            rules_hash=None,
            **here.here("stat:/usr/sbin/fapolicyd"),
        )
        return

    text = settle(lambda: here.read_optional(_COMPILED) or here.read_optional(_OLD_RULES))

    def rules() -> list[tuple[str, str, str]]:
        return clear(operation, lambda: parse_fapolicyd(known(text) or ""))

    def permissive() -> bool:
        value = last(equals_pairs(here.read_optional(_CONFIG) or ""), "permissive")
        if value in (None, "", "0"):
            return False
        if value == "1":
            return True
        raise Refused("broken", f"read:{_CONFIG}", f"permissive = {value} means nothing")

    def enforced() -> bool:
        return bool(rules()) and not permissive() and runs(here, "fapolicyd")

    def mode() -> str:
        if not rules():
            return "none"
        return "allow-list" if denies_by_default(rules()) else "deny-list"

    yield observe(
        Policy(
            subject=subject,
            name="application control",
            system="fapolicyd",
            **here.here(operation),
        ),
        operation,
        {
            "mode": mode,
            "enforced": enforced,
            "default_deny": lambda: denies_by_default(rules()),
            "rules_hash": lambda: (
                None if known(text) is None else sha256((known(text) or "").encode()).hexdigest()
            ),
        },
    )


@source(Package, fields=["host", "program", "publisher", "version"], calls=PACKAGE_CALLS)
def packages(here: Host) -> Iterator[Package]:
    """The installed packages, of whichever package manager the family has."""
    found = inventory(here)
    common = here.here(found.operation)
    seen: dict[str, int] = {}
    for each in sorted(found.packages, key=lambda p: (p.name, p.version)):
        # Several kernels, or one library for two architectures, stand side by side.
        number = seen[each.name] = seen.get(each.name, 0) + 1
        suffix = "" if number == 1 else f"#{number}"
        yield Package(
            subject=f"{here.id}/package/{each.name}{suffix}",
            name=each.name,
            host=here.id,
            program=each.name,
            publisher=each.publisher,
            version=each.version,
            **common,
        )
