"""System-wide settings of GNOME desktops: dconf key files, their order and their locks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scanner.collectors.linux.forms import lines_of, sections
from scanner.collectors.linux.host import Host, Unclear

DCONF_CALLS = {
    "read:/etc/dconf/profile/*": "",
    "read:/etc/dconf/db/*.d/*": "",
    "read:/etc/dconf/db/*.d/locks/*": "",
}
DESKTOP_CALLS = {"stat:/usr/bin/gnome-shell": "", "stat:/usr/bin/gnome-session": ""}


@dataclass(frozen=True)
class Settings:
    """What the system's databases set, and which keys users cannot change (`/org/...`)."""

    values: dict[str, str]
    locks: frozenset[str]

    def locked(self, key: str) -> bool:
        return key in self.locks or any(
            lock.endswith("/") and key.startswith(lock) for lock in self.locks
        )


def desktop_installed(host: Host) -> bool:
    return host.exists("/usr/bin/gnome-shell")


def databases(host: Host, profile: str) -> list[str]:
    """The system databases of a profile, the first of which wins (dconf(7))."""
    text = host.read_optional(f"/etc/dconf/profile/{profile}")
    if text is None:
        return []
    names = []
    for line in lines_of(text):
        kind, colon, name = line.partition(":")
        if kind.strip() == "system-db" and colon and re.fullmatch(r"[A-Za-z0-9_.-]+", name.strip()):
            names.append(name.strip())
    return names


def settings(host: Host, profile: str = "user") -> Settings:
    """The settings of a profile's system databases, from their key files."""
    values: dict[str, str] = {}
    locks: set[str] = set()
    for name in databases(host, profile):
        folder = f"/etc/dconf/db/{name}.d"
        found: dict[str, str] = {}
        for leaf in host.listdir(folder):
            if leaf == "locks" or leaf.startswith("."):
                continue
            for section, key, value in sections(host.read_optional(f"{folder}/{leaf}") or ""):
                found[f"/{section.strip('/')}/{key}"] = value
        for leaf in host.listdir(f"{folder}/locks"):
            locks.update(lines_of(host.read_optional(f"{folder}/locks/{leaf}") or ""))
        for key, value in found.items():
            values.setdefault(key, value)
    return Settings(values, frozenset(locks))


def gvariant_int(value: str) -> int:
    found = re.fullmatch(r"(?:u?int(?:16|32|64)\s+)?(-?[0-9]{1,12})", value.strip())
    if found is None:
        raise Unclear(f"dconf: {value!r} is not a number")
    return int(found.group(1))


def gvariant_bool(value: str) -> bool:
    if value.strip() in ("true", "false"):
        return value.strip() == "true"
    raise Unclear(f"dconf: {value!r} is neither true nor false")


def gvariant_text(value: str) -> str:
    stripped = value.strip()
    if len(stripped) >= 2 and stripped[0] == stripped[-1] and stripped[0] in "'\"":
        return stripped[1:-1].replace("\\n", "\n").replace("\\'", "'").replace('\\"', '"')
    raise Unclear("dconf: a text has no quotes")
