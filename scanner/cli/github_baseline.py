"""`--baseline github`: the last analyses in code scanning as the memory of a scan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from scanner import code_scanning, findings
from scanner.cli import repository
from scanner.cli.steps import controls_of
from scanner.config import Config
from scanner.history.earlier import Alerts, Earlier, from_alerts
from scanner.reports.github import CARRIED_DAYS
from scanner.reports.github_files import ORGANIZATION
from scanner.reports.github_past import Unusable, by_every_id, read_back
from scanner.reports.sarif import CATEGORY
from scanner.reports.sarif_inputs import NO_PLACE, Scan, described
from scanner.reports.sarif_rules import TOOL
from scanner.reports.titles import catalogue_titles
from scanner.rules.model import Rule

_MEANS = (
    "its failures count as new, and where a listing could not be read it is not uploaded, since"
    " that would close alerts"
)


class _Reading:
    """What was asked of GitHub for one scan."""

    def __init__(
        self, asked: code_scanning.Repository, config: Config, rules: Sequence[Rule], whole: bool
    ) -> None:
        self._asked, self._whole = asked, whole
        scan = Scan(
            version="",
            started="",
            ended="",
            rules=rules,
            titles=catalogue_titles(),
            controls=controls_of,
        )
        self._rules = by_every_id(described(scan), {rule.id: rule.refutes for rule in rules})
        self._here = NO_PLACE.uri if config.path is None else repository.relative(config.path)
        self._full = config.github_subjects == "full"

    def alerts(self, target: str | None, analysis: code_scanning.Analysis) -> Alerts:
        """The alerts of one category, as far as this scan can say anything of them.

        Raises Untold or Unusable.
        """
        found = read_back(
            code_scanning.sarif(self._asked, analysis),
            self._rules,
            target=target,
            at=analysis.created_at,
            count=analysis.results_count,
            voice="full" if self._full else "hashed",
            here=self._here,
        )
        if self._whole:
            return found
        return replace(found, findings=[f for f in found.findings if f.rule in self._rules])


def from_github(
    asked: code_scanning.Repository,
    path: Path,
    config: Config,
    rules: Sequence[Rule],
    when: str,
    *,
    whole: bool,
) -> tuple[Earlier, list[str]]:
    """(the time before a scan, what to say of it). A refusal is said, and never an empty answer.

    config: with the targets that were scanned. when: the scan's end. whole: nothing was left out,
    so that a category of no target is that of one which left the configuration.
    """
    names = sorted(target.id for target in config.targets)
    wanted: dict[str, str | None] = {f"{CATEGORY}/{name}": name for name in names}
    wanted[f"{CATEGORY}/{ORGANIZATION}"] = None
    words: list[str] = []
    before: dict[str | None, Alerts] = {}
    untold: dict[str | None, str] = {}
    removed: dict[str, int] = {}
    since = datetime.fromisoformat(when) - timedelta(days=CARRIED_DAYS)
    try:
        newest, everything = code_scanning.newest(
            asked, TOOL, wanted, since.strftime("%Y-%m-%dT%H:%M:%SZ")
        )
    except code_scanning.Untold as error:
        untold = dict.fromkeys(wanted.values(), f"GitHub's last analyses: {error}")
        words.append(f"{asked.name} at {asked.ref}: {error}; {_MEANS}")
        return from_alerts({}, findings.read(path), {}, untold), words
    reading = _Reading(asked, config, rules, whole)
    for category, target in wanted.items():
        analysis = newest.get(category)
        if analysis is None and everything:
            before[target] = Alerts(findings=())
            continue
        try:
            if analysis is None:
                raise code_scanning.Untold("it has more analyses than were looked through")
            before[target] = reading.alerts(target, analysis)
        except (code_scanning.Untold, Unusable) as error:
            untold[target] = f"GitHub's last analysis of {category}: {error}"
            words.append(f"{category}: {error}; {_MEANS}")
    for category, analysis in sorted(newest.items()) if whole else ():
        name = category.removeprefix(f"{CATEGORY}/")
        if category in wanted or name == category or "/" in name or not analysis.results_count:
            continue
        try:
            gone = reading.alerts(name, analysis)
        except (code_scanning.Untold, Unusable) as error:
            words.append(f"{category}: {error}; its alerts stay open")
            continue
        if gone.ours:
            before[name] = gone
            removed[name] = analysis.results_count
        else:
            words.append(
                f"{category}: {name} is not in the configuration, and none of its alerts points"
                " into it: they stay open, since another configuration may have made them"
            )
    return from_alerts(before, findings.read(path), removed, untold), words
