"""A small model of GitHub: code scanning as its documentation describes it, and artifacts.

docs.github.com, "SARIF support for code scanning": what rejects a file, what is required, which
fingerprint counts, what a category is, and that an alert which the newest analysis of its category
lacks is closed as fixed. Only `ruleId`, the first location's path and `primaryLocationLineHash`
make an alert; kinds, suppressions, baseline states and deprecated ids are not read.

docs.github.com/rest/code-scanning: the shapes of the list of analyses and of one as SARIF, of which
GitHub says that it is a subset of what was uploaded and shows what is left. github/docs and
NickLiffen/ghas-enablement#83: a repository without any analysis answers 404 "no analysis found".
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

Key = tuple[str, str, str, str]
"""Category, rule, path, fingerprint."""


@dataclass
class Alert:
    level: str
    state: str = "open"
    history: list[str] = field(default_factory=list)


class GitHub:
    """One repository's alerts on its default branch."""

    def __init__(self) -> None:
        self.alerts: dict[Key, Alert] = {}
        self.analyses: list[dict[str, Any]] = []
        self.copies: dict[int, dict[str, Any]] = {}
        """What is left of each upload, by the analysis's id."""
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def take(self, sarif: bytes, ref: str = "refs/heads/main") -> list[str]:
        """An upload: the faults for which it is rejected, or none."""
        log = json.loads(sarif)
        faults = list(_faults(log, sarif))
        categories = [_category(run) for run in log["runs"]]
        if len(set(categories)) < len(categories):
            faults.append("two runs of one category")
        if faults:
            return faults
        for run, category in zip(log["runs"], categories, strict=True):
            self._analysis(category, run, ref)
        return []

    def _analysis(self, category: str, run: dict[str, Any], ref: str) -> None:
        number = 201 + len(self.analyses)
        tool = run["tool"]["driver"]
        self.analyses.append(
            {
                "ref": ref,
                "commit_sha": "0" * 40,
                "analysis_key": "(default)",
                "environment": "{}",
                "error": "",
                "category": category,
                "created_at": self.clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
                "results_count": len(run["results"]),
                "rules_count": len(tool["rules"]),
                "id": number,
                "url": f"https://api.example/repos/example/defense/code-scanning/analyses/{number}",
                "sarif_id": f"6c81cd8e-b078-4ac3-a3be-{number:012}",
                "tool": {"name": tool["name"], "guid": None, "version": tool["version"]},
                "deletable": True,
                "warning": "",
            }
        )
        self.copies[number] = {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [_left(run, category, ref)],
        }
        now = {}
        for result in run["results"][:5000]:
            place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            mark = result["partialFingerprints"]["primaryLocationLineHash"]
            now[category, result["ruleId"], place, mark] = result.get("level", "warning")
        for key, alert in self.alerts.items():
            if key[0] == category and alert.state == "open" and key not in now:
                alert.state = "fixed"
                alert.history.append("fixed")
        for key, level in now.items():
            alert = self.alerts.setdefault(key, Alert(level))
            if alert.state == "fixed":
                alert.state = "open"
                alert.history.append("reopened")
            alert.level = level

    def states(self) -> dict[str, str]:
        """Fingerprint -> `open` or `fixed`."""
        return {key[3].partition(":")[0]: alert.state for key, alert in self.alerts.items()}


def _left(run: dict[str, Any], category: str, ref: str) -> dict[str, Any]:
    """A run as GitHub gives it back."""
    driver = run["tool"]["driver"]
    kept = ("id", "shortDescription", "fullDescription", "helpUri", "defaultConfiguration")
    rules = [{**{k: r[k] for k in kept}, "properties": {}} for r in driver["rules"]]
    uris = sorted({_uri(r) for r in run["results"]})
    return {
        "artifacts": [{"location": {"index": n, "uri": uri}} for n, uri in enumerate(uris)],
        "automationDetails": {"id": f"{category}/"},
        "conversion": {"tool": {"driver": {"name": "GitHub Code Scanning"}}},
        "results": [_copy(result, number, uris) for number, result in enumerate(run["results"])],
        "tool": {"driver": {"name": driver["name"], "rules": rules, "version": driver["version"]}},
        "versionControlProvenance": [
            {"branch": ref, "repositoryUri": "https://x.example/d", "revisionId": "0" * 40}
        ],
    }


def _uri(result: dict[str, Any]) -> str:
    return str(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])


def _copy(result: dict[str, Any], number: int, uris: list[str]) -> dict[str, Any]:
    region = result["locations"][0]["physicalLocation"]["region"]
    lines = {k: v for k, v in region.items() if k in ("startLine", "startColumn", "endLine")}
    mark = result["partialFingerprints"]["primaryLocationLineHash"]
    artifact = {"index": uris.index(_uri(result)), "uri": _uri(result)}
    return {
        "correlationGuid": f"7f75ba0b-61a9-11eb-b882-{number:012}",
        "level": result["level"],
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": lines}}],
        "message": {"text": result["message"]["text"]},
        "partialFingerprints": {"primaryLocationLineHash": mark},
        "properties": {"github/alertNumber": number + 1, "github/alertUrl": "https://x.example/1"},
        "rule": {"id": result["ruleId"], "index": result["ruleIndex"]},
        "ruleId": result["ruleId"],
    }


def _category(run: dict[str, Any]) -> str:
    return str(run.get("automationDetails", {}).get("id", "")).rpartition("/")[0]


def _faults(log: dict[str, Any], sarif: bytes) -> Any:
    if log.get("version") != "2.1.0" or not log.get("$schema"):
        yield "not SARIF 2.1.0"
    if len(gzip.compress(sarif)) > 10_000_000:
        yield "larger than 10 MB"
    if not 0 < len(log["runs"]) <= 20:
        yield "number of runs"
    for run in log["runs"]:
        rules = run["tool"]["driver"].get("rules", [])
        if len(run["results"]) > 25_000 or len(rules) > 25_000:
            yield "too many results or rules"
        ids = {rule["id"] for rule in rules}
        for rule in rules:
            if not (
                rule["shortDescription"]["text"]
                and rule["fullDescription"]["text"]
                and rule["help"]["text"]
            ):
                yield f"rule {rule['id']} lacks a text"
            if len(rule["properties"]["tags"]) > 20:
                yield f"rule {rule['id']} has too many tags"
        for result in run["results"]:
            if result["ruleId"] not in ids or not result["message"]["text"]:
                yield "a result without rule or message"
            uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            if not uri or ":" in uri.split("/")[0] or uri.startswith("/"):
                yield f"location {uri!r}"


@dataclass
class Reply:
    """One answer of the REST API."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def problem(status: int, message: str, **headers: str) -> Reply:
    """How the API says no."""
    body = {"message": message, "documentation_url": "https://docs.example/rest"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(json.dumps(body | {"status": str(status)}).encode(), status, named)


class Api:
    """What `gh api` and the scan reach: answers as the REST API gives them."""

    def __init__(self, github: GitHub) -> None:
        self.github = github
        self.url = ""
        self.asked: list[str] = []
        self.faults: list[tuple[str, Reply]] = []
        """(part of a path, what it is answered instead): the next so many times."""
        self.always: dict[str, Reply] = {}
        """The same, every time."""
        self.artifacts: list[dict[str, Any]] = []
        self.zips: dict[int, bytes] = {}
        self.uploads: dict[str, list[str]] = {}
        self.requests: list[dict[str, Any]] = []

    def upload_artifact(
        self, name: str, path: Path, *, branch: str = "main", fork: int = 1
    ) -> None:
        """What actions/upload-artifact leaves: one file, or what is inside a folder."""
        number = len(self.artifacts) + 1
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
            for file in files:
                inside = file.relative_to(path) if path.is_dir() else Path(file.name)
                archive.write(file, inside.as_posix())
        self.zips[number] = packed.getvalue()
        self.artifacts.append(
            {
                "id": number,
                "name": name,
                "expired": False,
                "created_at": f"2026-11-24T00:00:{number:02}Z",
                "workflow_run": {
                    "head_branch": branch,
                    "repository_id": 1,
                    "head_repository_id": fork,
                },
            }
        )

    def answer(self, path: str, headers: Mapping[str, str]) -> Reply:
        """A GET with its headers: the analyses, or what `get` knows."""
        parts = urlsplit(path)
        if "/code-scanning/analyses" not in parts.path:
            return Reply(self.get(path))
        self.asked.append(path)
        for number, (part, reply) in enumerate(self.faults):
            if part in path:
                del self.faults[number]
                return reply
        for part, reply in self.always.items():
            if part in path:
                return reply
        if headers.get("Authorization") != "Bearer t":
            return problem(401, "Bad credentials")
        number = parts.path.rpartition("/")[2]
        if number.isdecimal():
            if headers.get("Accept") != "application/sarif+json":
                return Reply(json.dumps(self.github.analyses[int(number) - 201]).encode())
            return Reply(json.dumps(self.github.copies[int(number)]).encode())
        return self._analyses(path, {k: v[0] for k, v in parse_qs(parts.query).items()})

    def _analyses(self, path: str, query: dict[str, str]) -> Reply:
        known = self.github.analyses[::-1]
        if not known:
            return problem(404, "no analysis found")
        found = [a for a in known if a["ref"] == query["ref"]]
        found = [a for a in found if a["tool"]["name"] == query["tool_name"]]
        size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        headers = {}
        if len(found) > size * page:
            more = urlencode({**query, "page": page + 1})
            headers["Link"] = f'<{self.url}{urlsplit(path).path}?{more}>; rel="next"'
        return Reply(json.dumps(found[size * (page - 1) : size * page]).encode(), 200, headers)

    def get(self, path: str) -> bytes:
        if "/actions/artifacts?" in path:
            name = path.rpartition("name=")[2]
            found = [a for a in self.artifacts if a["name"] == name]
            return json.dumps({"total_count": len(found), "artifacts": found}).encode()
        if "/actions/artifacts/" in path:
            return self.zips[int(path.split("/")[-2])]
        faults = self.uploads[path.rpartition("/")[2]]
        status = "failed" if faults else "complete"
        return json.dumps({"processing_status": status, "errors": faults or None}).encode()

    def post(self, path: str, body: dict[str, Any]) -> bytes:
        assert path.endswith("/code-scanning/sarifs"), path
        self.requests.append({k: v for k, v in body.items() if k != "sarif"})
        number = f"u{len(self.uploads)}"
        self.uploads[number] = self.github.take(
            gzip.decompress(base64.b64decode(body["sarif"])), body["ref"]
        )
        return json.dumps({"id": number, "url": "https://api.example/"}).encode()
