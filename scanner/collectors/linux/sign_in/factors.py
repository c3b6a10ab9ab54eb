"""Whether a sign-in on this host can do without a second factor: over SSH, and at the console."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.collectors.base import Refused
from scanner.collectors.linux.host import Host, Unclear, clear
from scanner.collectors.linux.sign_in.pam import PAM_CALLS, PAM_FOLDERS, Rule, pam_rules
from scanner.collectors.linux.sign_in.pam_needs import Needs, needs
from scanner.collectors.linux.sign_in.sshd_config import CONFIG_CALLS, View, pattern_list, wildcard

FACTOR_CALLS = {**PAM_CALLS, **CONFIG_CALLS}

CONSOLE_SERVICES = (
    "login",
    "gdm-password",
    "gdm-fingerprint",
    "lightdm",
    "sddm",
    "xdm",
    "lxdm",
    "greetd",
    "cosmic-greeter",
    "cockpit",
)
"""The PAM services of sign-in at the machine; `cockpit` is its web console."""

_SK_ALGORITHMS = ("sk-ssh-ed25519", "sk-ecdsa-sha2-nistp256", "webauthn-sk-ecdsa")


def key_is_two_factors(view: View) -> bool:
    """Whether a public key alone is two: security keys only, each asking for its PIN or finger."""
    algorithms = view.stated("pubkeyacceptedalgorithms")
    if algorithms is None or algorithms[:1] in "+-^":
        return False
    only_security_keys = all(a.startswith(_SK_ALGORITHMS) for a in algorithms.split(","))
    options = view.text("pubkeyauthoptions").lower().replace(",", " ").split()
    return only_security_keys and "verify-required" in options


def ways(view: View) -> list[tuple[str, ...]]:
    """The lists of methods of which any one lets in, methods that are off left out."""
    methods = view.text("authenticationmethods")
    on = {
        "publickey": view.yes("pubkeyauthentication"),
        "password": view.yes("passwordauthentication"),
        "keyboard-interactive": view.yes("kbdinteractiveauthentication"),
        "gssapi-with-mic": view.yes("gssapiauthentication"),
        "hostbased": view.yes("hostbasedauthentication"),
    }
    if methods.lower() in ("any", ""):
        return [(name,) for name, enabled in on.items() if enabled]
    found = []
    for way in methods.split():
        names = tuple(part.split(":")[0].lower() for part in way.split(","))
        if any(name not in on and name != "none" for name in names):
            raise Unclear(f"sshd_config: AuthenticationMethods {way!r} is not understood")
        if all(on.get(name, True) for name in names):
            found.append(names)
    return found


def way_is_two_factors(way: tuple[str, ...], view: View, pam: Needs | None) -> bool | None:
    """Whether passing a list of methods proves two factors. None: it cannot be told.

    pam: what the stack of sshd needs; None where sshd does not use PAM (then a password is checked
    against its hash alone).
    """
    key = "publickey" in way
    if key and key_is_two_factors(view):
        return True
    asked = [name for name in way if name in ("password", "keyboard-interactive")]
    if not asked:
        # How a Kerberos ticket was got is not seen here.
        return None if "gssapi-with-mic" in way else False
    if pam is None:
        return key  # a key and a password
    return pam.any_factor if key else pam.two_factors


def root_may_enter(view: View) -> tuple[bool, bool]:
    """(at all, by password) from PermitRootLogin."""
    value = view.text("permitrootlogin").lower()
    if value == "no":
        return False, False
    if value in ("prohibit-password", "without-password"):
        return True, False
    if value == "forced-commands-only":
        return True, False
    if value == "yes":
        return True, True
    raise Unclear(f"sshd_config: PermitRootLogin {value} is not understood")


def may_enter(view: View, name: str, groups: frozenset[str], uid: int) -> bool | None:
    """Whether sshd lets an account try at all. None: it depends on where it comes from."""
    if uid == 0 and not root_may_enter(view)[0]:
        return False
    hosts = False
    for deny in view.all("denyusers"):
        user, at, _ = deny.partition("@")
        if wildcard(user, name):
            if not at:
                return False
            hosts = True
    for deny in view.all("denygroups"):
        if any(wildcard(deny, group) for group in groups):
            return False
    allowed = view.all("allowusers")
    if allowed:
        fitting = [a for a in allowed if pattern_list(a.partition("@")[0], name)]
        if not fitting:
            return False
    allowed_groups = view.all("allowgroups")
    if allowed_groups and not any(wildcard(a, g) for a in allowed_groups for g in groups):
        return False
    return None if hosts else True


def two_factors_needed(view: View, pam: Needs | None, *, uid: int | None = None) -> bool:
    """Whether sshd refuses every entry without a second factor. Raises Unclear."""
    answers: list[bool | None] = []
    for way in ways(view):
        if uid == 0 and "publickey" not in way and not root_may_enter(view)[1]:
            continue  # PermitRootLogin keeps root from passwords
        answers.append(way_is_two_factors(way, view, pam))
    if any(answer is False for answer in answers):
        return False
    if any(answer is None for answer in answers):
        raise Unclear("whether a module of PAM or a ticket stands for a second factor is not known")
    return True


def ssh_stack(host: Host, view: View) -> tuple[Rule, ...] | None:
    """The auth stack of sshd; None where it does not use PAM."""
    if not clear("read:/etc/ssh/sshd_config", lambda: view.yes("usepam")):
        return None
    return pam_rules(host, "sshd", "auth")


def console_stacks(host: Host) -> dict[str, tuple[Rule, ...]]:
    """The auth stacks of every way to sign in at the machine."""
    found = {}
    for service in CONSOLE_SERVICES:
        if any(host.exists(f"{folder}/{service}") for folder in PAM_FOLDERS):
            found[service] = pam_rules(host, service, "auth")
    if not found:
        raise Refused(
            "not-supported", f"read:{PAM_FOLDERS[0]}/*", "no PAM service of a console is here"
        )
    return found


def console_two_factors(stacks: Iterable[tuple[Rule, ...]], enrolled: bool | None) -> bool:
    """Whether each way at the machine takes two factors. Raises Unclear."""
    answers = [needs(rules, enrolled).two_factors for rules in stacks]
    if any(answer is False for answer in answers):
        return False
    if any(answer is None for answer in answers):
        raise Unclear("whether a PAM module of the console stands for a second factor is not known")
    return True
