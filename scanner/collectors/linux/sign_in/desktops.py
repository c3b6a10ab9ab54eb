"""When desktops lock: GNOME by dconf, KDE Plasma by its kiosk files; others are only seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.forms import minutes, section_values
from scanner.collectors.linux.host import Host, Unclear, clear, known, observe, settle
from scanner.collectors.linux.sign_in.dconf import (
    DCONF,
    DCONF_CALLS,
    GNOME_CALLS,
    gnome_installed,
    gvariant_bool,
    gvariant_int,
    settings,
    vendor_defaults,
)
from scanner.collectors.linux.sign_in.kconfig import Group, flag, read_group
from scanner.facts.host import Session

_IDLE = "/org/gnome/desktop/session/idle-delay"
_LOCK = "/org/gnome/desktop/screensaver/lock-enabled"
_DELAY = "/org/gnome/desktop/screensaver/lock-delay"

_XDG = "/etc/xdg"
_MORE_XDG = ("/usr/share/kde-settings/kde-profile/default/xdg", "/etc/xdg/xdg-plasma")
"""Folders that Fedora puts after, and Debian's family before, /etc/xdg in sessions of Plasma."""

_KDE = f"read:{_XDG}/kscreenlockerrc"
_LOCK_KEYS = ("Autolock", "Timeout", "Lock", "LockGrace")
_PLASMA = "/usr/bin/plasmashell"

_SESSIONS = ("/usr/share/xsessions", "/usr/share/wayland-sessions")
_SESSION = f"read:{_SESSIONS[0]}/*.desktop"
_READ = re.compile(
    r"gnome-session(?!.*--session[= ](?!gnome|ubuntu))|gnome-shell|startplasma|startkde"
)
"""What an entry starts for a session of GNOME or KDE; other desktops borrow gnome-session."""
_ANY = re.compile(r"(?:^|/)(?:default|Xsession|x-session-manager)(?:\s|$)")
"""Entries that start whichever of the installed desktops the user or the system has chosen."""


@source(
    Session,
    fields=[
        "session",
        "lock_minutes",
        "conceals",
        "idle_minutes",
        "max_minutes",
        "user_can_change",
    ],
    calls={
        **DCONF_CALLS,
        **GNOME_CALLS,
        f"stat:{_PLASMA}": "",
        **{
            f"read:{folder}/{name}": ""
            for folder in (_XDG, *_MORE_XDG)
            for name in ("kdeglobals", "kscreenlockerrc")
        },
        **{f"read:{folder}/*.desktop": "" for folder in _SESSIONS},
    },
    always={"session": "desktop"},
)
def desktop_sessions(here: Host) -> Iterator[Session | Partial]:
    """When each desktop locks its screen, and whether its user can change that."""
    if gnome_installed(here):
        yield _desktop(here, "desktop", "desktop", DCONF, _gnome(here))
    if here.exists(_PLASMA):
        yield _desktop(here, "desktop-kde", "KDE Plasma", _KDE, _plasma(here))
    for name in _others(here):
        yield _desktop(here, f"desktop-{name}", name, _SESSION, _unread(name))


Reads = dict[str, Callable[[], Any]]


def _desktop(here: Host, leaf: str, name: str, operation: str, reads: Reads) -> Session | Partial:
    fact = Session(
        subject=f"{here.id}/session/{leaf}",
        name=name,
        session="desktop",
        idle_minutes=None,
        max_minutes=None,
        **here.here(operation),
    )
    return observe(fact, operation, reads)


def _gnome(here: Host) -> Reads:
    found = settle(lambda: clear(DCONF, lambda: settings(here)))

    def value(key: str, default: str) -> str:
        stated = known(found).values.get(key)
        return stated if stated is not None else vendor_defaults(here).get(key, default)

    def lock() -> int | None:
        # GNOME's own defaults: it locks, five minutes idle, at once (its settings schemas).
        if not gvariant_bool(value(_LOCK, "true")):
            return None
        idle = gvariant_int(value(_IDLE, "uint32 300"))
        if idle == 0:
            return None
        return minutes(idle + gvariant_int(value(_DELAY, "uint32 0")))

    return {
        "lock_minutes": lock,
        "conceals": lambda: lock() is not None,
        "user_can_change": lambda: (
            not all(known(found).locked(key) for key in (_IDLE, _LOCK, _DELAY))
        ),
    }


def _plasma(here: Host) -> Reads:
    """kscreenlockerrc, group Daemon (kscreenlocker's own settings file names the defaults).

    A user's own file wins over everything that is not immutable: what is told is what users start
    with, and whether they can change it.
    """

    def group(*folders: str) -> Group:
        general = [here.read_optional(f"{folder}/kdeglobals") or "" for folder in folders]
        if any(read_group([text], "Daemon").values for text in general):
            raise Unclear("KDE: kdeglobals has a say in the lock, which is not understood")
        texts = [here.read_optional(f"{folder}/kscreenlockerrc") or "" for folder in folders]
        return read_group(texts, "Daemon")

    def agreed(judge: Callable[[Group], Any]) -> Any:
        last, first = _MORE_XDG
        folders = [(_XDG,), (last, _XDG), (_XDG, first), (last, _XDG, first)]
        answers = [judge(group(*each)) for each in folders]
        if any(answer != answers[0] for answer in answers):
            raise Unclear("KDE: the lock depends on the session's XDG_CONFIG_DIRS")
        return answers[0]

    return {
        "lock_minutes": lambda: agreed(plasma_lock),
        "conceals": lambda: agreed(plasma_lock) is not None,
        "user_can_change": lambda: agreed(plasma_can_change),
    }


def _number(group: Group, key: str) -> int:
    value = group.values.get(key, "5")  # five minutes until it locks, five seconds of grace
    if not re.fullmatch(r"-?[0-9]{1,6}", value):
        raise Unclear(f"KDE: {key}={value[:20]} is not a whole number")
    return int(value)


def plasma_lock(group: Group) -> int | None:
    """Minutes until a password is asked for; None: never. Raises Unclear."""
    if not all(flag(group.values.get(k, "true")) for k in ("Autolock", "Lock", "RequirePassword")):
        return None
    timeout, grace = _number(group, "Timeout"), _number(group, "LockGrace")
    # Plasma 5 forces these into its bounds; Plasma 6 takes them as they stand.
    if timeout < 1 or not 0 <= grace <= 300:
        raise Unclear("KDE: what Timeout and LockGrace mean there differs by version")
    return minutes(timeout * 60 + grace)


def plasma_can_change(group: Group) -> bool:
    """Whether users' own files have a say in when it locks. Raises Unclear."""
    if not all(group.immutable(key) for key in _LOCK_KEYS):
        return True
    if not group.immutable("RequirePassword"):
        raise Unclear("KDE: RequirePassword is not immutable, and not every version has it")
    return False


def _others(here: Host) -> list[str]:
    """The desktops that can be chosen at sign-in and whose lock is not read here."""
    found = set()
    for folder in _SESSIONS:
        for path in here.glob(f"{folder}/*.desktop"):
            values = section_values([here.read_optional(path) or ""], "Desktop Entry")
            starts = values.get("Exec", "")
            hidden = values.get("Hidden", "false").lower() == "true"
            if not (hidden or _READ.search(starts) or _ANY.search(starts)):
                found.add(path.rpartition("/")[2].removesuffix(".desktop"))
    return sorted(found)


def _unread(name: str) -> Reads:
    def refuse() -> Any:
        raise Refused("not-supported", _SESSION, f"when {name} locks is not read here")

    return {"lock_minutes": refuse, "conceals": refuse, "user_can_change": refuse}
