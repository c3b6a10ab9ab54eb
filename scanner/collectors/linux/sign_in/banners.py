"""The notices before sign-in: at the console, over SSH, on the desktop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.host import Host, Unclear, observe
from scanner.collectors.linux.sign_in.dconf import (
    DCONF,
    DCONF_CALLS,
    GNOME_CALLS,
    gnome_installed,
    gvariant_bool,
    gvariant_text,
    settings,
)
from scanner.collectors.linux.sign_in.sshd_config import CONFIG_CALLS, sshd_config, sshd_installed
from scanner.facts.host import Banner


def text_hash(text: str) -> str | None:
    """SHA-256 of a notice with its white space folded; None for an empty one."""
    folded = " ".join(text.split())
    return sha256(folded.encode()).hexdigest() if folded else None


_ISSUE = "read:/etc/issue"
_SSH_NOTICES = (
    "/etc/issue.net",
    "/etc/motd",
    "/etc/banner*",
    "/etc/ssh/*banner*",
    "/etc/ssh/issue*",
)
_BANNER_ON = "/org/gnome/login-screen/banner-message-enable"
_BANNER_TEXT = "/org/gnome/login-screen/banner-message-text"


_LINK = "/etc/systemd/system/display-manager.service"
_MANAGER = f"stat:{_LINK}"
GDM = frozenset({"gdm", "gdm3"})
_OTHERS = {
    "sddm": ("/usr/bin/sddm", "/usr/sbin/sddm"),
    "lightdm": ("/usr/sbin/lightdm", "/usr/bin/lightdm"),
    "lxdm": ("/usr/sbin/lxdm", "/usr/bin/lxdm"),
    "plasmalogin": ("/usr/bin/plasmalogin",),
}
"""Display managers that show whatever their theme or greeter is made to, and their programs."""

MANAGER_CALLS = {
    _MANAGER: "",
    **{f"stat:{path}": "" for paths in _OTHERS.values() for path in paths},
}


def display_managers(here: Host) -> list[str]:
    """Who asks for the sign-in on the desktop, by the names of their services.

    Of several that are installed, systemd starts the one that its alias leads to; SUSE leads it to
    a service of the same name, which tells nothing.
    """
    target = here.readlink(_LINK)
    if target is not None:
        name = target.rpartition("/")[2].removesuffix(".service")
        if name != "display-manager":
            return [] if name == "null" else [name if name.isprintable() else "unnamed"]
    found = ["gdm"] if gnome_installed(here) else []
    return found + [n for n, paths in _OTHERS.items() if any(here.exists(p) for p in paths)]


def _unread(manager: str) -> str:
    raise Refused(
        "not-supported", _MANAGER, f"what {manager} shows is made by its theme, and not read here"
    )


@source(
    Banner,
    fields=["surface", "shown", "text_hash"],
    calls={
        _ISSUE: "",
        "read:/etc/issue.d/*": "",
        **{f"read:{path}": "" for path in _SSH_NOTICES},
        **CONFIG_CALLS,
        **MANAGER_CALLS,
        **DCONF_CALLS,
        **GNOME_CALLS,
    },
)
def banners(here: Host) -> Iterator[Banner | Partial]:
    """The notice before sign-in: at the console, over SSH, on the desktop."""

    def console() -> str:
        texts = [here.read_optional("/etc/issue") or ""]
        texts.extend(here.read_optional(p) or "" for p in here.glob("/etc/issue.d/*"))
        return "\n".join(texts)

    def ssh() -> str:
        paths = {view.text("banner") for view in sshd_config(here).views()}
        if len(paths) > 1:
            raise Unclear("sshd shows different banners by connection")
        path = paths.pop()
        if path.lower() == "none":
            return ""
        if not here.may_read(path):
            raise Refused("not-supported", "read:/etc/issue.net", f"the banner {path} is not read")
        return here.read_optional(path) or ""

    def desktop() -> str:
        values = settings(here, "gdm").values
        if not gvariant_bool(values.get(_BANNER_ON, "false")):
            return ""
        return gvariant_text(values.get(_BANNER_TEXT, "''"))

    surfaces: list[tuple[str, str, str, Callable[[], str]]] = [
        ("console", "console", _ISSUE, console)
    ]
    if sshd_installed(here):
        surfaces.append(("ssh", "ssh", "read:/etc/ssh/sshd_config", ssh))
    for manager in display_managers(here):
        if manager in GDM:
            surfaces.append(("desktop", "desktop", DCONF, desktop))
        else:
            surfaces.append((f"desktop-{manager}", "desktop", _MANAGER, partial(_unread, manager)))
    for leaf, surface, operation, text in surfaces:

        def notice(text: Callable[[], str] = text) -> str | None:
            return text_hash(text())

        def shown(notice: Callable[[], str | None] = notice) -> bool:
            return notice() is not None

        yield observe(
            Banner(
                subject=f"{here.id}/banner/{leaf}",
                name=leaf,
                surface=surface,
                **here.here(operation),
            ),
            operation,
            {"shown": shown, "text_hash": notice},
        )
