"""The stacks that people sign in through, and how failed tries are counted there."""

from __future__ import annotations

from scanner.collectors.base import Refused
from scanner.collectors.linux.forms import equals_pairs, first_text, whole
from scanner.collectors.linux.host import Host, Unclear
from scanner.collectors.linux.sign_in.factors import CONSOLE_SERVICES, ways
from scanner.collectors.linux.sign_in.pam import PAM_FOLDERS, Rule, flat, pam_rules
from scanner.collectors.linux.sign_in.pam_modules import PASSWORD
from scanner.collectors.linux.sign_in.sshd_config import sshd_config, sshd_installed

FAILLOCK = "/etc/security/faillock.conf"
VENDOR_FAILLOCK = "/usr/etc/security/faillock.conf"
PAM_FILES = f"read:{PAM_FOLDERS[0]}/*"

SERVICES = ("sshd", *CONSOLE_SERVICES, "su")


def sign_in_stacks(host: Host) -> dict[str, tuple[Rule, ...]]:
    """The auth stacks of what people sign in through here, by service."""
    found = {}
    for service in SERVICES:
        if service == "sshd" and not sshd_installed(host):
            continue
        if service == "su" or service == "gdm-fingerprint":
            continue
        if any(host.exists(f"{folder}/{service}") for folder in PAM_FOLDERS):
            found[service] = pam_rules(host, service, "auth")
    if not found:
        raise Refused(
            "not-supported", PAM_FILES, "no PAM service that people sign in through is here"
        )
    return found


class Lockout:
    """pam_faillock or pam_tally2 in one stack, with faillock.conf."""

    def __init__(self, rules: tuple[Rule, ...], text: str) -> None:
        self.counts = [r for r in flat(rules) if r.module in ("pam_faillock", "pam_tally2")]
        for rule in self.counts:
            if rule.value("conf") not in (None, FAILLOCK):
                raise Unclear(f"pam_faillock reads {rule.value('conf')}, which is not read here")
        self.conf = dict(equals_pairs(text))
        self.rules = rules

    def _value(self, key: str, default: str) -> str:
        for rule in self.counts:
            found = rule.value(key)
            if found is not None:
                return found
        if self.counts and self.counts[0].module == "pam_faillock" and key in self.conf:
            return self.conf[key]
        return default

    def threshold(self) -> int | None:
        if not self.counts:
            return None
        if self.counts[0].module == "pam_tally2":
            return whole(self._value("deny", "0")) or None
        names = [rule.module for rule in flat(self.rules)]
        marks = [i for i, r in enumerate(flat(self.rules)) if r.has("authfail")]
        if not marks:
            return None  # failures are looked at and never counted
        before = flat(self.rules)[: marks[0]]
        if any(r.module in PASSWORD and dict(r.control).get("default") == "die" for r in before):
            raise Unclear("the stack ends before a failed password is counted")
        if not any(name in PASSWORD for name in names[: marks[0]]):
            raise Unclear("failures are counted before a password is tried")
        return whole(self._value("deny", "3")) or None

    def seconds(self) -> int | None:
        if not self.counts:
            return None
        default = "600" if self.counts[0].module == "pam_faillock" else "0"
        value = self._value("unlock_time", default)
        return 0 if value in ("never", "0") else whole(value)

    def root(self) -> bool:
        if not self.counts:
            return False
        flags = ("even_deny_root",)
        if any(rule.has(*flags) or rule.value("root_unlock_time") for rule in self.counts):
            return True
        faillock = self.counts[0].module == "pam_faillock"
        return faillock and ("even_deny_root" in self.conf or "root_unlock_time" in self.conf)


def lockouts(host: Host) -> list[Lockout]:
    text = first_text(host, (FAILLOCK, VENDOR_FAILLOCK)) or ""
    return [Lockout(rules, text) for rules in sign_in_stacks(host).values()]


def empty_passwords(host: Host) -> bool:
    """Whether an account without a password could sign in somewhere."""
    return any(
        rule.module in ("pam_unix", "pam_unix2") and rule.has("nullok", "nullok_secure")
        for rules in sign_in_stacks(host).values()
        for rule in flat(rules)
    )


def allowed_methods(host: Host) -> tuple[str, ...]:
    """What people can sign in with: `ssh:publickey+password`, `console:password`, ..."""
    found = set()
    if sshd_installed(host):
        for view in sshd_config(host).views():
            found |= {f"ssh:{'+'.join(way)}" for way in ways(view)}
    for service, rules in sign_in_stacks(host).items():
        if service != "sshd":
            modules = {r.module for r in flat(rules)}
            names = sorted(m.removeprefix("pam_") for m in modules if m in _METHODS)
            found |= {f"console:{name}" for name in names}
            if modules & PASSWORD:
                found.add("console:password")
    return tuple(sorted(found))


_METHODS = frozenset(
    (
        "pam_fprintd",
        "pam_u2f",
        "pam_google_authenticator",
        "pam_oath",
        "pam_duo",
        "pam_yubico",
        "pam_pkcs11",
        "pam_p11",
        "pam_howdy",
    )
)
