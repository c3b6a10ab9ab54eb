"""What the fields of every local account are made from, each read once."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from scanner.collectors.base import Refused
from scanner.collectors.linux.host import Host, Unclear, known, settle
from scanner.collectors.linux.sign_in.administrators import administrators
from scanner.collectors.linux.sign_in.authorized_keys import KEY_FILES, Key, parse_authorized_keys
from scanner.collectors.linux.sign_in.factors import (
    console_stacks,
    console_two_factors,
    may_enter,
    ssh_stack,
    two_factors_needed,
)
from scanner.collectors.linux.sign_in.lastlog import SignIns, sign_ins
from scanner.collectors.linux.sign_in.pam import Rule
from scanner.collectors.linux.sign_in.pam_modules import REMOTE_ENROLMENT
from scanner.collectors.linux.sign_in.pam_needs import needs, second_modules
from scanner.collectors.linux.sign_in.passwd import (
    PASSWD,
    Group,
    Shadow,
    User,
    first_person,
    groups,
    groups_of,
    login_defs,
    shadow,
    users,
)
from scanner.collectors.linux.sign_in.sshd_config import Account as SshAccount
from scanner.collectors.linux.sign_in.sshd_config import Config, sshd_config, sshd_installed

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


class AccountReads:
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
    def sign_ins(self) -> SignIns | Refused:
        return settle(lambda: sign_ins(self.host))

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
        elif self.consoles.reason != "not-supported":
            raise self.consoles
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
        seconds = known(self.sign_ins).last(user.name, user.uid)
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
