"""Versions of installed programs against a declared range: `3.0.7`, `3.*` or `>=1.2,<2`.

They are ordered as Debian orders package versions (deb-version(7)): runs of digits by their value,
what is between them as text, `~` before everything. That holds for RPM and for what Windows and
macOS report as well, as far as a version is numbers and dots.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

_SIGN = re.compile(r"[<>=!]")
_BOUND = re.compile(r"\s*(==|!=|<=|>=|<|>)\s*(\S+)\s*")
_PARTS = re.compile(r"(\d+)|([^\d]+)")
_ZEROS = re.compile(r"^((?:\d+:)?\d+(?:\.\d+)*?)(?:\.0+)+(?![.\d])")


def is_range(text: str) -> bool:
    """Whether a declared range can be read: one version or pattern, or bounds with commas."""
    bounds = text.split(",")
    if len(bounds) == 1 and not _SIGN.search(text):
        return bool(text.strip())
    return all((m := _BOUND.fullmatch(b)) and _known(m[2]) for b in bounds)


def in_range(version: str, declared: str) -> bool | None:
    """Whether a version lies in a declared range; None where it cannot be compared.

    A bound without a revision or an epoch is compared with the version without its own.
    """
    if not _SIGN.search(declared):
        return version == declared.strip() or fnmatchcase(version, declared.strip())
    if not is_range(declared) or not _known(version):
        return None
    return all(_within(version, *m.groups()) for m in _BOUND.finditer(declared.replace(",", " ")))


def _known(version: str) -> bool:
    return bool(re.fullmatch(r"(\d+:)?[vV]?\d[\w.+~:-]*", version))


def _within(version: str, sign: str, bound: str) -> bool:
    if ":" not in bound:
        version = version.partition(":")[2] or version
    elif ":" not in version:
        version = f"0:{version}"
    if "-" not in bound:
        version = version.rpartition("-")[0] or version
    one, two = _key(version), _key(bound)
    return {
        "==": one == two,
        "!=": one != two,
        "<": one < two,
        "<=": one <= two,
        ">": one > two,
        ">=": one >= two,
    }[sign]


def _key(version: str) -> list[tuple[int, int, str]]:
    """What versions sort by; `1.2` and `1.2.0` are one."""
    head, dash, revision = version.lower().removeprefix("v").partition("-")
    text = _ZEROS.sub(r"\1", head) + dash + revision
    key = [
        (2, int(number), "") if number else (0 if words.startswith("~") else 3, 0, _order(words))
        for number, words in _PARTS.findall(text)
    ]
    return [*key, (1, 0, "")]


def _order(words: str) -> str:
    """Letters before everything else."""
    return "".join(c if c.isalpha() else chr(0x10000 + ord(c)) for c in words)
