"""The host's rules for passwords and failed sign-ins, as PAM applies them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.factors import CONSOLE_SERVICES, ways
from scanner.collectors.linux.forms import equals_pairs, whole
from scanner.collectors.linux.host import Host, Unclear, observe
from scanner.collectors.linux.pam import (
    PAM_CALLS,
    PAM_FOLDERS,
    PASSWORD,
    Rule,
    flat,
    pam_rules,
)
from scanner.collectors.linux.passwd import DEFS_FILES, login_defs
from scanner.collectors.linux.sshd_config import CONFIG_CALLS, sshd_config, sshd_installed
from scanner.collectors.linux.system import RELEASE_CALLS, release
from scanner.facts.identity import Policy

_QUALITY = "/etc/security/pwquality.conf"
_FAILLOCK = "/etc/security/faillock.conf"
_HISTORY = "/etc/security/pwhistory.conf"
_PAM = f"read:{PAM_FOLDERS[0]}/*"

_CREDITS = ("dcredit", "ucredit", "lcredit", "ocredit")
_CRACKLIB = {"minlen": 9, "difok": 5, "minclass": 0, **dict.fromkeys(_CREDITS, 1)}
"""pam_cracklib(8)'s defaults; it has no file of its own."""


def commented_default(text: str, key: str) -> str | None:
    """The value that a shipped file gives in a comment for a setting that is not set.

    pwquality.conf is distributed with every default as `# minlen = 8`; the numbers differ from
    release to release, so the file on the host is the one to ask.
    """
    found = re.search(rf"^#\s*{key}\s*=\s*(-?[0-9]+)\s*$", text, re.M)
    return found.group(1) if found else None


class Quality:
    """The settings of pam_pwquality or pam_cracklib: arguments first, then the files."""

    def __init__(self, rule: Rule, texts: list[str]) -> None:
        self.rule = rule
        self.text = "\n".join(texts)
        self.values: dict[str, str] = {}
        self.switches: set[str] = set()
        if rule.module == "pam_pwquality":
            for text in texts:
                for key, value in equals_pairs(text):
                    if value:
                        self.values[key] = value
                    else:
                        self.switches.add(key)
        for arg in rule.args:
            key, equals, value = arg.partition("=")
            if equals:
                self.values[key] = value

    def number(self, key: str) -> int:
        if key in self.values:
            return whole(self.values[key])
        if self.rule.module == "pam_cracklib":
            return _CRACKLIB[key]
        shipped = commented_default(self.text, key)
        if shipped is None:
            raise Unclear(f"pwquality.conf does not say what {key} is when it is not set")
        return whole(shipped)

    @property
    def enforced(self) -> bool:
        binding = dict(self.rule.control).get("default") in ("bad", "die")
        return binding and self.values.get("enforcing", "1") != "0"

    def min_length(self) -> int | None:
        if not self.enforced:
            return None
        # A positive credit lets a character of its class count twice, so less is enough.
        credit = sum(max(0, self.number(key)) for key in _CREDITS)
        return max(6, self.number("minlen") - credit)

    def char_classes(self) -> int | None:
        if not self.enforced:
            return None
        demanded = sum(1 for key in _CREDITS if self.number(key) < 0)
        return max(self.number("minclass"), demanded)

    def changed_chars(self) -> int | None:
        return self.number("difok") if self.enforced else None


def quality(host: Host) -> Quality | None:
    """The module that judges new passwords; None where none does. Raises Refused, Unclear."""
    rules = flat(pam_rules(host, "passwd", "password"))
    for rule in rules:
        if rule.module in ("pam_pwquality", "pam_cracklib"):
            texts = [host.read_optional(_QUALITY) or ""]
            texts[:0] = [host.read_optional(p) or "" for p in host.glob(f"{_QUALITY}.d/*.conf")]
            return Quality(rule, texts)
        if rule.module in ("pam_passwdqc", "pam_passwdqc_ng", "pam_zxcvbn"):
            raise Unclear(f"the rules of {rule.module} are not read")
    strange = [r.module for r in rules if r.module not in _PASSWORD_MODULES | PASSWORD]
    if strange:
        raise Unclear(f"what {strange[0]} asks of a new password is not known")
    return None


_PASSWORD_MODULES = frozenset(
    (
        "pam_permit",
        "pam_deny",
        "pam_pwhistory",
        "pam_gnome_keyring",
        "pam_kwallet",
        "pam_kwallet5",
        "pam_cap",
        "pam_ecryptfs",
        "pam_localuser",
        "pam_usertype",
        "pam_succeed_if",
        "pam_umask",
        "pam_warn",
        "pam_env",
    )
)


def history(host: Host) -> int | None:
    """Earlier passwords that may not come back; None where none are remembered."""
    found: list[int] = []
    for rule in flat(pam_rules(host, "passwd", "password")):
        remember = rule.value("remember")
        if rule.module == "pam_pwhistory":
            values = dict(equals_pairs(host.read_optional(_HISTORY) or ""))
            found.append(whole(remember or values.get("remember", "10")))
        elif rule.module in ("pam_unix", "pam_unix2") and remember is not None:
            found.append(whole(remember))
    best = max(found, default=0)
    return best if best > 0 else None


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
        raise Refused("not-supported", _PAM, "no PAM service that people sign in through is here")
    return found


class Lockout:
    """pam_faillock or pam_tally2 in one stack, with faillock.conf."""

    def __init__(self, rules: tuple[Rule, ...], text: str) -> None:
        self.counts = [r for r in flat(rules) if r.module in ("pam_faillock", "pam_tally2")]
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
    text = host.read_optional(_FAILLOCK) or ""
    return [Lockout(rules, text) for rules in sign_in_stacks(host).values()]


_SCHEME_WORDS = {
    "yescrypt": "yescrypt",
    "gost_yescrypt": "gost-yescrypt",
    "sha512": "sha512crypt",
    "sha256": "sha256crypt",
    "blowfish": "bcrypt",
    "bcrypt": "bcrypt",
    "md5": "md5crypt",
    "bigcrypt": "bigcrypt",
    "des": "descrypt",
}


def new_hash_scheme(host: Host) -> str:
    """How a password that is set now is stored. Raises Refused or Unclear."""
    for rule in flat(pam_rules(host, "passwd", "password")):
        if rule.module in ("pam_unix", "pam_unix2"):
            for arg in reversed(rule.args):
                if arg in _SCHEME_WORDS:
                    return _SCHEME_WORDS[arg]
    stated = login_defs(host).get("ENCRYPT_METHOD", "").lower()
    if stated in _SCHEME_WORDS:
        return _SCHEME_WORDS[stated]
    raise Unclear("neither PAM nor login.defs says how passwords are stored")


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


def max_age(host: Host) -> int | None:
    days = whole(login_defs(host).get("PASS_MAX_DAYS", "-1"))
    return None if days < 0 or days >= 99999 else days


@source(
    Policy,
    fields=[
        "min_length",
        "char_classes",
        "changed_chars",
        "history",
        "lockout_threshold",
        "lockout_seconds",
        "lockout_root",
        "max_age_days",
        "empty_passwords",
        "hash_scheme",
        "allowed_methods",
    ],
    calls={
        **PAM_CALLS,
        **CONFIG_CALLS,
        **RELEASE_CALLS,
        **{f"read:{path}": "" for path in DEFS_FILES},
        f"read:{_QUALITY}": "",
        f"read:{_QUALITY}.d/*.conf": "",
        f"read:{_FAILLOCK}": "",
        f"read:{_HISTORY}": "",
    },
)
def sign_in_policy(here: Host) -> Iterator[Policy | Partial]:
    """The host's rules for passwords, lockout and ways to sign in."""

    def judged(name: str) -> Any:
        found = quality(here)
        if found is not None:
            return getattr(found, name)()
        if name == "min_length":
            return _without_quality(here)
        return None

    def threshold() -> int | None:
        # Every way in has to count: one that does not leaves all the tries one wants.
        numbers = [lockout.threshold() for lockout in lockouts(here)]
        least = [n for n in numbers if n is not None]
        return max(least) if len(least) == len(numbers) else None

    def seconds() -> int | None:
        values = [lockout.seconds() for lockout in lockouts(here)]
        if any(value is None for value in values):
            return None
        timed = [value for value in values if value]
        return min(timed) if timed else 0

    yield observe(
        Policy(subject=f"{here.id}/sign-in-policy", name="sign-in policy", **here.here(_PAM)),
        _PAM,
        {
            "min_length": lambda: judged("min_length"),
            "char_classes": lambda: judged("char_classes"),
            "changed_chars": lambda: judged("changed_chars"),
            "history": lambda: history(here),
            "lockout_threshold": threshold,
            "lockout_seconds": seconds,
            "lockout_root": lambda: all(lockout.root() for lockout in lockouts(here)),
            "max_age_days": lambda: max_age(here),
            "empty_passwords": lambda: empty_passwords(here),
            "hash_scheme": lambda: new_hash_scheme(here),
            "allowed_methods": lambda: allowed_methods(here),
        },
    )


def _without_quality(host: Host) -> int | None:
    """pam_unix's own least length: `minlen=`, or 6 in Debian's build (pam_unix(8) there)."""
    for rule in flat(pam_rules(host, "passwd", "password")):
        if rule.module == "pam_unix":
            stated = rule.value("minlen")
            if stated is not None:
                return whole(stated)
            return 6 if release(host).family in ("debian", "ubuntu") else None
    return None
