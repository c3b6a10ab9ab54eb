"""The configuration of OpenSSH's server, with its includes and Match blocks (sshd_config(5))."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache

from scanner.collectors.base import Refused
from scanner.collectors.linux.forms import shell_assignments
from scanner.collectors.linux.host import Host, Unclear, clear

CONFIGS = ("/etc/ssh/sshd_config", "/usr/etc/ssh/sshd_config")
SSHD_PROGRAMS = ("/usr/sbin/sshd", "/usr/bin/sshd")
OPTION_FILES = ("/etc/default/ssh", "/etc/sysconfig/sshd", "/etc/sysconfig/ssh")
"""Where the families' units take options of the command line from, which win over every file."""

CONFIG_CALLS = {
    **{f"stat:{path}": "" for path in SSHD_PROGRAMS},
    **{f"read:{path}": "root" for path in CONFIGS},
    "read:/etc/ssh/sshd_config.d/*": "root",
    "read:/usr/etc/ssh/sshd_config.d/*": "root",
    "read:/etc/crypto-policies/back-ends/opensshserver.config": "",
    **{f"read:{path}": "root" for path in OPTION_FILES},
}
_OPERATION = f"read:{CONFIGS[0]}"

DEFAULTS = {
    "authenticationmethods": "any",
    "banner": "none",
    "clientaliveinterval": "0",
    "clientalivecountmax": "3",
    "gssapiauthentication": "no",
    "hostbasedauthentication": "no",
    "kbdinteractiveauthentication": "yes",
    "loglevel": "INFO",
    "passwordauthentication": "yes",
    "permitemptypasswords": "no",
    "permitrootlogin": "prohibit-password",
    "pubkeyauthentication": "yes",
    "pubkeyauthoptions": "none",
    "usepam": "no",
    "unusedconnectiontimeout": "none",
    "channeltimeout": "none",
}
"""What sshd_config(5) says of settings that are absent; the same since OpenSSH 7.0."""

_ALIASES = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    "dsaauthentication": "pubkeyauthentication",
}

_GATHERED = frozenset({"allowusers", "denyusers", "allowgroups", "denygroups", "acceptenv"})
"""Settings of which every line counts, not the first alone."""


@dataclass(frozen=True)
class Entry:
    """One setting. matches: the Match blocks that it stands in (several by includes)."""

    key: str
    args: tuple[str, ...]
    matches: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Account:
    """What a Match block may ask of an account."""

    name: str
    groups: frozenset[str]


@lru_cache(maxsize=512)
def _words(line: str) -> tuple[str, ...]:
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = "#"
    lexer.quotes = '"'
    lexer.escape = ""
    try:
        return tuple(lexer)
    except ValueError:
        raise Unclear(f"sshd_config: the line {line[:60]!r} has an open quote") from None


def parse(
    text: str,
    include: Callable[[str], Sequence[str]],
    matches: tuple[tuple[str, ...], ...] = (),
    depth: int = 0,
) -> Iterator[Entry]:
    """The settings in order. include: the texts that an Include pattern leads to.

    A Match block ends at the next Match or at the end of its file. Raises Unclear.
    """
    if depth > 16:
        raise Unclear("sshd_config: files include each other without end")
    outer, current = matches, matches
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        head = re.match(r'"?([A-Za-z0-9]+)"?(?:\s*=\s*|\s+|$)', stripped)
        if head is None:
            raise Unclear(f"sshd_config: the line {stripped[:60]!r} is not understood")
        key = head.group(1).lower()
        key = _ALIASES.get(key, key)
        args = _words(stripped[head.end() :])
        if key == "match":
            current = (*outer, args)
            if not args:
                raise Unclear("sshd_config: a Match has no criteria")
        elif key == "include":
            for pattern in args:
                for each in include(pattern):
                    yield from parse(each, include, current, depth + 1)
        else:
            yield Entry(key, args, current)


def wildcard(pattern: str, name: str) -> bool:
    return re.fullmatch(translate(pattern.replace("[", "[[]")), name) is not None


def pattern_list(patterns: str, name: str) -> bool:
    """OpenSSH's comma list: a `!pattern` that fits refuses, whatever else fits."""
    fits = False
    for pattern in patterns.split(","):
        if pattern.startswith("!"):
            if wildcard(pattern[1:], name):
                return False
        elif wildcard(pattern, name):
            fits = True
    return fits


def criterion(args: tuple[str, ...], account: Account | None) -> bool | None:
    """Whether a Match block holds for an account; None where the connection decides too."""
    answers: list[bool | None] = []
    index = 0
    flat: list[str] = []
    for arg in args:
        flat.extend(arg.split("=", 1) if "=" in arg else [arg])
    while index < len(flat):
        word = flat[index].lower()
        if word == "all":
            answers.append(True)
            index += 1
            continue
        if word in ("canonical", "final", "invalid-user"):
            answers.append(False if word == "invalid-user" else None)
            index += 1
            continue
        if index + 1 >= len(flat):
            raise Unclear(f"sshd_config: Match {' '.join(args)!r} is not understood")
        patterns = flat[index + 1]
        if account is None or word not in ("user", "group"):
            answers.append(None)
        elif word == "user":
            answers.append(pattern_list(patterns, account.name))
        else:
            answers.append(_group_fits(patterns, account.groups))
        index += 2
    if any(answer is False for answer in answers):
        return False
    return True if all(answer is True for answer in answers) else None


def _group_fits(patterns: str, groups: frozenset[str]) -> bool:
    fits = False
    for pattern in patterns.split(","):
        if pattern.startswith("!"):
            if any(wildcard(pattern[1:], group) for group in groups):
                return False
        elif any(wildcard(pattern, group) for group in groups):
            fits = True
    return fits


@dataclass(frozen=True)
class View:
    """The settings that hold in one case."""

    values: dict[str, tuple[str, ...]]
    lists: dict[str, tuple[str, ...]]

    def text(self, key: str) -> str:
        """The value, or what the manual gives for an absent one. Raises Unclear for neither."""
        found = self.values.get(key)
        if found is not None:
            return " ".join(found)
        if key in DEFAULTS:
            return DEFAULTS[key]
        raise Unclear(f"sshd_config does not set {key}, and its default depends on the version")

    def stated(self, key: str) -> str | None:
        found = self.values.get(key)
        return None if found is None else " ".join(found)

    def yes(self, key: str) -> bool:
        value = self.text(key).lower()
        if value in ("yes", "no", "true", "false"):
            return value in ("yes", "true")
        raise Unclear(f"sshd_config: {key} {value} is neither yes nor no")

    def all(self, key: str) -> tuple[str, ...]:
        return self.lists.get(key, ())


@dataclass(frozen=True)
class Config:
    """The whole configuration."""

    entries: tuple[Entry, ...]

    def view(self, holds: Callable[[tuple[str, ...]], bool]) -> View:
        """The settings where exactly the Match blocks hold of which `holds` says so.

        What a block that holds sets overrides the part before the blocks; within either, the
        first value of a setting counts.
        """
        values: dict[str, tuple[str, ...]] = {}
        lists: dict[str, tuple[str, ...]] = {}
        holding = [e for e in self.entries if e.matches and all(holds(m) for m in e.matches)]
        overridden = {entry.key for entry in holding}
        outside = [e for e in self.entries if not e.matches and e.key not in overridden]
        for entry in (*holding, *outside):
            if entry.key in _GATHERED:
                lists[entry.key] = (*lists.get(entry.key, ()), *entry.args)
            else:
                values.setdefault(entry.key, entry.args)
        return View(values, lists)

    def views(self, account: Account | None = None) -> list[View]:
        """Every case that an account (or, without one, anybody) may be in.

        What only the connection decides holds in one case and not in another. At most one such
        block is taken to hold at a time, and all of them at once.
        """
        blocks = sorted({match for entry in self.entries for match in entry.matches})
        verdicts = {block: criterion(block, account) for block in blocks}
        open_ones = [block for block in blocks if verdicts[block] is None]
        cases: list[frozenset[tuple[str, ...]]] = [frozenset()]
        cases.extend(frozenset({block}) for block in open_ones)
        if len(open_ones) > 1:
            cases.append(frozenset(open_ones))
        return [
            self.view(lambda match, case=case: verdicts[match] is True or match in case)  # type: ignore[misc]
            for case in cases
        ]

    @property
    def base(self) -> View:
        return self.view(lambda match: criterion(match, None) is True)


def sshd_installed(host: Host) -> bool:
    return any(host.exists(path) for path in SSHD_PROGRAMS)


def sshd_config(host: Host) -> Config:
    """The configuration of this host's SSH server.

    Raises Refused: `denied`, `broken`, or `not-supported` where no server is installed.
    """
    if not sshd_installed(host):
        raise Refused("not-supported", f"stat:{SSHD_PROGRAMS[0]}", "no SSH server is installed")

    def include(pattern: str) -> Sequence[str]:
        path = pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}"
        if any(c in path for c in "?[~"):
            raise Unclear(f"sshd_config includes {pattern}, a pattern that is not understood")
        if not host.may_read(path.replace("*", "x")):
            raise Unclear(f"sshd_config includes {pattern}, which is not among the files read")
        return [host.read_optional(found) or "" for found in _expand(host, path)]

    text = None
    for path in CONFIGS:
        text = host.read_optional(path)
        if text is not None:
            break
    given = text if text is not None else ""
    options = [host.read_optional(path) or "" for path in OPTION_FILES]
    return clear(
        _OPERATION,
        lambda: Config((*command_line(options), *parse(given, include))),
    )


def command_line(texts: Iterable[str]) -> Iterator[Entry]:
    """The settings of `-o` among the options that a unit gives to sshd(8). Raises Unclear."""
    for text in texts:
        values = shell_assignments(text)
        words = f"{values.get('SSHD_OPTS', '')} {values.get('OPTIONS', '')}".split()
        while words:
            word = words.pop(0)
            if word.startswith("-f"):
                raise Unclear("sshd is started with another configuration file")
            if word.startswith("-o"):
                setting = word[2:] or (words.pop(0) if words else "")
                yield from parse(setting, lambda pattern: ())


def _expand(host: Host, path: str) -> list[str]:
    if "*" not in path:
        return [path] if host.exists(path) else []
    folder, _, leaf = path.rpartition("/")
    if "*" in folder:
        raise Unclear(f"sshd_config includes {path}, a pattern that is not understood")
    names = host.listdir(folder)
    return [f"{folder}/{n}" for n in names if wildcard(leaf, n) and not n.startswith(".")]
