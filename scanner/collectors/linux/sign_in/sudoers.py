"""sudoers(5): user specifications, aliases, defaults and includes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scanner.collectors.linux.host import Host, Unclear, clear

SUDOERS = ("/etc/sudoers", "/usr/etc/sudoers")
SUDOERS_READ = f"read:{SUDOERS[0]}"


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


def comma_list(text: str) -> tuple[str, ...]:
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
                result.aliases[kind][name.strip()] = comma_list(members)
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
                result.unlocked_for.update(comma_list(whom))
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
    people = comma_list(head.group(1))
    # Behind the names `#1` is no uid but a comment, except for whom the commands run as.
    rest = re.sub(r"\([^)]*\)|(?<!\\)#.*", lambda m: m[0] if m[0][0] == "(" else "", head.group(2))
    for part in _hosts(rest):
        _, equals, rights = part.partition("=")
        if not equals:
            raise Unclear(f"sudoers: the line {line[:60]!r} is not understood")
        run_as, password = "root", True
        commands: dict[tuple[str, bool], list[str]] = {}
        for piece in comma_list(rights.strip()):
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
    return clear(SUDOERS_READ, lambda: parse(given, include))
