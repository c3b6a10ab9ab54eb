"""PAM stacks: reading them, and what they cannot be passed without.

A stack is explored in every way that its modules could answer (Linux-PAM, pam.conf(5): the actions
ok, done, bad, die, ignore, reset and jumps). "The second factor is needed" means that no way leads
to success while the module of that factor refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from scanner.collectors.linux.host import Host, Unclear, clear

PAM_FOLDERS = ("/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d")
PAM_CALLS = {f"read:{folder}/*": "" for folder in PAM_FOLDERS}

_WORDS: dict[str, dict[str, str]] = {
    "required": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "bad"},
    "requisite": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "die"},
    "sufficient": {"success": "done", "new_authtok_reqd": "done", "default": "ignore"},
    "optional": {"success": "ok", "new_authtok_reqd": "ok", "default": "ignore"},
}

PASSWORD = frozenset(
    [
        "pam_unix",
        "pam_unix2",
        "pam_sss",
        "pam_ldap",
        "pam_krb5",
        "pam_winbind",
        "pam_pwdfile",
        "pam_userdb",
        "pam_systemd_home",
    ]
)
SECOND = frozenset(
    [
        "pam_google_authenticator",
        "pam_oath",
        "pam_duo",
        "pam_u2f",
        "pam_yubico",
        "pam_yubikey",
        "pam_securid",
        "pam_okta",
        "pam_privacyidea",
        "pam_linotp",
        "pam_rsa",
        "pam_mfa",
        "pam_otpw",
        "pam_authy",
        "pam_url",
        "pam_barada",
        "pam_multiotp",
        "pam_nitrokey",
    ]
)
CARD = frozenset({"pam_pkcs11", "pam_p11"})
"""A smart card with its PIN is two factors in one."""

_OTHER_FACTOR = frozenset({"pam_fprintd", "pam_howdy", "pam_thinkfinger", "pam_ssh_agent_auth"})
_PASSES = frozenset(
    [
        "pam_env",
        "pam_faildelay",
        "pam_motd",
        "pam_mail",
        "pam_limits",
        "pam_keyinit",
        "pam_loginuid",
        "pam_selinux",
        "pam_umask",
        "pam_systemd",
        "pam_gnome_keyring",
        "pam_kwallet",
        "pam_kwallet5",
        "pam_cap",
        "pam_group",
        "pam_lastlog",
        "pam_lastlog2",
        "pam_warn",
        "pam_issue",
        "pam_apparmor",
        "pam_namespace",
        "pam_ecryptfs",
        "pam_mount",
        "pam_nologin",
        "pam_securetty",
        "pam_shells",
        "pam_permit",
        "pam_console",
        "pam_ck_connector",
        "pam_tty_audit",
        "pam_wtmpdb",
        "pam_setquota",
        "pam_xauth",
    ]
)
_CONDITIONS = frozenset(
    [
        "pam_succeed_if",
        "pam_access",
        "pam_listfile",
        "pam_time",
        "pam_localuser",
        "pam_usertype",
        "pam_rootok",
        "pam_wheel",
        "pam_exec",
        "pam_script",
        "pam_rhosts",
        "pam_ssh",
    ]
)
_COUNTERS = frozenset({"pam_faillock", "pam_tally", "pam_tally2"})

_PLAIN_CONDITIONS = frozenset({"pam_localuser", "pam_usertype"})
"""Conditions that hold for every account looked at here, or choose who checks a password."""

REMOTE_ENROLMENT = frozenset(
    [
        "pam_duo",
        "pam_securid",
        "pam_okta",
        "pam_privacyidea",
        "pam_linotp",
        "pam_rsa",
        "pam_mfa",
        "pam_authy",
        "pam_url",
        "pam_multiotp",
    ]
)
"""Modules that keep on a server who is enrolled."""


@dataclass(frozen=True)
class Rule:
    """One line of a stack. nested: the rules of a substack, which is judged as one module."""

    control: tuple[tuple[str, str], ...]
    module: str
    args: tuple[str, ...] = ()
    nested: tuple[Rule, ...] | None = None

    def has(self, *flags: str) -> bool:
        return any(flag in self.args for flag in flags)

    def value(self, name: str) -> str | None:
        """The last `name=value` of its arguments."""
        found = None
        for arg in self.args:
            if arg.startswith(f"{name}="):
                found = arg[len(name) + 1 :]
        return found


def _split(line: str) -> list[str]:
    """Words, of which one in square brackets may hold blanks."""
    words = re.findall(r"\[(?:\\.|[^\]\\])*\]|\S+", line)
    return [
        w[1:-1].replace("\\]", "]") if w.startswith("[") and w.endswith("]") else w for w in words
    ]


def _control(text: str) -> tuple[tuple[str, str], ...]:
    word = text.lower()
    if word in _WORDS:
        return tuple(_WORDS[word].items())
    pairs = []
    for part in text.split():
        key, equals, action = part.partition("=")
        if not equals or not re.fullmatch(r"ignore|bad|die|ok|done|reset|[0-9]{1,3}", action):
            raise Unclear(f"PAM control {text!r} is not understood")
        pairs.append((key, action))
    if not pairs:
        raise Unclear("a PAM rule has no control")
    return tuple(pairs)


@dataclass
class Stacks:
    """The PAM configuration of a host; texts by service name."""

    text_of: Callable[[str], str | None]
    _open: list[str] = field(default_factory=list)

    def rules(self, service: str, kind: str) -> tuple[Rule, ...]:
        """The rules of one kind (auth, account, password, session) of a service, includes put in.

        A service without a file of its own uses `other`. Raises Unclear.
        """
        text = self.text_of(service)
        if text is None and not self._open:
            text = self.text_of("other")
        if text is None:
            raise Unclear(f"the PAM service {service} has no file")
        if service in self._open or len(self._open) > 16:
            raise Unclear(f"the PAM service {service} includes itself")
        self._open.append(service)
        try:
            return tuple(self._lines(text, kind))
        finally:
            self._open.pop()

    def _lines(self, text: str, kind: str) -> Iterable[Rule]:
        for raw in text.replace("\\\n", " ").splitlines():
            line = raw.split("#", 1)[0].strip()
            if not line:
                continue
            if line.startswith("@include"):
                yield from self.rules(_service(line[len("@include") :].strip()), kind)
                continue
            words = _split(line)
            if len(words) < 3:
                raise Unclear(f"the PAM line {line[:60]!r} is not understood")
            here, control, module, *args = words
            here = here.lstrip("-").lower()
            if here not in ("auth", "account", "password", "session"):
                raise Unclear(f"the PAM line {line[:60]!r} is not understood")
            if here != kind:
                continue
            if control.lower() == "include":
                yield from self.rules(_service(module), kind)
            elif control.lower() == "substack":
                nested = self.rules(_service(module), kind)
                yield Rule(_control("required"), f"substack {module}", (), nested)
            else:
                name = module.rpartition("/")[2].removesuffix(".so")
                yield Rule(_control(control), name, tuple(args))


def _service(name: str) -> str:
    plain = name.removeprefix("/etc/pam.d/")
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*", plain):
        raise Unclear(f"the PAM include {name!r} leads elsewhere")
    return plain


def stacks(host: Host) -> Stacks:
    """The host's stacks; a file in /etc hides the vendor's of the same name."""

    def text_of(service: str) -> str | None:
        for folder in PAM_FOLDERS:
            text = host.read_optional(f"{folder}/{service}")
            if text is not None:
                return text
        return None

    return Stacks(text_of)


def pam_rules(host: Host, service: str, kind: str) -> tuple[Rule, ...]:
    """As Stacks.rules, with Refused `broken` for what is not understood."""
    return clear(f"read:{PAM_FOLDERS[0]}/*", lambda: stacks(host).rules(service, kind))


def flat(rules: Iterable[Rule]) -> list[Rule]:
    """Every rule, those of substacks too, in order."""
    found: list[Rule] = []
    for rule in rules:
        found.extend(flat(rule.nested) if rule.nested is not None else [rule])
    return found


Outcomes = Callable[[Rule], frozenset[str]]
"""How a module may answer: some of success, ignore, fail."""


def ends(rules: tuple[Rule, ...], outcomes: Outcomes) -> frozenset[str]:
    """How a stack may end: some of success and fail."""

    @cache
    def walk(index: int, mood: str) -> frozenset[str]:
        if index >= len(rules):
            return frozenset({"success" if mood == "positive" else "fail"})
        rule = rules[index]
        answers = ends(rule.nested, outcomes) if rule.nested is not None else outcomes(rule)
        found: frozenset[str] = frozenset()
        for answer in answers:
            for action in _actions(rule, answer):
                found |= step(index, mood, answer, action)
        return found

    def step(index: int, mood: str, answer: str, action: str) -> frozenset[str]:
        if action == "ignore":
            return walk(index + 1, mood)
        if action == "reset":
            return walk(index + 1, "open")
        if action.isdigit():
            jumped = "positive" if mood == "open" and answer == "success" else mood
            return walk(index + 1 + int(action), jumped)
        if action in ("bad", "die") or answer == "fail":
            if action in ("die", "done"):
                return frozenset({"fail"})
            return walk(index + 1, "negative")
        after = mood if mood == "negative" else "positive"
        if answer == "ignore" and mood == "open":
            after = mood
        if action == "done" and after == "positive":
            return frozenset({"success"})
        return walk(index + 1, after)

    return walk(0, "open")


def _actions(rule: Rule, answer: str) -> frozenset[str]:
    control: Mapping[str, str] = dict(rule.control)
    default = control.get("default", "bad")
    if answer in ("success", "ignore"):
        return frozenset({control.get(answer, default)})
    named = {v for k, v in control.items() if k not in ("success", "ignore", "new_authtok_reqd")}
    return frozenset(named | {default})


_ANY = frozenset({"success", "ignore", "fail"})


def _normal(rule: Rule) -> frozenset[str]:
    name = rule.module
    if name == "pam_deny":
        return frozenset({"fail"})
    if name == "pam_permit":
        return frozenset({"success"})
    if name in _PASSES:
        return frozenset({"success", "ignore"})
    if name in _COUNTERS:
        return frozenset({"fail"}) if rule.has("authfail") else frozenset({"success", "ignore"})
    if name in PASSWORD or name in SECOND or name in CARD or name in _OTHER_FACTOR:
        return frozenset({"success", "fail"})
    return _ANY


@dataclass(frozen=True)
class Needs:
    """What a stack cannot be passed without. None: it cannot be told."""

    password: bool | None
    second: bool | None
    card: bool | None

    @property
    def two_factors(self) -> bool | None:
        """Whether it takes two factors by itself."""
        if self.card is True or (self.password is True and self.second is True):
            return True
        if self.card is False and (self.password is False or self.second is False):
            return False
        return None

    @property
    def any_factor(self) -> bool | None:
        """Whether it takes at least one of them."""
        answers = (self.password, self.second, self.card)
        if any(answer is True for answer in answers):
            return True
        return False if all(answer is False for answer in answers) else None


@lru_cache(maxsize=512)
def needs(rules: tuple[Rule, ...], enrolled: bool | None = None) -> Needs:
    """What an auth stack needs, for an account that has (or has not) enrolled a second factor."""

    def needed(kind: frozenset[str]) -> bool | None:
        members = [rule for rule in flat(rules) if rule.module in kind]
        optional = any(rule.has("nullok", "nouserok", "null_ok") for rule in members)

        def withheld(rule: Rule, skips: bool) -> frozenset[str]:
            if rule.module not in kind:
                return _normal(rule)
            lax = kind is SECOND and skips and rule.has("nullok", "nouserok", "null_ok")
            return _ANY if lax else frozenset({"fail"})

        skips = enrolled is not True
        if "success" not in ends(rules, lambda rule: withheld(rule, skips)):
            return True
        if not members:
            # A module that is not known may be the factor that is looked for.
            strange = [r for r in flat(rules) if not _understood(r)]
            return None if strange and kind is not CARD else False
        if any(
            not _understood(r) or r.module in _CONDITIONS - _PLAIN_CONDITIONS for r in flat(rules)
        ):
            return None
        if kind is SECOND and optional and enrolled is None:
            return None
        if any(_several_failures(r) for r in members):
            return None
        return False

    if "success" not in ends(rules, _normal):
        return Needs(True, True, True)  # nobody passes
    return Needs(needed(PASSWORD), needed(SECOND), needed(CARD))


def _understood(rule: Rule) -> bool:
    name = rule.module
    return (
        name in PASSWORD
        or name in SECOND
        or name in CARD
        or name in _OTHER_FACTOR
        or name in _PASSES
        or name in _CONDITIONS
        or name in _COUNTERS
        or name == "pam_deny"
    )


def _several_failures(rule: Rule) -> bool:
    return len(_actions(rule, "fail")) > 1


def second_modules(rules: Iterable[Rule]) -> frozenset[str]:
    """The second-factor modules of a stack."""
    return frozenset(r.module for r in flat(rules) if r.module in SECOND | CARD)
