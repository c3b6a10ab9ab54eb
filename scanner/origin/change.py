"""A change to the code, as a unified diff, and what was made by the lines that it touches."""

from __future__ import annotations

import re
from codecs import escape_decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from scanner.errors import InputError
from scanner.findings import Finding
from scanner.origin.hcl import blocks

Span = tuple[int, int]
"""First and last line touched; where lines were only taken out, the last is the one before."""

_HUNK = re.compile(r"@@ -\d+(?:,(?P<old>\d+))? \+(?P<new>\d+)(?:,(?P<length>\d+))? @@")


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """Failures of one rule over what one touched block of code made."""

    file: str
    line: int
    end: int
    practice: str
    rule: str
    severity: str
    names: tuple[str, ...]
    """The resources, sorted; a block with count or for_each makes several."""


def spans(patch: str, name: str = "-") -> dict[str, tuple[Span, ...]]:
    """The lines of each file that a unified diff touches, as they are numbered after it.

    name: what messages call the patch. Raises InputError for a text that is none.
    """
    found: dict[str, list[Span]] = {}
    lines = patch.split("\n")
    file: str | None = None
    at = 0
    while at < len(lines):
        text = lines[at]
        at += 1
        if text.startswith("+++ "):
            file = _path(text[4:])
        elif text.startswith("@@ "):
            hunk = _HUNK.match(text)
            if hunk is None:
                raise InputError(f"{name}:{at}: this is no line of a unified diff: {text[:60]}")
            old, length = (int(hunk[key] or 1) for key in ("old", "length"))
            # git names the line before a hunk that adds nothing
            new = int(hunk["new"]) + (length == 0)
            inside = found.setdefault(file, []) if file is not None else []
            while at < len(lines) and (old > 0 or length > 0):
                sign = lines[at][:1]
                if sign == "+":
                    inside.append((new, new))
                elif sign == "-":
                    inside.append((new, new - 1))
                if sign != "\\":
                    old -= sign != "+"
                    length -= sign != "-"
                    new += sign != "-"
                at += 1
            if old > 0 or length > 0:
                raise InputError(f"{name}:{at}: the diff breaks off; make it again")
    if not found and patch.strip() and "\n+++ " not in f"\n{patch}" and "diff --git" not in patch:
        raise InputError(f"{name}: this is no unified diff; make it with `git diff`")
    return {file: tuple(dict.fromkeys(each)) for file, each in found.items()}


def _path(said: str) -> str | None:
    said = said.partition("\t")[0].rstrip("\r")
    if said.startswith('"') and said.endswith('"'):  # git's quotes: the bytes of UTF-8 in octal
        said = escape_decode(said[1:-1].encode())[0].decode("utf-8", "replace")
    return None if said == "/dev/null" else said.removeprefix("b/")


def end_of(file: str, lines: Sequence[str], line: int) -> int:
    """The last line of the block that begins on a line of infrastructure code."""
    if file.endswith(".tf"):
        found = (block.end for block in blocks("\n".join(lines)) if block.line == line)
        return next(found, line)
    return _indented(lines, line)


def _indented(lines: Sequence[str], line: int) -> int:
    """YAML, JSON and Bicep: what is indented deeper, and the bracket that closes it."""
    if not 1 <= line <= len(lines):
        return line
    depth = _depth(lines[line - 1])
    end = line
    for number in range(line + 1, len(lines) + 1):
        text = lines[number - 1]
        if not text.strip():
            continue
        closes = _depth(text) == depth and text.lstrip()[0] in "}])"
        if _depth(text) > depth or closes:
            end = number
        if _depth(text) <= depth:
            break
    return end


def _depth(text: str) -> int:
    return len(text) - len(text.lstrip(" \t"))


def touched(
    findings: Iterable[Finding],
    change: Mapping[str, Sequence[Span]],
    lines_of: Callable[[str], Sequence[str]],
) -> Iterator[Touched]:
    """The failures whose subject a touched block made, by file, line and rule.

    lines_of: the lines of a file of the repository as they are after the change.
    """
    ends: dict[tuple[str, int], int] = {}
    names: dict[tuple[str, int, str], set[str]] = {}
    first: dict[tuple[str, int, str], Finding] = {}
    for finding in findings:
        if finding.verdict != "fail" or finding.suppressed is not None or not finding.made_by:
            continue
        file, _, number = finding.made_by.rpartition(":")
        if file not in change or not number.isdecimal():
            continue
        line = int(number)
        if (file, line) not in ends:
            ends[file, line] = end_of(file, lines_of(file), line)
        end = ends[file, line]
        if any(start <= end and last >= line for start, last in change[file]):
            key = (file, line, finding.rule)
            first.setdefault(key, finding)
            names.setdefault(key, set()).add(finding.name)
    for file, line, rule in sorted(names):
        one = first[file, line, rule]
        yield Touched(
            file=file,
            line=line,
            end=ends[file, line],
            practice=one.practice,
            rule=rule,
            severity=one.severity,
            names=tuple(sorted(names[file, line, rule])),
        )
