"""Rights to act as root: sudoers with includes, aliases and tags, and groups that amount to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from scanner.collectors.base import Partial, Refused, source
from scanner.collectors.linux.host import Host, Unclear, clear
from scanner.collectors.linux.passwd import PASSWD_CALLS, Group, User, groups, groups_of, users
from scanner.facts.identity import RoleGrant

SUDOERS = ("/etc/sudoers", "/usr/etc/sudoers")
SUDO_CALLS = {
    **{f"read:{path}": "root" for path in SUDOERS},
    "read:/etc/sudoers.d/*": "root",
    "read:/usr/etc/sudoers.d/*": "root",
    "stat:/usr/bin/sudo": "",
    "stat:/usr/bin/doas": "",
    "stat:/usr/local/bin/doas": "",
    "read:/etc/doas.conf": "root",
    "stat:/usr/bin/pkexec": "",
}
_OPERATION = f"read:{SUDOERS[0]}"

ROOT_GROUPS = {
    "root": "belongs to root's own group",
    "docker": "can start containers that hold the host's files",
    "lxd": "can start containers that hold the host's files",
    "incus-admin": "can start containers that hold the host's files",
    "libvirt": "can start machines that hold the host's disks",
    "disk": "can read and write the disks themselves",
}
"""Groups whose members can make themselves root, whatever sudo says."""

POLKIT_ADMINS = frozenset({"sudo", "wheel", "admin"})
"""Groups that the distributions' polkit rules take for administrators."""


@dataclass(frozen=True)
class Grant:
    """One user specification: who may run what as whom. who as written: `alice`, `%wheel`."""

    who: str
    commands: tuple[str, ...]
    run_as: str
    password: bool


@dataclass
class Sudoers:
    grants: list[Grant] = field(default_factory=list)
    aliases: dict[str, dict[str, tuple[str, ...]]] = field(
        default_factory=lambda: {
            "User_Alias": {},
            "Runas_Alias": {},
            "Host_Alias": {},
            "Cmnd_Alias": {},
        }
    )
    authenticate: bool = True
    unlocked_for: set[str] = field(default_factory=set)
    """Whom a `Defaults:user !authenticate` spares the password."""
    settings: dict[str, str] = field(default_factory=dict)


_TAG = re.compile(
    r"\s*(NOPASSWD|PASSWD|NOEXEC|EXEC|SETENV|NOSETENV|LOG_INPUT|NOLOG_INPUT|LOG_OUTPUT|"
    r"NOLOG_OUTPUT|FOLLOW|NOFOLLOW|MAIL|NOMAIL|INTERCEPT|NOINTERCEPT)\s*:"
)
_OPTION = re.compile(
    r"\s*(ROLE|TYPE|APPARMOR_PROFILE|PRIVS|LIMITPRIVS|NOTBEFORE|NOTAFTER|TIMEOUT|CWD|CHROOT)\s*=\s*(\S+)\s"
)


def _list(text: str) -> tuple[str, ...]:
    """A comma list; a backslash keeps the comma after it."""
    parts = [p.strip() for p in re.split(r"(?<!\\),", text)]
    if any(not p for p in parts):
        raise Unclear(f"sudoers: the list {text.strip()[:60]!r} has an empty part")
    return tuple(parts)


def parse(
    text: str,
    include: Callable[[str, bool], Sequence[str]],
    into: Sudoers | None = None,
    depth: int = 0,
) -> Sudoers:
    """sudoers(5). include: (path, is a folder) -> texts. Raises Unclear."""
    result = into if into is not None else Sudoers()
    if depth > 16:
        raise Unclear("sudoers: files include each other without end")
    joined = text.replace("\\\n", " ")
    for raw in joined.splitlines():
        line = raw.strip()
        head = re.match(r"[#@](include|includedir)\s+(.+)", line)
        if head:
            path = head.group(2).strip().strip('"').replace("\\ ", " ")
            for each in include(path, head.group(1) == "includedir"):
                parse(each, include, result, depth + 1)
            continue
        # `#1000` at the start names a uid; any other hash starts a comment.
        line = re.sub(r"(?<!\\)#(?![0-9]).*", "", line).strip()
        if not line or re.match(r"#[^0-9]|#$", line):
            continue
        if line.startswith("Defaults"):
            _defaults(line, result)
            continue
        alias = re.match(r"(User_Alias|Runas_Alias|Host_Alias|Cmnd_Alias|Cmd_Alias)\s+(.*)", line)
        if alias:
            kind = "Cmnd_Alias" if alias.group(1) == "Cmd_Alias" else alias.group(1)
            for part in re.split(r"(?<!\\):", alias.group(2)):
                name, equals, members = part.partition("=")
                if not equals or not re.fullmatch(r"[A-Z][A-Z0-9_]*", name.strip()):
                    raise Unclear(f"sudoers: the alias {part.strip()[:60]!r} is not understood")
                result.aliases[kind][name.strip()] = _list(members)
            continue
        _specification(line, result)
    return result


def _defaults(line: str, result: Sudoers) -> None:
    head = re.match(r"Defaults(?:([:@!>])\s*(\S+))?\s+(.*)", line)
    if head is None:
        raise Unclear(f"sudoers: {line[:60]!r} is not understood")
    kind, whom, rest = head.groups()
    for part in re.split(r"(?<!\\),\s*(?=[!A-Za-z])", rest):
        setting = part.strip()
        if setting in ("!authenticate", "authenticate"):
            off = setting.startswith("!")
            if kind is None:
                result.authenticate = not off
            elif kind == ":" and off:
                result.unlocked_for.update(_list(whom))
            elif off:
                raise Unclear("sudoers: passwords are spared by host, command or target user")
        elif kind is None:
            name, _, value = setting.partition("=")
            result.settings[name.rstrip("+- ").strip()] = value.strip().strip('"')


def _specification(line: str, result: Sudoers) -> None:
    # who hosts = [(runas)] [tags] commands [: hosts = ...]
    head = re.match(r"((?:\"[^\"]*\"|\\.|[^\s,]|,\s*|\s+,\s*)+)\s+(.*)", line)
    if head is None or "=" not in head.group(2):
        raise Unclear(f"sudoers: the line {line[:60]!r} is not understood")
    people = _list(head.group(1))
    for part in _hosts(head.group(2)):
        _, equals, rights = part.partition("=")
        if not equals:
            raise Unclear(f"sudoers: the line {line[:60]!r} is not understood")
        run_as, password = "root", True
        commands: dict[tuple[str, bool], list[str]] = {}
        for piece in _list(rights.strip()):
            text = piece
            role = re.match(r"\s*\(([^)]*)\)\s*(.*)", text)
            if role:
                run_as, text = role.group(1).strip() or "root", role.group(2)
            while True:
                tag, option = _TAG.match(text), _OPTION.match(text)
                if tag:
                    if tag.group(1) in ("NOPASSWD", "PASSWD"):
                        password = tag.group(1) == "PASSWD"
                    text = text[tag.end() :]
                elif option:
                    text = text[option.end() :]
                else:
                    break
            if not text.strip():
                raise Unclear(f"sudoers: the line {line[:60]!r} names no command")
            commands.setdefault((run_as, password), []).append(text.strip())
        for who in people:
            for (as_whom, ask), names in commands.items():
                result.grants.append(Grant(who, tuple(names), as_whom, ask))


def _hosts(text: str) -> list[str]:
    """The parts between colons that start a new host list, not those of tags or paths."""
    return re.split(r"\s+:\s+(?=[^=,]*=)", text)


def expand(names: Sequence[str], aliases: dict[str, tuple[str, ...]]) -> list[str]:
    """Names with the aliases put in, those of aliases too."""
    found: list[str] = []
    pending = list(reversed(names))
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name in aliases and name not in seen:
            seen.add(name)
            pending.extend(reversed(aliases[name]))
        else:
            found.append(name)
    return found


def sudoers(host: Host) -> Sudoers | None:
    """The rules of sudo; None where sudo is not installed. Raises Refused."""
    if not host.exists("/usr/bin/sudo"):
        return None
    text = None
    for path in SUDOERS:
        text = host.read_optional(path)
        if text is not None:
            break
    if text is None:
        return Sudoers()

    def include(path: str, folder: bool) -> Sequence[str]:
        if folder:
            if not host.may_read(f"{path}/x"):
                raise Unclear(f"sudoers includes {path}, which is not among the files read")
            # sudo skips names that hold a dot or end in a tilde.
            names = [n for n in host.listdir(path) if "." not in n and not n.endswith("~")]
            return [host.read_optional(f"{path}/{name}") or "" for name in names]
        if not host.may_read(path):
            raise Unclear(f"sudoers includes {path}, which is not among the files read")
        return [host.read_optional(path) or ""]

    given = text
    return clear(_OPERATION, lambda: parse(given, include))


def holders(who: str, people: list[User], known: list[Group]) -> list[User]:
    """The local accounts that a name in sudoers means. Raises Unclear for netgroups."""
    if who == "ALL":
        return people
    if who.startswith("%#"):
        return (
            [
                u
                for u in people
                if any(g.gid == int(who[2:]) for g in known if g.name in groups_of(u, known))
            ]
            if who[2:].isdigit()
            else []
        )
    if who.startswith(("%:", "+")):
        raise Unclear(f"sudoers: {who} names people who are not in the local files")
    if who.startswith("%"):
        name = who[1:].strip('"').replace("\\ ", " ")
        return [u for u in people if name in groups_of(u, known)]
    if who.startswith("#") and who[1:].isdigit():
        return [u for u in people if u.uid == int(who[1:])]
    return [u for u in people if u.name == who.strip('"')]


def is_admin(grant: Grant, rules: Sudoers) -> bool:
    """Whether a grant amounts to administration: any command as root."""
    commands = expand(grant.commands, rules.aliases["Cmnd_Alias"])
    return "ALL" in commands and _as_root(grant, rules)


def _as_root(grant: Grant, rules: Sudoers) -> bool:
    as_whom = grant.run_as.split(":")[0]
    names = expand(_list(as_whom) if as_whom.strip() else (), rules.aliases["Runas_Alias"])
    return not names or any(name.strip() in ("ALL", "root", "#0") for name in names)


def administrators(host: Host) -> frozenset[str]:
    """The names of the local accounts that can act as root. Raises Refused."""
    people, known = users(host), groups(host)
    found = {user.name for user in people if user.uid == 0}
    for user in people:
        mine = groups_of(user, known)
        if any(name in ROOT_GROUPS for name in mine if name != "root") and user.login_shell:
            found.add(user.name)
        if mine & POLKIT_ADMINS and host.exists("/usr/bin/pkexec"):
            found.add(user.name)
    if any(host.exists(path) for path in ("/usr/bin/doas", "/usr/local/bin/doas")):
        text = host.read_optional("/etc/doas.conf") or ""
        found |= clear("read:/etc/doas.conf", lambda: doas_administrators(text, people, known))
    rules = sudoers(host)
    if rules is None:
        return frozenset(found)
    some = rules

    def gather() -> set[str]:
        names: set[str] = set()
        for grant in some.grants:
            if not _as_root(grant, some):
                continue
            # Any command as root may be enough to become root; only a list of plain names is not
            # judged further here.
            if is_admin(grant, some):
                for who in expand((grant.who,), some.aliases["User_Alias"]):
                    names |= {user.name for user in holders(who, people, known)}
        return names

    return frozenset(found | clear(_OPERATION, gather))


def doas_administrators(text: str, people: list[User], known: list[Group]) -> set[str]:
    """Who may run any command as root by doas.conf(5)."""
    found: set[str] = set()
    for raw in text.splitlines():
        words = raw.split("#")[0].split()
        if not words:
            continue
        if words[0] not in ("permit", "deny"):
            raise Unclear(f"doas.conf: the line {raw[:60]!r} is not understood")
        if words[0] == "deny" or "cmd" in words:
            continue
        rest = re.sub(r"\{[^}]*\}", "", " ".join(words[1:])).split()
        names = [w for w in rest if w not in ("nopass", "persist", "keepenv", "nolog", "setenv")]
        if not names:
            raise Unclear(f"doas.conf: the line {raw[:60]!r} names nobody")
        if "as" in names and names[names.index("as") + 1 :][:1] not in (["root"], []):
            continue
        who = names[0]
        members = holders(f"%{who[1:]}" if who.startswith(":") else who, people, known)
        found |= {user.name for user in members}
    return found


@source(
    RoleGrant,
    fields=[
        "principal",
        "principal_name",
        "role",
        "action_class",
        "privileged",
        "permanent",
        "expires_days",
        "external",
        "password_required",
    ],
    calls={**SUDO_CALLS, **PASSWD_CALLS},
)
def sudo_grants(here: Host) -> Iterator[RoleGrant | Partial]:
    """What sudo lets whom do as another user, and groups that amount to root."""
    people, known = users(here), groups(here)
    common = here.here("read:/etc/group")
    for group in sorted(known, key=lambda g: g.name):
        if group.name in ROOT_GROUPS and group.name != "root":
            for name in sorted(group.members):
                yield RoleGrant(
                    subject=f"{here.id}/grant/group/{group.name}/{name}",
                    name=f"{name} in group {group.name}",
                    principal=f"{here.id}/user/{name}",
                    principal_name=name,
                    role=f"group {group.name}",
                    action_class=("admin",),
                    privileged=True,
                    permanent=True,
                    expires_days=None,
                    external=False,
                    password_required=False,
                    **common,
                )
    rules = sudoers(here)
    if rules is None:
        return
    seen: dict[str, int] = {}
    for grant in rules.grants:
        for who in clear(_OPERATION, lambda g=grant: expand((g.who,), rules.aliases["User_Alias"])):  # type: ignore[misc]
            members = clear(_OPERATION, lambda w=who: holders(w, people, known))  # type: ignore[misc]
            admin = clear(_OPERATION, lambda g=grant: is_admin(g, rules))  # type: ignore[misc]
            commands = expand(grant.commands, rules.aliases["Cmnd_Alias"])
            for user in members:
                if user.uid == 0:
                    continue
                role = f"sudo {who}: ({grant.run_as}) {', '.join(grant.commands)}"[:200]
                # The same line may stand twice; each keeps a subject of its own.
                key = f"{user.name}/{role}"
                number = seen[key] = seen.get(key, 0) + 1
                spared = who in rules.unlocked_for or user.name in rules.unlocked_for
                yield RoleGrant(
                    subject=f"{here.id}/grant/{key}" + ("" if number == 1 else f"#{number}"),
                    name=f"{user.name}: {role}",
                    principal=f"{here.id}/user/{user.name}",
                    principal_name=user.name,
                    role=role,
                    action_class=classes(commands, admin),
                    privileged=clear(_OPERATION, lambda g=grant: _as_root(g, rules)),  # type: ignore[misc]
                    permanent=True,
                    expires_days=None,
                    external=False,
                    password_required=grant.password and rules.authenticate and not spared,
                    **here.here(_OPERATION),
                )


_CLASSES = (
    (
        "iam",
        re.compile(r"/(useradd|userdel|usermod|passwd|chpasswd|visudo|gpasswd|groupadd|vipw)\b"),
    ),
    ("audit", re.compile(r"/(auditctl|ausearch|aureport|augenrules|journalctl|auditd)\b")),
    ("network", re.compile(r"/(ip|nft|iptables|firewall-cmd|ufw|nmcli|ifconfig|route)\b")),
)


def classes(commands: Sequence[str], admin: bool) -> tuple[str, ...]:
    """The kinds of action that a list of commands allows, by the names of the programs."""
    if admin:
        return ("admin", "iam", "audit", "network")
    return tuple(name for name, pattern in _CLASSES if any(pattern.search(c) for c in commands))


__all__ = ["SUDO_CALLS", "Refused", "administrators", "sudo_grants", "sudoers"]
