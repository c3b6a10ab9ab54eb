"""The local accounts of a host and what they sign in with."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.factors import (
    FACTOR_CALLS,
    console_stacks,
    console_two_factors,
    may_enter,
    ssh_stack,
    two_factors_needed,
)
from scanner.collectors.linux.host import Host, Unclear, clear, known, observe, settle
from scanner.collectors.linux.pam import REMOTE_ENROLMENT, Rule, needs, second_modules
from scanner.collectors.linux.passwd import (
    PASSWD,
    PASSWD_CALLS,
    SHADOW,
    SHADOW_CALLS,
    Group,
    Shadow,
    User,
    first_person,
    groups,
    groups_of,
    login_defs,
    refuse_directories,
    shadow,
    users,
)
from scanner.collectors.linux.sshd_config import (
    Account as SshAccount,
)
from scanner.collectors.linux.sshd_config import (
    Config,
    sshd_config,
    sshd_installed,
)
from scanner.collectors.linux.sudo import SUDO_CALLS, administrators
from scanner.facts.identity import Account, Credential

KEY_FILES = (".ssh/authorized_keys", ".ssh/authorized_keys2")
ENROLMENT_FILES = {
    "pam_google_authenticator": (".google_authenticator",),
    "pam_u2f": (".config/Yubico/u2f_keys",),
    "pam_yubico": (".yubico/authorized_yubikeys",),
}
CENTRAL_FILES = {"pam_oath": "/etc/users.oath", "pam_u2f": "/etc/u2f_mappings"}

HOME_CALLS = {
    **{f"read:~/{path}": "root" for path in KEY_FILES},
    **{f"read:~/{path}": "root" for paths in ENROLMENT_FILES.values() for path in paths},
    **{f"read:{path}": "root" for path in CENTRAL_FILES.values()},
    "read:/etc/ssh/authorized_keys/*": "root",
}
_LASTLOG = "read:/var/log/lastlog"
_KEY_TYPES = ("ssh-", "ecdsa-", "sk-", "rsa-", "webauthn-", "cert-")


@dataclass(frozen=True)
class Key:
    """One public key that opens an account. fingerprint: SHA-256 of the public key, hex."""

    type: str
    fingerprint: str

    @property
    def security_key(self) -> bool:
        return self.type.startswith(("sk-", "webauthn-sk-"))


def parse_authorized_keys(text: str) -> list[Key]:
    """The keys of authorized_keys(5); options and comments are dropped."""
    keys = []
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        words = _outside_quotes(stripped)
        for index, word in enumerate(words[:-1]):
            if word.startswith(_KEY_TYPES) and words[index + 1].startswith("AAAA"):
                keys.append(Key(word, sha256(words[index + 1].encode()).hexdigest()))
                break
    return keys


def _outside_quotes(line: str) -> list[str]:
    words, word, quoted, escaped = [], "", False, False
    for char in line:
        if char == '"' and not escaped:
            quoted = not quoted
        if char in " \t" and not quoted:
            if word:
                words.append(word)
            word = ""
        else:
            word += char
        escaped = char == "\\" and not escaped
    return [*words, word] if word else words


def parse_lastlog(data: bytes, uid: int) -> int | None:
    """Seconds since 1970 of a uid's last sign-in in the lastlog file; None: never.

    A record is 292 bytes: a 32-bit time, a line of 32 and a host of 256 characters.
    """
    at = uid * 292
    if at + 4 > len(data):
        return None
    (seconds,) = struct.unpack_from("<I", data, at)
    return seconds or None


class _Accounts:
    """What the fields of every account are made from, each read once."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.users = users(host)
        self.groups: list[Group] | Refused = settle(lambda: groups(host))
        self.shadow: dict[str, Shadow] | Refused = settle(lambda: shadow(host))

    @cached_property
    def first_person(self) -> int | Refused:
        return settle(lambda: first_person(login_defs(self.host)))

    @cached_property
    def administrators(self) -> frozenset[str] | Refused:
        return settle(lambda: administrators(self.host))

    @cached_property
    def config(self) -> Config | Refused:
        return settle(lambda: sshd_config(self.host))

    @cached_property
    def consoles(self) -> dict[str, tuple[Rule, ...]] | Refused:
        return settle(lambda: console_stacks(self.host))

    @cached_property
    def lastlog(self) -> bytes | Refused | None:
        return settle(lambda: self.host.bytes_optional("/var/log/lastlog"))

    def entry(self, user: User) -> Shadow | None:
        """The shadow line; None where the account has none (it has no password then)."""
        if not user.shadowed:
            return None
        return known(self.shadow).get(user.name)

    def category(self, user: User) -> Literal["human", "root", "service"]:
        if user.uid == 0:
            return "root"
        if user.uid < known(self.first_person) or user.uid in (65534, 65533):
            return "service"
        return "human" if user.login_shell else "service"

    def password_enabled(self, user: User) -> bool:
        entry = self.entry(user)
        if entry is None:
            if user.shadowed:
                return False
            raise Refused("broken", PASSWD, f"{user.name} has its password in passwd itself")
        return entry.empty or (entry.scheme is not None and not entry.locked)

    def expired(self, user: User) -> bool:
        entry = self.entry(user)
        if entry is None:
            return False
        today = self.host.today()
        if entry.expires is not None and today >= entry.expires:
            return True
        if None not in (entry.changed, entry.max_days, entry.inactive) and entry.changed:
            ends = entry.changed + (entry.max_days or 0) + (entry.inactive or 0)
            return today > ends
        return False

    def keys(self, user: User) -> list[Key]:
        found: list[Key] = []
        for path in KEY_FILES:
            found.extend(parse_authorized_keys(self.host.in_home(user.home, path) or ""))
        return found

    def enabled(self, user: User) -> bool:
        if not user.login_shell or self.expired(user):
            return False
        if self.password_enabled(user):
            return True
        if isinstance(self.config, Refused):
            if not sshd_installed(self.host):
                return False  # neither a password nor a server that would take a key
            raise self.config
        return self._key_opens(user, self.config)

    def _key_opens(self, user: User, config: Config) -> bool:
        view = config.base
        entry = self.entry(user)
        for setting in ("trustedusercakeys", "authorizedkeyscommand"):
            if (view.stated(setting) or "none").lower() != "none":
                raise Refused(
                    "not-supported", "read:/etc/ssh/sshd_config", f"keys also come from {setting}"
                )
        where = (view.stated("authorizedkeysfile") or " ".join(KEY_FILES)).split()
        usual = {*KEY_FILES, *(f"%h/{path}" for path in KEY_FILES)}
        if not set(where) <= usual:
            raise Refused(
                "not-supported", "read:/etc/ssh/sshd_config", "keys are kept in another place"
            )
        if entry is not None and entry.locked and not view.yes("usepam"):
            return False  # without PAM sshd refuses locked accounts
        return view.yes("pubkeyauthentication") and bool(self.keys(user))

    def remote(self, user: User) -> bool:
        """Whether sshd may let the account in."""
        if not user.login_shell:
            return False
        names = groups_of(user, known(self.groups))
        account = SshAccount(user.name, names)
        views = known(self.config).views(account)
        return any(may_enter(view, user.name, names, user.uid) is not False for view in views)

    def mfa_enforced(self, user: User) -> bool:
        names = groups_of(user, known(self.groups))
        account = SshAccount(user.name, names)
        config = known(self.config)
        unclear: Unclear | None = None
        for view in config.views(account):
            if may_enter(view, user.name, names, user.uid) is False:
                continue
            try:
                rules = ssh_stack(self.host, view)
                enrolled = self._enrolled_or_none(user, rules)
                pam = None if rules is None else needs(rules, enrolled)
                if not two_factors_needed(view, pam, uid=user.uid):
                    return False
            except Unclear as error:
                unclear = error
        if unclear is not None:
            raise unclear
        return True

    def _enrolled_or_none(self, user: User, rules: tuple[Rule, ...] | None) -> bool | None:
        if rules is None or not second_modules(rules):
            return None
        try:
            return self._enrolled(user, second_modules(rules))
        except Refused:
            return None

    def _enrolled(self, user: User, modules: frozenset[str]) -> bool:
        """Whether a second factor of one of these PAM modules is enrolled for the account."""
        for module in sorted(modules & set(ENROLMENT_FILES)):
            for path in ENROLMENT_FILES[module]:
                if (self.host.in_home(user.home, path) or "").strip():
                    return True
        for module in sorted(modules & set(CENTRAL_FILES)):
            text = self.host.read_optional(CENTRAL_FILES[module]) or ""
            for line in text.splitlines():
                words = line.replace(":", " ").split()
                if user.name in words[:2]:
                    return True
        remote = modules & (REMOTE_ENROLMENT | {"pam_pkcs11", "pam_p11"})
        if remote:
            raise Refused(
                "not-supported",
                "read:/etc/pam.d/*",
                f"who is enrolled with {', '.join(sorted(remote))} is kept elsewhere",
            )
        return False

    def mfa_registered(self, user: User) -> bool:
        modules: frozenset[str] = frozenset()
        if not isinstance(self.config, Refused):
            modules |= second_modules(ssh_stack(self.host, self.config.base) or ())
        elif self.config.reason != "not-supported":
            raise self.config
        if not isinstance(self.consoles, Refused):
            for rules in self.consoles.values():
                modules |= second_modules(rules)
        if any(key.security_key for key in self.keys(user)):
            return True
        return self._enrolled(user, modules)

    def mfa_local(self, user: User) -> bool:
        rules = known(self.consoles)
        modules = frozenset().union(*(second_modules(r) for r in rules.values()))
        try:
            enrolled: bool | None = self._enrolled(user, modules) if modules else None
        except Refused:
            enrolled = None
        return console_two_factors(rules.values(), enrolled)

    def last_used_days(self, user: User) -> int | None:
        data = known(self.lastlog)
        if data is None:
            raise Refused("not-supported", _LASTLOG, "this host keeps no lastlog file")
        seconds = parse_lastlog(data, user.uid)
        return None if seconds is None else self.host.days_since(seconds)

    def changed_days(self, user: User) -> int | None:
        entry = self.entry(user)
        if entry is None or entry.changed is None or entry.scheme is None:
            return None
        return max(0, self.host.today() - entry.changed)

    def max_days(self, user: User) -> int | None:
        entry = self.entry(user)
        return None if entry is None else entry.max_days

    def change_required(self, user: User) -> bool:
        entry = self.entry(user)
        return entry is not None and entry.changed == 0


@source(
    Account,
    fields=[
        "category",
        "enabled",
        "privileged",
        "password_enabled",
        "password_change_required",
        "password_age_days",
        "password_max_days",
        "mfa_registered",
        "mfa_enforced",
        "mfa_local",
        "remote",
        "last_used_days",
        "shell",
        "uid",
    ],
    calls={
        **PASSWD_CALLS,
        **SHADOW_CALLS,
        **SUDO_CALLS,
        **FACTOR_CALLS,
        **HOME_CALLS,
        _LASTLOG: "",
    },
)
def accounts(here: Host) -> Iterator[Account | Partial]:
    """The local accounts: whom they stand for, whether they can sign in, and with what."""
    all_of = _Accounts(here)
    for user in all_of.users:
        reads: dict[str, Any] = {
            "category": lambda u=user: all_of.category(u),
            "enabled": lambda u=user: all_of.enabled(u),
            "privileged": lambda u=user: u.uid == 0 or u.name in known(all_of.administrators),
            "password_enabled": lambda u=user: all_of.password_enabled(u),
            "password_change_required": lambda u=user: all_of.change_required(u),
            "password_age_days": lambda u=user: all_of.changed_days(u),
            "password_max_days": lambda u=user: all_of.max_days(u),
            "mfa_registered": lambda u=user: all_of.mfa_registered(u),
            "mfa_enforced": lambda u=user: all_of.mfa_enforced(u),
            "mfa_local": lambda u=user: all_of.mfa_local(u),
            "remote": lambda u=user: all_of.remote(u),
            "last_used_days": lambda u=user: all_of.last_used_days(u),
        }
        fact = Account(
            subject=f"{here.id}/user/{user.name}",
            name=user.name,
            shell=user.shell,
            uid=user.uid,
            **here.here(PASSWD),
        )
        yield observe(fact, PASSWD, reads)
    refuse_directories(here)


@source(
    Credential,
    fields=[
        "account",
        "kind_of_secret",
        "active",
        "rotated_days",
        "expires_days",
        "hash_scheme",
        "root",
    ],
    calls={**PASSWD_CALLS, **SHADOW_CALLS},
    always={"kind_of_secret": "password"},
)
def passwords(here: Host) -> Iterator[Credential]:
    """How the password of each local account is stored, and how old it is; never its hash."""
    lines = shadow(here)
    today = here.today()
    for user in users(here):
        entry = lines.get(user.name)
        if entry is None or entry.scheme is None:
            continue
        ends = None
        if entry.max_days is not None and entry.changed is not None:
            ends = entry.changed + entry.max_days - today
        yield Credential(
            subject=f"{here.id}/user/{user.name}/password",
            name=f"password of {user.name}",
            account=f"{here.id}/user/{user.name}",
            kind_of_secret="password",
            active=not entry.locked,
            rotated_days=None if entry.changed is None else max(0, today - entry.changed),
            expires_days=ends,
            hash_scheme=entry.scheme,
            root=user.uid == 0,
            **here.here(SHADOW),
        )


@source(
    Credential,
    fields=["account", "kind_of_secret", "active", "expires_days", "hash_scheme", "root"],
    calls={**PASSWD_CALLS, **{f"read:~/{path}": "root" for path in KEY_FILES}},
    always={"kind_of_secret": "ssh-key"},
)
def ssh_keys(here: Host) -> Iterator[Credential]:
    """The public keys that open an account over SSH."""
    refused: Refused | None = None
    for user in users(here):
        if not user.login_shell:
            continue
        for path in KEY_FILES:
            try:
                text = here.in_home(user.home, path) or ""
            except Refused as error:
                refused = error
                continue
            for key in {k.fingerprint: k for k in parse_authorized_keys(text)}.values():
                yield Credential(
                    subject=f"{here.id}/user/{user.name}/{path}/{key.fingerprint[:32]}",
                    name=f"{key.type} key of {user.name}",
                    account=f"{here.id}/user/{user.name}",
                    kind_of_secret="ssh-key",
                    active=True,
                    expires_days=None,
                    hash_scheme=None,
                    root=user.uid == 0,
                    **here.here(f"read:~/{path}"),
                )
    if refused is not None:
        raise refused


__all__ = ["accounts", "clear", "passwords", "ssh_keys"]
