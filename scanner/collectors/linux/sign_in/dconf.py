"""System-wide settings of GNOME desktops: dconf key files, their order and their locks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scanner.collectors.linux.forms import lines_of, sections
from scanner.collectors.linux.host import Host, Unclear

DCONF = "read:/etc/dconf/db/*.d/*"
_PROFILES = ("/etc/dconf/profile", "/usr/share/dconf/profile")
_OVERRIDES = "/usr/share/glib-2.0/schemas"
DCONF_CALLS = {
    **{f"read:{folder}/*": "" for folder in _PROFILES},
    DCONF: "",
    "read:/etc/dconf/db/*.d/locks/*": "",
    "stat:/etc/dconf/db/*": "",
}
GNOME_CALLS = {
    "stat:/usr/bin/gnome-shell": "",
    f"read:{_OVERRIDES}/*.gschema.override": "",
}


@dataclass(frozen=True)
class Settings:
    """What the system's databases set, and which keys users cannot change (`/org/...`)."""

    values: dict[str, str]
    locks: frozenset[str]

    def locked(self, key: str) -> bool:
        return _covers(self.locks, key)


def _covers(locks: frozenset[str], key: str) -> bool:
    return key in locks or any(lock.endswith("/") and key.startswith(lock) for lock in locks)


def gnome_installed(host: Host) -> bool:
    return host.exists("/usr/bin/gnome-shell")


def databases(host: Host, profile: str) -> list[str]:
    """The system databases of a profile, the first of which wins (dconf(7)). Raises Unclear."""
    for folder in _PROFILES:
        text = host.read_optional(f"{folder}/{profile}")
        if text is not None:
            break
    else:
        return []
    names = []
    for line in lines_of(text):
        kind, _, name = line.partition(":")
        if kind.strip() == "system-db" and re.fullmatch(r"[A-Za-z0-9_.-]+", name.strip()):
            names.append(name.strip())
        elif kind.strip() == "system-db":
            raise Unclear(f"dconf: the profile {profile} names {line[:60]!r}")
    return names


def settings(host: Host, profile: str = "user") -> Settings:
    """The settings of a profile's system databases, from their key files.

    A lock holds against the databases before its own, as it does against the user's. Raises
    Unclear where the databases were not made from the key files (`dconf update`).
    """
    values: dict[str, str] = {}
    locks: set[str] = set()
    for name in reversed(databases(host, profile)):
        found, own = _database(host, name)
        locked = frozenset(locks)
        values.update({k: v for k, v in found.items() if not _covers(locked, k)})
        locks |= own
    return Settings(values, frozenset(locks))


def _database(host: Host, name: str) -> tuple[dict[str, str], set[str]]:
    """(values, locks) of the key files of a database."""
    folder = f"/etc/dconf/db/{name}.d"
    paths = [f"{folder}/{n}" for n in host.listdir(folder) if n != "locks" and n[0] != "."]
    lock_paths = [f"{folder}/locks/{n}" for n in host.listdir(f"{folder}/locks") if n[0] != "."]
    made = host.stat(f"/etc/dconf/db/{name}")
    if not paths and not lock_paths:
        if made is not None and host.stat(folder) is None:
            raise Unclear(f"dconf: the database {name} has no key files, and is not read itself")
        return {}, set()
    if made is None:
        raise Unclear(f"dconf: {folder} was never made into a database (dconf update)")
    changed = [s.mtime for s in (host.stat(p) for p in (*paths, *lock_paths)) if s is not None]
    if any(time > made.mtime for time in changed):
        raise Unclear(f"dconf: {folder} has changed since its database was made (dconf update)")
    found: dict[str, str] = {}
    for path in paths:
        for section, key, value in sections(host.read_optional(path) or "", comment="#"):
            found[f"/{section.strip('/')}/{key}"] = value
    return found, {lock for p in lock_paths for lock in lines_of(host.read_optional(p) or "")}


def vendor_defaults(host: Host) -> dict[str, str]:
    """Defaults that the distribution sets for its packages (glib's schema overrides).

    Those for one desktop only (`[schema:NAME]`) raise Unclear where they are of a lock.
    """
    found: dict[str, str] = {}
    for path in host.glob(f"{_OVERRIDES}/*.gschema.override"):
        for section, key, value in sections(host.read_optional(path) or "", comment="#"):
            schema, colon, desktop = section.partition(":")
            if schema not in ("org.gnome.desktop.session", "org.gnome.desktop.screensaver"):
                continue
            if colon and key in ("idle-delay", "lock-enabled", "lock-delay"):
                raise Unclear(f"the default of {key} is another one under {desktop}")
            found[f"/{schema.replace('.', '/')}/{key}"] = value
    return found


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
