"""cmmc-scan.yaml: what to scan, and where the organisation's own statements lie."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from scanner.collectors.base import Collector, Target
from scanner.documents import Document, did_you_mean, load, schema_faults
from scanner.errors import InputError

DEFAULT_NAME = "cmmc-scan.yaml"

_LIMIT = 1024 * 1024
_ID = "^[a-z0-9][a-z0-9._-]{0,62}$"
_LOOPBACK = re.compile(r"^http://(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?(/|$)")
_SECRETS = (
    (re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"), "an AWS access key"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+"), "a token"),
    (re.compile(r"://[^/\s:@]+:[^/\s@]+@"), "a password in a URL"),
)

COMMON_OPTIONS: dict[str, Any] = {
    "endpoint": {
        "type": "string",
        "pattern": "^https?://",
        "x-form": "a URL: https://vpce.example.com",
        "description": "another base URL",
    },
    "proxy": {
        "type": "string",
        "pattern": "^https?://",
        "x-form": "a URL: http://proxy.example.com:3128",
        "description": "an HTTP proxy",
    },
    "ca_bundle": {"type": "string", "description": "file of certificate authorities to trust"},
}
"""Keys that every networked target takes besides its provider's own."""


@dataclass(frozen=True)
class AcceptedGap:
    """An entry of `gaps`: this source's gaps do not make the scan incomplete until that day."""

    source: str
    target: str | None
    reason: str
    until: str
    owner: str

    def covers(self, target: str, source: str, day: str) -> bool:
        return (
            self.source == source
            and (self.target is None or self.target == target)
            and day <= self.until
        )


@dataclass(frozen=True)
class Config:
    """A checked configuration. Paths are resolved against the file's folder."""

    path: Path | None
    organization: str
    level: int
    targets: tuple[Target, ...]
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    """declarations, scope, attestations, exceptions, poam, soa: those that are given."""
    gaps: tuple[AcceptedGap, ...] = ()
    github_subjects: str = "hashed"
    document: Document | None = None


def this_host() -> Config:
    """What a scan uses without a configuration: the machine that it runs on."""
    return Config(None, "", 2, (Target(id="this-host", provider="linux", options={}),))


@cache
def _schema() -> dict[str, Any]:
    text = Path(__file__).with_name("config.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def load_config(path: Path, collector_for: Callable[[str], Collector]) -> Config:
    """Read and check a configuration. Raises InputError with every fault as file:line:column.

    `collector_for` gives the collector of a provider's name, or raises InputError.
    """
    document = load(path, _LIMIT)
    faults = schema_faults(document, _schema())
    if not faults:
        faults = [*_target_faults(document, collector_for), *_secrets(document)]
    if not faults:
        faults = [
            *_option_faults(document, collector_for),
            *_bundle_faults(document),
            *_gap_faults(document, collector_for),
        ]
    if faults:
        raise InputError(faults)
    value = document.value
    folder = path.parent
    names = ("declarations", "scope", "attestations", "exceptions", "poam", "soa")
    return Config(
        path=path,
        organization=value.get("organization", ""),
        level=value.get("level", 2),
        targets=tuple(_targets(document)),
        params=value.get("params", {}),
        files={name: folder / value[name] for name in names if name in value},
        gaps=tuple(AcceptedGap(**{"target": None, **gap}) for gap in value.get("gaps", ())),
        github_subjects=value.get("github", {}).get("subjects", "hashed"),
        document=document,
    )


def _targets(document: Document) -> Iterator[Target]:
    for number, entry in enumerate(document.value["targets"]):
        where = document.where(("targets", number))
        options = {k: v for k, v in entry.items() if k not in ("id", "provider")}
        if "ca_bundle" in options:
            options["ca_bundle"] = str(_beside(document, options["ca_bundle"]))
        yield Target(
            entry["id"], entry["provider"], options, f"{where.file}:{where.line}", where.line
        )


def _target_faults(document: Document, collector_for: Callable[[str], Collector]) -> Iterator[str]:
    schemas = []
    seen: set[str] = set()
    for number, entry in enumerate(document.value["targets"]):
        options: Mapping[str, Any] = {}
        known = True
        if isinstance(entry, dict) and isinstance(entry.get("provider"), str):
            try:
                options = collector_for(entry["provider"]).options
            except InputError as error:
                known = False
                at = document.where(("targets", number, "provider"))
                yield f"{at}: {error}"
        schemas.append(_target_schema(options, known))
        if isinstance(entry, dict) and entry.get("id") in seen:
            at = document.where(("targets", number, "id"))
            yield f"{at}: the id {entry['id']!r} is used twice; give each target its own"
        if isinstance(entry, dict):
            seen.add(str(entry.get("id")))
            endpoint = entry.get("endpoint")
            if isinstance(endpoint, str) and _is_plain_http(endpoint):
                at = document.where(("targets", number, "endpoint"))
                yield f"{at}: plain http is accepted on loopback only; use https"
    yield from schema_faults(document, {"properties": {"targets": {"prefixItems": schemas}}})


def _beside(document: Document, name: str) -> Path:
    """A path of the configuration, from the file's folder."""
    return Path(document.name).parent / name


def _bundle_faults(document: Document) -> Iterator[str]:
    """Certificates that cannot be read would look like a server that does not answer."""
    for number, entry in enumerate(document.value["targets"]):
        name = entry.get("ca_bundle")
        if name is None:
            continue
        at = document.where(("targets", number, "ca_bundle"))
        try:
            data = _beside(document, name).read_bytes()
        except FileNotFoundError:
            yield f"{at}: ca_bundle: {name}: there is no such file; check the path"
        except OSError as error:
            cause = (error.strerror or str(error)).lower()
            yield f"{at}: ca_bundle: {name}: cannot be read: {cause}; name a PEM file"
        else:
            if b"-----BEGIN " not in data:
                yield f"{at}: ca_bundle: {name} holds no certificate; name a PEM file"


def _option_faults(document: Document, collector_for: Callable[[str], Collector]) -> Iterator[str]:
    """What a provider alone can tell of its options, which fit their schema."""
    for number, entry in enumerate(document.value["targets"]):
        for path, what in collector_for(entry["provider"]).faults(entry):
            yield f"{document.where(('targets', number, *path))}: {what}"


def _gap_faults(document: Document, collector_for: Callable[[str], Collector]) -> Iterator[str]:
    """Accepted gaps that accept nothing, or that no day ends. The targets are right already."""
    provider_of = {entry["id"]: entry["provider"] for entry in document.value["targets"]}
    for number, entry in enumerate(document.value.get("gaps", ())):
        target, source = entry.get("target"), entry["source"]
        place, asked = "no target here has a", set(provider_of.values())
        if target in provider_of:
            place, asked = f"{target} has no", {provider_of[target]}
        elif target is not None:
            at = document.where(("gaps", number, "target"))
            yield f"{at}: there is no target {target!r}; {did_you_mean(target, provider_of)}"
        sources = {each.id for provider in asked for each in collector_for(provider).sources}
        if source not in sources:
            at = document.where(("gaps", number, "source"))
            yield f"{at}: {place} source {source!r}; {did_you_mean(source, sources)}"
        try:
            date.fromisoformat(entry["until"])
        except ValueError:
            at = document.where(("gaps", number, "until"))
            yield f"{at}: {entry['until']} is no day of the calendar; write one such as 2027-03-31"


def _is_plain_http(endpoint: str) -> bool:
    return endpoint.startswith("http://") and not _LOOPBACK.match(endpoint)


def _target_schema(options: Mapping[str, Any], known: bool) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["id", "provider"],
        "additionalProperties": not known,
        "properties": {
            "id": {
                "type": "string",
                "pattern": _ID,
                "x-form": "small letters, digits, dots and dashes, for example prod-1",
            },
            "provider": {"type": "string"},
            **options,
            **COMMON_OPTIONS,
        },
    }


def _secrets(document: Document) -> Iterator[str]:
    def walk(value: Any, path: tuple[str | int, ...]) -> Iterator[str]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from walk(item, (*path, key))
        elif isinstance(value, list):
            for number, item in enumerate(value):
                yield from walk(item, (*path, number))
        elif isinstance(value, str):
            for pattern, what in _SECRETS:
                if pattern.search(value):
                    yield (
                        f"{document.where(path)}: this looks like {what}; keep secrets in the"
                        " environment or the provider's own credential store, not in this file"
                    )

    yield from walk(document.value, ())
