"""When a desktop locks: GNOME's databases and locks, Plasma's immutable entries, and the others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linux_reading import read
from linux_rhel import RHEL

from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.machine.memory import Node
from scanner.collectors.linux.sign_in.desktops import desktop_sessions, plasma_lock
from scanner.collectors.linux.sign_in.kconfig import read_group

GNOME: dict[str, Any] = {
    "/usr/bin/gnome-shell": "",
    "/etc/dconf/profile/user": "user-db:user\nsystem-db:local\n",
    "/etc/dconf/db/local": "compiled",
    "/etc/dconf/db/local.d/00-lock": (
        "[org/gnome/desktop/session]\nidle-delay=uint32 600\n"
        "[org/gnome/desktop/screensaver]\nlock-enabled=true\nlock-delay=uint32 5\n"
    ),
    "/etc/dconf/db/local.d/locks/lock": (
        "/org/gnome/desktop/session/idle-delay\n/org/gnome/desktop/screensaver/lock-enabled\n"
        "/org/gnome/desktop/screensaver/lock-delay\n"
    ),
}


def lock(tree: dict[str, Any]) -> tuple[Any, Any, Any]:
    found = read(desktop_sessions, tree).only
    return found.lock_minutes, found.conceals, found.user_can_change


def why(tree: dict[str, Any], field: str = "lock_minutes") -> str:
    return read(desktop_sessions, tree).why(field).detail


def test_gnome_locks_and_its_user_cannot_change_it() -> None:
    assert lock(GNOME) == (11, True, False)
    loose = {k: v for k, v in GNOME.items() if "locks" not in k}
    assert lock(loose) == (11, True, True)
    off = {
        **GNOME,
        "/etc/dconf/db/local.d/99": "[org/gnome/desktop/screensaver]\nlock-enabled=false\n",
    }
    assert lock(off)[0] is None
    odd = {**GNOME, "/etc/dconf/db/local.d/99": "[org/gnome/desktop/session]\nidle-delay=@u x\n"}
    assert "not a number" in why(odd)
    assert read(desktop_sessions, RHEL).facts == {}


def test_a_lock_holds_against_the_databases_before_it() -> None:
    tree = {
        **GNOME,
        "/etc/dconf/profile/user": "user-db:user\nsystem-db:local\nsystem-db:site\n",
        "/etc/dconf/db/local.d/00-lock": "[org/gnome/desktop/session]\nidle-delay=uint32 6000\n",
        "/etc/dconf/db/local.d/locks/lock": "/org/gnome/desktop/screensaver/\n",
        "/etc/dconf/db/site": "compiled",
        "/etc/dconf/db/site.d/00": "[org/gnome/desktop/session]\nidle-delay=uint32 300\n",
        "/etc/dconf/db/site.d/locks/00": "/org/gnome/desktop/session/idle-delay\n",
    }
    assert lock(tree) == (5, True, False)
    del tree["/etc/dconf/db/site.d/locks/00"]
    assert lock(tree) == (100, True, True)


def test_key_files_that_were_never_made_into_a_database_say_nothing() -> None:
    never = {k: v for k, v in GNOME.items() if k != "/etc/dconf/db/local"}
    assert "dconf update" in why(never)
    assert "dconf update" in why(never, "user_can_change")
    newer = {**GNOME, "/etc/dconf/db/local.d/99": Node(b"", mtime=10)}
    assert "has changed since" in why(newer)
    made = {**newer, "/etc/dconf/db/local": Node(b"compiled", mtime=10)}
    assert lock(made) == (11, True, False)
    bare = {"/usr/bin/gnome-shell": "", "/etc/dconf/profile/user": "system-db:x\n"}
    assert lock(bare) == (5, True, True)
    assert "not read itself" in why({**bare, "/etc/dconf/db/x": "compiled"})


def test_the_distribution_may_have_defaults_of_its_own() -> None:
    override = "/usr/share/glib-2.0/schemas/10_vendor.gschema.override"
    tree = {"/usr/bin/gnome-shell": ""}
    assert lock(tree) == (5, True, True)
    text = "[org.gnome.desktop.screensaver]\nlock-enabled = false\n"
    assert lock({**tree, override: text})[0] is None
    assert lock({**tree, override: "[org.gnome.desktop.lockdown]\nx = true\n"})[0] == 5
    assert lock({**GNOME, override: text})[0] == 11
    named = {**tree, override: "[org.gnome.desktop.session:Vendor]\nidle-delay = uint32 60\n"}
    assert "another one under Vendor" in why(named)


KDE = {"/usr/bin/plasmashell": ""}
RC = "/etc/xdg/kscreenlockerrc"


@pytest.mark.parametrize(
    ("text", "minutes", "can_change"),
    [
        ("", 6, True),  # five minutes and five seconds
        ("[Daemon]\nTimeout=10\nLockGrace=0\n", 10, True),
        ("[Daemon][$i]\nTimeout=10\nLockGrace=0\n", 10, False),
        ("[$i]\n[Daemon]\nTimeout = 10\nLockGrace=60\n", 11, False),
        ("[$i]\n# the defaults, for ever\n", 6, False),
        ("[Daemon]\nTimeout[$i]=10\nLockGrace=0\n", 10, True),
        (
            "[Daemon]\nAutolock[$i]=true\nTimeout[$i]=3\nLock[$i]=true\nLockGrace[$i]=0\n"
            "RequirePassword[$i]=true\n",
            3,
            False,
        ),
        ("[Daemon][$i]\nAutolock=False\n", None, False),
        ("[Daemon]\nLock=no\n", None, True),
        ("[Daemon]\nRequirePassword=off\n", None, True),
        ("[Greeter]\nTimeout=1\n[Daemon][Sub][$i]\nTimeout=2\n", 6, True),
        ("[Daemon]\n#Timeout=1\nTimeout=7\nTimeout=8\nLockGrace=0\n", 8, True),
        ("[Daemon]\nTimeout[$i]=7\nTimeout=8\nLockGrace=0\n", 7, True),
        ("[Daemon]\nTimeout=9\nTimeout[$d]\n", 6, True),
    ],
)
def test_plasma_locks_as_its_files_say(text: str, minutes: int | None, can_change: bool) -> None:
    assert lock({**KDE, RC: text}) == (minutes, minutes is not None, can_change)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[Daemon]\nTimeout=soon\n", "lock_minutes"),
        ("[Daemon]\nTimeout=0\n", "lock_minutes"),
        ("[Daemon]\nLockGrace=-1\n", "lock_minutes"),
        ("[Daemon]\nAutolock=perhaps\n", "lock_minutes"),
        ("[Daemon]\nTimeout[de]=3\n", "lock_minutes"),
        ("[Daemon]\nTimeout[$e]=$(cat /etc/minutes)\n", "lock_minutes"),
        (
            "[Daemon]\nAutolock[$i]=true\nTimeout[$i]=3\nLock[$i]=true\nLockGrace[$i]=0\n",
            "user_can_change",
        ),
    ],
)
def test_what_plasma_would_make_of_it_is_not_guessed(text: str, field: str) -> None:
    assert why({**KDE, RC: text}, field).startswith("KDE")


def test_folders_that_only_some_sessions_read_matter_where_they_differ() -> None:
    tree = {**KDE, RC: "[Daemon][$i]\nTimeout=10\nLockGrace=0\n"}
    vendor = "/usr/share/kde-settings/kde-profile/default/xdg/kscreenlockerrc"
    assert lock({**tree, vendor: "[Daemon]\nTimeout=30\n"}) == (10, True, False)
    alone = {**KDE, vendor: "[Daemon]\nTimeout=30\n"}
    assert "XDG_CONFIG_DIRS" in why(alone)
    more = {**tree, "/etc/xdg/xdg-plasma/kscreenlockerrc": "[Daemon]\nTimeout=60\n"}
    assert "made immutable" in why(more)
    assert "kdeglobals" in why({**tree, "/etc/xdg/kdeglobals": "[Daemon]\nTimeout=60\n"})
    assert lock({**tree, "/etc/xdg/kdeglobals": "[$i]\n[KDE]\nx=1\n"}) == (10, True, False)


def test_a_file_that_may_not_be_read_is_no_default() -> None:
    closed = {**KDE, RC: Node(refused=True)}
    assert read(desktop_sessions, closed).why("lock_minutes").reason == "denied"


def test_a_host_with_both_desktops_needs_both() -> None:
    found = read(desktop_sessions, {**GNOME, **KDE, RC: "[Daemon]\nAutolock=false\n"})
    assert found["session/desktop"].lock_minutes == 11
    assert found["session/desktop-kde"].lock_minutes is None


def test_other_desktops_are_seen_and_their_lock_is_unknown() -> None:
    tree = {
        **GNOME,
        **KDE,
        "/usr/share/xsessions/xfce.desktop": "[Desktop Entry]\nName=Xfce\nExec=startxfce4\n",
        "/usr/share/xsessions/plasma.desktop": "[Desktop Entry]\nExec=startplasma-x11\n",
        "/usr/share/xsessions/unity.desktop": (
            "[Desktop Entry]\nExec=/usr/bin/gnome-session --session=unity\n"
        ),
        "/usr/share/xsessions/lightdm-xsession.desktop": "[Desktop Entry]\nExec=default\n",
        "/usr/share/xsessions/old.desktop": "[Desktop Entry]\nExec=twm\nHidden=true\n",
        "/usr/share/wayland-sessions/ubuntu.desktop": (
            "[Desktop Entry]\nExec=env GNOME_SHELL_SESSION_MODE=ubuntu /usr/bin/gnome-session"
            " --session=ubuntu\n"
        ),
        "/usr/share/wayland-sessions/sway.desktop": "[Desktop Entry]\nExec=sway\n",
    }
    found = read(desktop_sessions, tree)
    assert {key.rpartition("/")[2] for key in found.facts} == {
        "desktop",
        "desktop-kde",
        "desktop-xfce",
        "desktop-unity",
        "desktop-sway",
    }
    refused = found.why("lock_minutes", "session/desktop-xfce")
    assert (refused.reason, refused.detail) == ("not-supported", "when xfce locks is not read here")


@given(
    st.lists(st.text(alphabet="[]$id=Daemon\n TimeoutLockG0123456789#", max_size=60), max_size=3)
)
def test_any_text_is_read_or_unclear(texts: list[str]) -> None:
    try:
        found = plasma_lock(read_group(texts, "Daemon"))
    except Unclear:
        return
    assert found is None or found >= 1
