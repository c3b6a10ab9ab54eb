"""The files that name package repositories: sources.list, .sources, .repo."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scanner.collectors.linux.forms import boolean, lines_of, sections
from scanner.collectors.linux.host import Unclear


@dataclass(frozen=True)
class Repository:
    id: str
    url: str | None
    enabled: bool
    checked: bool


def without_credentials(url: str) -> str:
    return re.sub(r"^([a-z+]+://)[^/@\s]*@", r"\1", url)


def parse_repo_file(text: str, default_check: bool) -> list[Repository]:
    """The repositories of a yum/dnf or zypp .repo file. Raises Unclear."""
    order: dict[str, dict[str, str]] = {}
    for section, key, value in sections(text):
        order.setdefault(section, {})[key.lower()] = value
    found = []
    for name, values in order.items():
        if name in ("", "main"):
            continue
        url = values.get("baseurl") or values.get("metalink") or values.get("mirrorlist")
        check = values.get("gpgcheck")
        found.append(
            Repository(
                name,
                without_credentials(url.split()[0]) if url else None,
                boolean(values.get("enabled", "1")),
                default_check if check is None else boolean(check),
            )
        )
    return found


def parse_sources_list(text: str) -> list[Repository]:
    """The lines of sources.list(5). Raises Unclear."""
    found = []
    for line in lines_of(text):
        match = re.match(r"(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)", line)
        if match is None:
            raise Unclear(f"the sources.list line {line[:60]!r} is not understood")
        kind, options, url, suite, _ = match.groups()
        if kind == "deb-src":
            continue
        lax = r"\b(?:trusted|allow-insecure)\s*=\s*yes"
        checked = not re.search(lax, options or "", re.I)
        plain = without_credentials(url)
        found.append(Repository(f"{plain} {suite}", plain, True, checked))
    return found


def parse_deb822_sources(text: str) -> list[Repository]:
    """The paragraphs of a .sources file (sources.list(5), DEB822)."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        key = ""
        for line in paragraph.splitlines():
            if line.lstrip().startswith("#") or not line.strip():
                continue
            if line[0] in " \t":
                fields[key] = f"{fields.get(key, '')} {line.strip()}"
                continue
            key, _, value = line.partition(":")
            key = key.strip().lower()
            fields[key] = value.strip()
        if "deb" not in fields.get("types", "").split():
            continue
        on = boolean(fields.get("enabled", "yes"))
        lax = (fields.get(name, "no").lower() for name in ("trusted", "allow-insecure"))
        checked = "yes" not in lax
        for url in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                plain = without_credentials(url)
                found.append(Repository(f"{plain} {suite}", plain, on, checked))
    return found
