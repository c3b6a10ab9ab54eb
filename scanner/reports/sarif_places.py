"""Where a finding stands in the repository, as SARIF's physical locations and artifacts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import msgspec

from scanner.findings import Finding
from scanner.reports.sarif_inputs import NO_PLACE, Place, Scan

ROOT = "SRCROOT"
"""The repository's root as a uriBaseId: the reader knows where its checkout lies."""

_AROUND = 2
"""Lines of context before and after."""
_LINE_LIMIT = 500
_FILE_LIMIT = 256 * 1024
_CACHED = 4096

_CODE = (
    *(".bicep", ".cs", ".go", ".java", ".js", ".py", ".template", ".template.json"),
    *(".tf", ".tf.json", ".ts", ".yaml", ".yml"),
)
"""Endings of the files whose lines may be shown. A resource's tag names the file, and whoever may
tag a resource must not have lines of a key, a state or `.git/config` printed into a report."""

_TYPES = {
    "json": "application/json",
    "tf": "text/x-terraform",
    "yaml": "application/yaml",
    "yml": "application/yaml",
}


@lru_cache(_CACHED)
def relative_uri(path: str) -> str | None:
    """A path from the repository's root as a URI reference (RFC 3986), or null if it is not one.

    GitHub rejects a scheme, a colon in the first segment and an empty reference.
    """
    path = path.replace("\\", "/").removeprefix("./")
    segments = path.split("/")
    if not path or path.startswith("/") or any(s in ("", ".", "..") for s in segments):
        return None
    if len(segments[0]) == 2 and segments[0][1] == ":":  # a Windows drive
        return None
    return quote(path, safe="/-._~!$&'()*+,;=@", errors="replace")


def quotable(path: str) -> bool:
    """Whether lines of this file may be shown: code in no hidden folder."""
    segments = path.replace("\\", "/").split("/")
    return not any(s.startswith(".") for s in segments) and path.lower().endswith(_CODE)


def made_at(made_by: str | None) -> tuple[str, int] | None:
    """`infra/main.tf:12` as path and line, or null where it names no line of the repository."""
    path, _, line = (made_by or "").rpartition(":")
    if not (line.isascii() and line.isdecimal() and 0 < int(line[:9]) < 10**7):
        return None
    return (path, int(line[:9])) if relative_uri(path) else None


class Places:
    """The physical location of every finding of a file, encoded once a line.

    `artifacts` are the files that were pointed at, in the order of first mention; with
    `based` (auditor's profile) locations refer to them by index and to the root by its id.
    """

    def __init__(self, scan: Scan, based: bool) -> None:
        self._scan = scan
        self._based = based
        self._index: dict[str, int] = {}
        self._lines: dict[str, Sequence[str]] = {}
        self._configured: set[str] = set()
        self._at = lru_cache(_CACHED)(self._encoded)

    def of(self, finding: Finding) -> msgspec.Raw:
        """The line of code that made the subject, else the target's line in the configuration."""
        made = made_at(finding.made_by)
        if made is not None:
            return self._at(*made)
        return self.of_target(finding.target)

    def of_target(self, target: str | None) -> msgspec.Raw:
        """The target's line in the configuration, or the file's first."""
        place = self._scan.places.get(target or "")
        if place is None:
            first = next(iter(self._scan.places.values()), NO_PLACE)
            place = Place(first.uri, 1, first.lines)
        path = place.uri if relative_uri(place.uri) else NO_PLACE.uri
        if path not in self._lines:
            self._lines[path] = place.lines
            self._configured.add(path)
        return self._at(path, max(1, place.line))

    def _encoded(self, path: str, line: int) -> msgspec.Raw:
        if path not in self._lines:
            self._lines[path] = self._scan.lines_of(path) if quotable(path) else ()
        artifact: dict[str, Any] = {"uri": relative_uri(path)}
        if self._based:
            artifact |= {"uriBaseId": ROOT, "index": self._index.setdefault(path, len(self._index))}
        location = {"artifactLocation": artifact, **regions(line, self._lines[path])}
        return msgspec.Raw(msgspec.json.encode(location))

    def artifacts(self) -> list[dict[str, Any]]:
        """The run's `artifacts`: configuration with its text, code by its path alone."""
        return [self._artifact(path) for path in self._index]

    def _artifact(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = {
            "location": {"uri": relative_uri(path), "uriBaseId": ROOT},
            "mimeType": _TYPES.get(path.rpartition(".")[2], "text/plain"),
        }
        text = "".join(f"{line}\n" for line in self._lines[path])
        if path in self._configured and 0 < len(text) <= _FILE_LIMIT:
            found["contents"] = {"text": text}
        return found


def regions(line: int, lines: Sequence[str]) -> dict[str, Any]:
    """`region` and, where the file's lines are known, its snippet and `contextRegion`.

    Columns count UTF-16 code units, SARIF's default. The context is larger than the region, as
    3.29.5 asks: without more lines around it there is none.
    """
    if not 0 < line <= len(lines):
        return {"region": {"startLine": line, "startColumn": 1, "endLine": line, "endColumn": 1}}
    text = lines[line - 1]
    shown = text.strip()[:_LINE_LIMIT]
    start = _units(text[: len(text) - len(text.lstrip())]) + 1
    region: dict[str, Any] = {
        "startLine": line,
        "startColumn": start,
        "endLine": line,
        "endColumn": start + _units(shown),
        "snippet": {"text": shown},
    }
    first, last = max(1, line - _AROUND), min(len(lines), line + _AROUND)
    around = lines[first - 1 : last]
    if first == last or any(len(each) > _LINE_LIMIT for each in around):
        return {"region": region}
    context = {"startLine": first, "endLine": last, "snippet": {"text": "\n".join(around)}}
    return {"region": region, "contextRegion": context}


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
