"""A scan's folder as an assessment: what several verbs start from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from scanner import findings
from scanner.assess.catalogue import Catalogue, load_catalogue
from scanner.assess.outcome import Outcome, Stated, conclude, read_stated
from scanner.assess.result import Assessment, decode, encode
from scanner.assess.scope_findings import WHY as SCOPE_RULES
from scanner.cli import steps
from scanner.cli.judging import all_facts
from scanner.cli.options import day
from scanner.cli.sealing import KEPT, verified
from scanner.config import Config
from scanner.errors import InputError
from scanner.output import whole_file
from scanner.reports.redact import redacted_assessment, redactor
from scanner.rules.load import Rules
from scanner.snapshot.read import Snapshot


@dataclass(frozen=True)
class Assessed:
    """Everything that was concluded, and what it was concluded from."""

    snapshot: Snapshot
    path: Path
    """findings.jsonl."""
    rules: Rules
    catalogue: Catalogue
    stated: Stated
    outcome: Outcome
    as_of: str

    def findings(self) -> Iterator[findings.Finding]:
        return findings.read(self.path)


def stated(config: Config) -> Stated:
    """What people wrote down, checked. Raises InputError."""
    root = config.path.parent if config.path is not None else None
    return read_stated(config.files, root)


def assessed(
    folder: Path,
    config: Config,
    rules: Rules,
    as_of: str | None = None,
    *,
    snapshot: Snapshot | None = None,
    said: Stated | None = None,
    first_seen: Mapping[str, str] | None = None,
) -> Assessed:
    """Conclude from a scan's folder, where it left its snapshot and findings. Raises InputError.

    The scope is looked at anew: it may have changed since the findings were written. first_seen:
    fingerprint -> day, from the history.
    """
    seen = snapshot
    if seen is None:
        seen = steps.open_folders([folder])
        verified(folder, seen, config)
    on = day(as_of, seen.finished_at)
    path = folder / "findings.jsonl"
    known = load_catalogue()
    read = said if said is not None else stated(config)
    outcome = conclude(
        read,
        known,
        rules,
        (finding for finding in findings.read(path) if finding.rule not in SCOPE_RULES),
        all_facts(seen),
        config.targets,
        {target.id: [scope.id for scope in target.scopes] for target in seen.targets},
        level=config.level,
        as_of=on,
        first_seen=first_seen,
    )
    return Assessed(seen, path, rules, known, read, outcome, on)


def write_assessment(found: Assessed, out: Path, *, redact: bool = False) -> None:
    """Write assessment.json."""
    assessment = found.outcome.assessment
    if redact:
        assessment = redacted_assessment(assessment, found.findings(), redactor(found.rules))
    with whole_file(out / KEPT) as file:
        file.write(encode(assessment))


def kept_assessment(folder: Path) -> Assessment | None:
    """What a scan's folder holds as its assessment, or null. Raises InputError."""
    path = folder / KEPT
    try:
        return decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {(error.strerror or '').lower()}") from error
    except msgspec.MsgspecError as error:
        raise InputError(f"{path}: not an assessment of this version: {error}") from error


def redact_findings(found: Assessed) -> None:
    """Write findings.jsonl again without what names or describes people; reports come first."""
    lines = map(findings.encode, map(redactor(found.rules), found.findings()))
    findings.write(found.path, lines)
