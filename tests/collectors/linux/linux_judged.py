"""A whole host of the tests, judged by every rule for an organisation that has stated all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from linux_reading import NOW, SCOPE, TARGET, Answers, collector_of, memory

from scanner.cli.steps import all_rules, controls_of
from scanner.collect import collect
from scanner.collectors.linux.machine.base import Machine
from scanner.evaluate.run import evaluate
from scanner.evaluate.settle import settled
from scanner.findings import Finding
from scanner.snapshot.read import open_snapshot

DECLARED: dict[str, list[str]] = {
    "accounts": ["alice", "bob"],
    "service-accounts": [],
    "administrators": ["alice"],
    "audit-managers": ["alice"],
    "change-managers": ["alice"],
    "everyday-accounts": ["bob"],
    "leavers": ["mallory"],
    "role-matrix": ["sudo %*"],
    "essential-services": ["*.service"],
    "essential-ports": ["ssh (tcp/22)"],
    "remote-access": ["ssh"],
    "access-points": [SCOPE.id],
    "maintenance-tools": [],
    "cui-places": ["/"],
    "software": ["*"],
}

ACTIONS = ["admin", "audit", "iam", "network"]
"""What the role matrix gives its roles."""


def declared() -> dict[str, dict[str, dict[str, Any]]]:
    """DECLARED as the records of a declarations file."""
    return {
        name: {key: {"id": key, "actions": ACTIONS} for key in keys}
        for name, keys in DECLARED.items()
    }


NOTICE = "27aef09778c3e79ff343336850f643279760f33d5c5635b7addf770eb43d772d"

PARAMS: dict[str, dict[str, Any]] = {
    "log-retention-meets-policy": {"min_days": 365},
    "host-records-privileged-functions": {"functions": ["commands", "accounts", "administration"]},
    "host-records-event-types": {"events": ["commands", "accounts", "administration", "data"]},
    "records-hold-required-content": {"content": ["time", "event", "outcome", "origin"]},
    "records-name-the-individual": {"people_have_own_accounts": True},
    "lockout-after-failed-sign-ins": {"max_tries": 5, "min_lock_seconds": 900},
    "notice-shown-before-sign-in": {"notice_hashes": [NOTICE]},
    "session-locks-when-idle": {"max_lock_minutes": 15},
    "idle-shell-ends": {"max_idle_minutes": 15},
    "idle-connection-ends": {"max_idle_minutes": 15},
    "clock-asks-authoritative-source": {
        "time_servers": ["10.0.0.1", "10.0.0.2"],
        "max_offset_ms": 100,
    },
    "nonessential-protocols-closed": {"essential_protocols": ["ssh (tcp/22)"]},
    "privileged-functions-for-administrators-only": {"privileged_functions": ACTIONS},
    "nonessential-programs-prevented": {"programs_listed": True},
    "sign-in-methods-approved": {
        "approved_methods": [
            "ssh:publickey+keyboard-interactive",
            "console:password",
            "console:u2f",
        ]
    },
    "privileged-local-mfa": {"local_sign_in": True},
    "remote-session-encrypted": {
        "approved_ciphers": ["aes256-gcm@openssh.com", "aes256-ctr", "aes128-ctr"],
        "approved_macs": ["hmac-sha2-512-etm@openssh.com", "hmac-sha2-512", "hmac-sha2-256"],
    },
    "sign-in-resists-replay": {"mechanisms_listed": True},
    "host-account-inactive": {"max_idle_days": 90},
    "password-complexity": {"least_length": 14, "least_classes": 3},
    "password-changed-characters": {"least_changed": 8},
    "password-history": {"least_history": 24},
    "stored-passwords-protected": {"approved_schemes": ["yescrypt", "sha512crypt"]},
    "passwords-not-sent-in-the-clear": {"password_services_listed": True},
    "removable-media-ruled": {"media_rule": "blocked"},
    "unowned-media-refused": {"owners_registered": True},
    "updates-looked-for": {"max_scan_days": 7},
    "host-firewall-exceptions-allowed": {"allowed_flows": ["tcp/443"]},
    "flaws-identified-in-time": {"max_identify_days": 7},
    "flaws-corrected-in-time": {"max_correct_days": 30},
    "malware-protection-runs": {"engines": ["clamav"]},
    "malware-signatures-current": {"max_signature_days": 3},
}


@cache
def rules() -> Any:
    return [r for r in all_rules([]) if not r.providers or "linux" in r.providers]


def judged(
    tree: Mapping[str, Any], answers: Answers, folder: Path, *, live: bool = True
) -> dict[tuple[str, str], Finding]:
    """(rule, subject below the host) -> finding of a whole scan; sets have an empty subject."""
    return judged_machine(memory(tree, answers, live=live), folder)


def judged_machine(machine: Machine, folder: Path) -> dict[tuple[str, str], Finding]:
    """The same of a machine."""
    collector = collector_of(machine)
    collect([TARGET], {"linux": collector}, None, folder, now=lambda: NOW)
    lines = evaluate(
        open_snapshot(folder),
        rules(),
        params={r.id: settled(r, PARAMS.get(r.id, {})) for r in rules()},
        declared=declared(),
        controls=controls_of,
        as_of=NOW[:10],
    )
    found = [msgspec.json.decode(line, type=Finding) for line in lines]
    return {(f.rule, (f.subject or "").removeprefix(SCOPE.id).lstrip("/")): f for f in found}
