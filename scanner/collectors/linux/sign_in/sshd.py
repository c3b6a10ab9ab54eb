"""SSH as a way in from outside, and the algorithms that protect it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.forms import span_seconds
from scanner.collectors.linux.host import Host, Unclear, observe
from scanner.collectors.linux.sign_in.factors import (
    FACTOR_CALLS,
    root_may_enter,
    ssh_stack,
    two_factors_needed,
)
from scanner.collectors.linux.sign_in.pam_needs import needs
from scanner.collectors.linux.sign_in.sshd_config import (
    CONFIG_CALLS,
    View,
    sshd_config,
    sshd_installed,
)
from scanner.collectors.linux.system.units import enabled, runs, unit_calls
from scanner.facts.crypto import Endpoint
from scanner.facts.network import RemoteAccess

_CONFIG = "read:/etc/ssh/sshd_config"
_ASK = "run:sshd -T"
_UNITS = ("ssh.service", "sshd.service", "ssh.socket", "sshd.socket")
_OLD_POLICY = "/etc/crypto-policies/back-ends/opensshserver.config"


def parse_effective(text: str) -> dict[str, str]:
    """`sshd -T`: one setting a line, names in lower case."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.strip().partition(" ")
        if key:
            found.setdefault(key.lower(), value)
    if "port" not in found:
        raise Unclear("sshd -T does not print its settings")
    return found


def old_policy(text: str) -> dict[str, str]:
    """The options that RHEL 8 puts on sshd's command line: `CRYPTO_POLICY='-oCiphers=...'`."""
    found = re.search(r"^CRYPTO_POLICY='([^']*)'", text, re.M)
    options = re.findall(r"-o([A-Za-z]+)=(\S+)", found.group(1)) if found else []
    return {name.lower(): value for name, value in options}


def algorithms(host: Host, setting: str) -> tuple[str, ...]:
    """The algorithms of one setting (`ciphers`, `macs`, `kexalgorithms`) that sshd accepts.

    What the configuration lists is taken as it stands; a list that adds to or takes from the
    program's own, or none, needs the program to be asked, which only root can do.
    """
    lists = {view.stated(setting) for view in sshd_config(host).views()}
    if len(lists) == 1:
        stated = lists.pop()
        if stated is None:
            text = host.read_optional(_OLD_POLICY) or ""
            stated = old_policy(text).get(setting)
        if stated is not None and stated[:1] not in "+-^":
            return tuple(stated.split(","))
    elif None not in lists and all((each or "")[:1] not in "+-^" for each in lists):
        return tuple(sorted({name for each in lists for name in (each or "").split(",")}))
    answer = host.run_ok("sshd", "-T")
    try:
        effective = parse_effective(answer)
    except Unclear as error:
        raise Refused("broken", _ASK, str(error)) from None
    if setting not in effective:
        raise Refused("broken", _ASK, f"sshd -T does not print {setting}")
    return tuple(effective[setting].split(","))


def ssh_in_use(host: Host) -> bool:
    """Whether the server runs or starts with the host."""
    if any(enabled(host, unit) for unit in _UNITS):
        return True
    return runs(host, "sshd")


def idle_minutes(view: View) -> int | None:
    """Minutes after which sshd closes an idle session (ChannelTimeout, since OpenSSH 9.2).

    ClientAliveInterval drops clients that do not answer, not users who do nothing.
    """
    values = view.text("channeltimeout").split()
    found = []
    for value in values:
        kind, equals, span = value.partition("=")
        if equals and kind in ("session", "session:*", "session:shell", "*"):
            seconds = span_seconds(span)
            if seconds:
                found.append(max(1, seconds // 60))
    return min(found) if found else None


@source(
    RemoteAccess,
    fields=[
        "enabled",
        "encryption",
        "mfa_required",
        "restricted_to",
        "root_allowed",
        "logged",
        "idle_minutes",
        "max_minutes",
    ],
    calls={**FACTOR_CALLS, **unit_calls(*_UNITS), _ASK: "root"},
    always={"category": "ssh"},
)
def ssh_access(here: Host) -> Iterator[RemoteAccess | Partial]:
    """SSH into this host: who may enter, with what, and for how long."""
    if not sshd_installed(here):
        return

    def views() -> list[View]:
        return sshd_config(here).views()

    def mfa() -> bool:
        unclear: Unclear | None = None
        for view in views():
            try:
                rules = ssh_stack(here, view)
                if not two_factors_needed(view, None if rules is None else needs(rules)):
                    return False
            except Unclear as error:
                unclear = error
        if unclear is not None:
            raise unclear
        return True

    def restricted() -> tuple[str, ...] | None:
        sets = []
        for view in views():
            names = [f"user {u}" for u in view.all("allowusers")]
            names += [f"group {g}" for g in view.all("allowgroups")]
            if not names or any(name.split(" ", 1)[1] == "*" for name in names):
                return None
            sets.append(names)
        return tuple(sorted({name for names in sets for name in names}))

    def logged() -> bool:
        quiet = ("QUIET", "FATAL", "ERROR")
        return not any(view.text("loglevel").upper() in quiet for view in views())

    def idle() -> int | None:
        minutes = [idle_minutes(view) for view in views()]
        known = [m for m in minutes if m is not None]
        return max(known) if len(known) == len(minutes) else None

    yield observe(
        RemoteAccess(
            subject=f"{here.id}/ssh",
            name="SSH",
            category="ssh",
            max_minutes=None,
            **here.here(_CONFIG),
        ),
        _CONFIG,
        {
            "enabled": lambda: ssh_in_use(here),
            "encryption": lambda: algorithms(here, "ciphers"),
            "mfa_required": mfa,
            "restricted_to": restricted,
            "root_allowed": lambda: any(root_may_enter(view)[0] for view in views()),
            "logged": logged,
            "idle_minutes": idle,
        },
    )


@source(
    Endpoint,
    fields=[
        "policy",
        "ciphers",
        "macs",
        "key_exchanges",
        "encrypted",
        "plaintext_refused",
    ],
    calls={**CONFIG_CALLS, _ASK: "root"},
    always={"service": "sshd", "protocol": "SSH"},
)
def ssh_endpoint(here: Host) -> Iterator[Endpoint | Partial]:
    """The algorithms that the SSH server accepts."""
    if not sshd_installed(here):
        return
    yield observe(
        Endpoint(
            subject=f"{here.id}/ssh",
            name="SSH server",
            service="sshd",
            protocol="SSH",
            policy=None,
            encrypted=True,
            plaintext_refused=True,
            **here.here(_CONFIG),
        ),
        _CONFIG,
        {
            "ciphers": lambda: algorithms(here, "ciphers"),
            "macs": lambda: algorithms(here, "macs"),
            "key_exchanges": lambda: algorithms(here, "kexalgorithms"),
        },
    )
