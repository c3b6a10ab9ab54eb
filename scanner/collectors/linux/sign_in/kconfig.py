"""KDE's configuration files, with what an administrator has made immutable (kiosk).

The files of a name are read from the least specific folder to the user's own; a later one wins,
unless an earlier one has marked the entry, its group or the whole file by `[$i]`
(https://api.kde.org/frameworks/kconfig/html/options.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from scanner.collectors.linux.host import Unclear


@dataclass
class Group:
    """The entries of one group over several files. everything: no later file has a say."""

    values: dict[str, str] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    everything: bool = False

    def immutable(self, key: str) -> bool:
        return self.everything or key in self.fixed


def read_group(texts: Iterable[str], name: str) -> Group:
    """A group as the system's files leave it, least specific first. Raises Unclear."""
    group = Group()
    for text in texts:
        _add(text, name, group)
    return group


def _add(text: str, name: str, group: Group) -> None:
    file_fixed = group_fixed = inside = sealed = False
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            names = re.findall(r"\[([^\]]*)\]", line)
            option = names[-1] == "$i" if names else False
            if names == ["$i"]:
                file_fixed = sealed = True
                inside = False
                continue
            group_fixed = file_fixed or option
            inside = names[: len(names) - option] == [name]
            if inside and group_fixed:
                sealed = True
            continue
        if not inside:
            continue
        if group.everything:
            raise Unclear(f"KDE: {name} is set again after it was made immutable")
        _entry(line, name, group, group_fixed)
    group.everything = group.everything or sealed


def _entry(line: str, name: str, group: Group, group_fixed: bool) -> None:
    written, equals, value = (part.strip() for part in line.partition("="))
    key, *brackets = re.split(r"\s*\[", written)
    options = ""
    for bracket in brackets:
        if not bracket.startswith("$") or not bracket.endswith("]"):
            raise Unclear(f"KDE: the entry {written[:60]!r} of {name} depends on the language")
        options += bracket[1:-1]
    if key in group.fixed:
        return
    if "d" in options:
        group.values.pop(key, None)
    elif not equals:
        raise Unclear(f"KDE: the line {line[:60]!r} of {name} has no value")
    elif "e" in options and "$" in value:
        raise Unclear(f"KDE: {key} of {name} is made by the shell")
    else:
        group.values[key] = value
    if group_fixed or "i" in options:
        group.fixed.add(key)


def flag(value: str) -> bool:
    """A yes or no as KConfig reads it."""
    word = value.lower()
    if word in ("false", "no", "off", "0"):
        return False
    if word in ("true", "yes", "on", "1"):
        return True
    raise Unclear(f"KDE: {value!r} is neither true nor false")
