"""The account databases: passwd, group, shadow, login.defs, nsswitch.

Of shadow only the scheme of a hash and the dates leave this file, never the hash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from scanner.collectors.base import Refused
from scanner.collectors.linux.forms import lines_of, whole, word_pairs
from scanner.collectors.linux.host import Host, Unclear, clear, settle

PASSWD = "read:/etc/passwd"
SHADOW = "read:/etc/shadow"
DEFS_FILES = ("/etc/login.defs", "/usr/etc/login.defs")
PASSWD_CALLS = {
    PASSWD: "",
    "read:/etc/group": "",
    "read:/etc/nsswitch.conf": "",
    "read:/usr/etc/nsswitch.conf": "",
    "stat:/usr/sbin/sssd": "",
    "stat:/etc/sssd/sssd.conf": "root",
    "stat:/etc/sssd/conf.d/*.conf": "root",
    **{f"read:{path}": "" for path in DEFS_FILES},
}
SHADOW_CALLS = {SHADOW: "root"}

NO_LOGIN = frozenset({"nologin", "false", "sync", "halt", "shutdown", "true", "git-shell"})
"""Programs that stand for a login shell and give none."""


@dataclass(frozen=True)
class User:
    name: str
    uid: int
    gid: int
    home: str
    shell: str
    shadowed: bool
    """Its password stands in /etc/shadow."""

    @property
    def login_shell(self) -> bool:
        return self.shell.rpartition("/")[2] not in NO_LOGIN


@dataclass(frozen=True)
class Group:
    name: str
    gid: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Shadow:
    """One line of shadow(5). Days count from 1970; None: the field is empty."""

    name: str
    scheme: str | None
    """How the password is hashed; None: there is no password to try."""
    locked: bool
    empty: bool
    changed: int | None
    max_days: int | None
    inactive: int | None
    expires: int | None


def parse_passwd(text: str) -> list[User]:
    """The accounts of passwd(5); lines of NIS (`+`, `-`) raise Unclear."""
    users = []
    for line in lines_of(text):
        parts = line.split(":")
        if line[0] in "+-":
            raise Unclear("passwd brings in accounts of NIS, which are not in this file")
        if len(parts) != 7 or not parts[0]:
            raise Unclear("passwd holds a line that is no account")
        name, password, uid, gid, _, home, shell = parts
        users.append(
            User(name, whole(uid), whole(gid), home or "/", shell or "/bin/sh", password == "x")
        )
    return users


def parse_group(text: str) -> list[Group]:
    groups = []
    for line in lines_of(text):
        parts = line.split(":")
        if line[0] in "+-" or len(parts) != 4:
            raise Unclear("group holds a line that is no group")
        groups.append(Group(parts[0], whole(parts[2]), tuple(m for m in parts[3].split(",") if m)))
    return groups


_SCHEMES = (
    ("$y$", "yescrypt"),
    ("$gy$", "gost-yescrypt"),
    ("$7$", "scrypt"),
    ("$6$", "sha512crypt"),
    ("$5$", "sha256crypt"),
    ("$2", "bcrypt"),
    ("$1$", "md5crypt"),
    ("$md5", "sunmd5"),
    ("$sha1$", "sha1crypt"),
    ("$3$", "nthash"),
    ("$argon2", "argon2"),
    ("_", "bsdicrypt"),
)


def hash_scheme(password: str) -> str | None:
    """The scheme of a password field as crypt(5) names it; None where no password can fit."""
    body = password.lstrip("!")
    if not body or set(body) <= set("*!x") or body in ("LK", "NP", "*LK*", "*NP*"):
        return None
    for prefix, name in _SCHEMES:
        if body.startswith(prefix):
            return name
    if re.fullmatch(r"[./0-9A-Za-z]{13}", body):
        return "descrypt"
    if body.startswith("$"):
        return "unknown"
    return None  # text that no password hashes to


def _day(text: str) -> int | None:
    return whole(text) if text else None


def parse_shadow(text: str) -> dict[str, Shadow]:
    found = {}
    for line in lines_of(text, comment=""):
        parts = line.split(":")
        if len(parts) != 9 or not parts[0]:
            raise Unclear("shadow holds a line that is no account")
        password = parts[1]
        max_days = _day(parts[4])
        found[parts[0]] = Shadow(
            name=parts[0],
            scheme=hash_scheme(password),
            locked=password.startswith(("!", "*")),
            empty=password == "",
            changed=_day(parts[2]),
            # 99999 is the distributions' word for never (login.defs).
            max_days=None if max_days is None or max_days < 0 or max_days >= 99999 else max_days,
            inactive=_day(parts[6]),
            expires=_day(parts[7]),
        )
    return found


def users(host: Host) -> list[User]:
    return clear(PASSWD, lambda: parse_passwd(host.read("/etc/passwd")))


def groups(host: Host) -> list[Group]:
    text = host.read_optional("/etc/group") or ""
    return clear("read:/etc/group", lambda: parse_group(text))


def shadow(host: Host) -> dict[str, Shadow]:
    return clear(SHADOW, lambda: parse_shadow(host.read("/etc/shadow")))


def groups_of(user: User, known: list[Group]) -> frozenset[str]:
    """The names of a user's groups, the primary one too."""
    return frozenset(g.name for g in known if user.name in g.members or g.gid == user.gid)


def login_defs(host: Host) -> dict[str, str]:
    """login.defs(5); the vendor's file under /usr/etc where /etc has none."""
    for path in DEFS_FILES:
        text = host.read_optional(path)
        if text is not None:
            return clear(f"read:{path}", lambda text=text: word_pairs(text))  # type: ignore[misc]
    return {}


def first_person(defs: dict[str, str]) -> int:
    """The least uid of people's accounts (UID_MIN; 1000 where it is not set)."""
    return clear("read:/etc/login.defs", lambda: whole(defs.get("UID_MIN", "1000")))


def directories(host: Host, database: str = "passwd") -> list[str]:
    """The directories beside the local files from which a database comes (nsswitch.conf)."""
    for path in ("/etc/nsswitch.conf", "/usr/etc/nsswitch.conf"):
        text = host.read_optional(path)
        if text is None:
            continue
        for line in lines_of(text):
            key, _, rest = line.partition(":")
            if key.strip() == database:
                words = re.sub(r"\[[^\]]*\]", " ", rest.split("#")[0]).split()
                others = [w for w in words if w not in ("files", "compat", "systemd", "altfiles")]
                return [w for w in others if w != "sss" or _sssd_answers(host)]
        return []
    return []


def _sssd_answers(host: Host) -> bool:
    """The RHEL family names sss from the start; without SSSD or a domain of it that says nothing.

    A configuration that may not be looked at counts as one.
    """
    if not host.exists("/usr/sbin/sssd"):
        return False
    configured = settle(lambda: host.exists("/etc/sssd/sssd.conf"))
    parts = settle(lambda: host.glob("/etc/sssd/conf.d/*.conf"))
    return configured is not False or parts != []


def refuse_directories(host: Host, database: str = "passwd", what: str = "accounts") -> None:
    """Raise Refused where accounts come from a directory too, since this list lacks them."""
    others = directories(host, database)
    if others:
        raise Refused(
            "not-supported",
            "read:/etc/nsswitch.conf",
            f"{what} also come from {', '.join(others)}, whose list is not read here; "
            "scan that directory itself",
        )
