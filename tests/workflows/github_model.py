"""A small model of GitHub: code scanning as its documentation describes it, and artifacts.

docs.github.com, "SARIF support for code scanning": what rejects a file, what is required, which
fingerprint counts, what a category is, and that an alert which the newest analysis of its category
lacks is closed as fixed. Only `ruleId`, the first location's path and `primaryLocationLineHash`
make an alert; kinds, suppressions, baseline states and deprecated ids are not read.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
        self.analyses: list[str] = []

    def take(self, sarif: bytes) -> list[str]:
        """An upload: the faults for which it is rejected, or none."""
        log = json.loads(sarif)
        faults = list(_faults(log, sarif))
        categories = [_category(run) for run in log["runs"]]
        if len(set(categories)) < len(categories):
            faults.append("two runs of one category")
        if faults:
            return faults
        for run, category in zip(log["runs"], categories, strict=True):
            self._analysis(category, run)
        return []

    def _analysis(self, category: str, run: dict[str, Any]) -> None:
        self.analyses.append(category)
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


class Api:
    """What `gh api` reaches: answers as the REST API gives them."""

    def __init__(self, github: GitHub) -> None:
        self.github = github
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
        self.uploads[number] = self.github.take(gzip.decompress(base64.b64decode(body["sarif"])))
        return json.dumps({"id": number, "url": "https://api.example/"}).encode()
