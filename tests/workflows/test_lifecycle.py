"""Two consecutive days: what GitHub makes of what is written, by its documented behaviour."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast

import msgspec
import pytest
from github_model import Api, GitHub
from harness import Server
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "history"))
sys.path.insert(0, str(Path(__file__).parents[1] / "reports"))

from history_samples import DAYS, finding, unread, write
from sarif_samples import TITLES

from scanner import code_scanning, findings
from scanner.cli.github_baseline import from_github
from scanner.collectors.base import Target
from scanner.config import Config
from scanner.facts.ledger import Gap
from scanner.findings import Finding
from scanner.history.earlier import Earlier, from_findings, from_history
from scanner.history.record import RuleName
from scanner.reports.github import write_github
from scanner.reports.github_files import Category, order
from scanner.reports.sarif import write_sarif
from scanner.reports.sarif_check import check_sarif
from scanner.reports.sarif_inputs import Place, PlainRule, Scan


class Judged(PlainRule, frozen=True, kw_only=True):
    """What a loaded rule tells."""

    refutes: str = "always"


MFA = Judged(
    id="mfa",
    title="A second factor",
    practice="IA.L2-3.5.3",
    decides=("3.5.3[c]",),
    message="{name} can sign in without a second factor",
)
LOGS = Judged(id="logs", title="Logs are kept", practice="AU.L2-3.3.1", decides=("3.3.1[e]",))


class Days:
    """A repository, scanned day by day."""

    def __init__(self, folder: Path, source: str = "history") -> None:
        self.folder, self.source = folder, source
        self.github = GitHub()
        self.github.clock = lambda: datetime.fromisoformat(DAYS[self.day]) + timedelta(hours=1)
        self.api = Api(self.github)
        self.server = Server(self.api) if source == "github" else None
        self.words: list[str] = []
        self.subjects: Literal["full", "hashed"] = "hashed"
        self.day = -1
        self.before: list[Finding] = []
        self.made: dict[str, Category] = {}
        self.earlier: Earlier | None = None

    def scan(
        self,
        found: Sequence[Finding],
        *,
        targets: Sequence[str] = ("prod",),
        rules: Sequence[Judged] = (MFA, LOGS),
        gaps: Sequence[Gap] = (),
        whole: bool = True,
    ) -> dict[str, str]:
        """One day's scan, recorded, written and uploaded; the alerts' states afterwards."""
        self.day += 1
        found = sorted((_today(f, self.day) for f in found), key=order)
        configured = list(targets)
        if self.source == "history":
            path = self.folder / "history.sqlite"
            names = [RuleName(r.id, r.deprecated_ids) for r in rules]
            write(path, found, self.day, rules=names, targets=configured, whole=whole)
            self.earlier = from_history(path, configured)
        elif self.source == "baseline" and self.day:
            renamed = {old: r.id for r in rules for old in r.deprecated_ids}
            self.earlier = from_findings(self.before, found, configured, renamed)
        elif self.server is not None:
            path = self.folder / "findings.jsonl"
            findings.write(path, map(findings.encode, found))
            asked = code_scanning.Repository(
                api=self.server.url, name="example/defense", ref="refs/heads/main", token="t"
            )
            config = Config(
                path=self.folder / "cmmc-scan.yaml",
                organization="Example",
                level=2,
                targets=tuple(Target(id=name, provider="aws", options={}) for name in configured),
                github_subjects=self.subjects,
            )
            self.earlier, self.words = from_github(
                asked, path, config, cast(Any, rules), DAYS[self.day], whole=whole
            )
        scan = Scan(
            version="1.0.0",
            started=DAYS[self.day],
            ended=DAYS[self.day],
            rules=rules,
            titles=TITLES,
            gaps=gaps,
            places={name: Place("cmmc-scan.yaml", 3 + n) for n, name in enumerate(configured)},
        )
        earlier = self.earlier
        made = write_github(
            self.folder / "github",
            lambda: iter(found),
            scan,
            targets=[*configured, *(earlier.removed if earlier is not None else ())],
            complete=whole,
            carried=earlier.carried if earlier is not None else None,
            known=earlier.known if earlier is not None else None,
            untold=earlier.untold if earlier is not None else None,
            subjects=self.subjects,
        )
        self.made = {category.target: category for category in made}
        self.sarif = self.folder / "findings.sarif"
        states = earlier.baseline if earlier is not None else None
        gone = earlier.absent if earlier is not None and states is not None else ()
        write_sarif(
            self.sarif, lambda: iter(sorted([*found, *gone], key=order)), scan, baseline=states
        )
        assert check_sarif(self.sarif, "auditor") == []
        for category in made:
            if category.path is not None:
                assert check_sarif(category.path, "github") == []
                assert self.github.take(category.path.read_bytes()) == []
        self.before = list(found)
        return self.github.states()

    def states(self) -> dict[str, str] | None:
        """The baselineState of every result of findings.sarif; null where none has one."""
        found = json.loads(self.sarif.read_bytes())["runs"][0]["results"]
        if not any("baselineState" in result for result in found):
            assert self.source == "github", "only GitHub keeps no passes"
            return None
        return {r["fingerprints"]["cmmcFinding/v1"]: r["baselineState"] for r in found}


def _today(found: Finding, day: int) -> Finding:
    return msgspec.structs.replace(found, observed_at=DAYS[day])


@pytest.fixture(params=["history", "baseline", "github"])
def days(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Days]:
    made = Days(tmp_path, request.param)
    yield made
    if made.server is not None:
        made.server.close()


@pytest.fixture
def only_github(tmp_path: Path) -> Iterator[Days]:
    made = Days(tmp_path, "github")
    yield made
    assert made.server is not None
    made.server.close()


ANN, BOB, CID = (finding(name) for name in ("ann", "bob", "cid"))


def test_new_fixed_and_unchanged(days: Days) -> None:
    assert days.scan([ANN, BOB]) == {ANN.fingerprint: "open", BOB.fingerprint: "open"}
    after = days.scan([ANN, finding("bob", "pass"), CID])
    assert after == {
        ANN.fingerprint: "open",
        BOB.fingerprint: "fixed",
        CID.fingerprint: "open",
    }
    assert days.earlier is not None
    assert days.earlier.opened == {CID.fingerprint}
    assert days.states() in (None, {
        ANN.fingerprint: "unchanged",
        BOB.fingerprint: "updated",
        CID.fingerprint: "new",
    })  # fmt: skip


def test_a_resource_that_is_gone_is_absent_and_fixed(days: Days) -> None:
    days.scan([ANN, BOB])
    after = days.scan([ANN])
    assert after[BOB.fingerprint] == "fixed"
    assert days.earlier is not None
    assert [f.fingerprint for f in days.earlier.absent] == [BOB.fingerprint]
    states = days.states()
    assert states is None or states[BOB.fingerprint] == "absent"


def test_an_unreadable_listing_closes_nothing(days: Days) -> None:
    days.scan([ANN, BOB])
    blind = unread()
    after = days.scan([blind])
    assert after[ANN.fingerprint] == after[BOB.fingerprint] == "open"
    assert after[blind.fingerprint] == "open"
    assert days.made["prod"].carried == 2
    assert (days.states() or {}).get(ANN.fingerprint) != "absent"


def test_a_memory_carries_for_thirty_days_and_then_lets_go(days: Days) -> None:
    if days.source == "baseline":
        pytest.skip("a file knows one day")
    days.scan([ANN, BOB])
    for _ in range(28):
        assert days.scan([unread()])[ANN.fingerprint] == "open"
    assert days.made["prod"].expired == 0
    # and what can be seen again decides at once
    after = days.scan([ANN, finding("bob", "pass")])
    assert (after[ANN.fingerprint], after[BOB.fingerprint]) == ("open", "fixed")
    assert all(alert.history.count("fixed") <= 1 for alert in days.github.alerts.values())


def test_without_a_baseline_a_blind_category_is_not_uploaded(tmp_path: Path) -> None:
    days = Days(tmp_path, "nothing")
    days.scan([ANN])
    days.scan([unread()])
    assert days.made["prod"].path is None
    assert "without an earlier scan" in (days.made["prod"].reason or "")
    assert days.github.states()[ANN.fingerprint] == "open"


def test_a_target_that_is_new_and_blind_is_not_uploaded(tmp_path: Path) -> None:
    days = Days(tmp_path)
    days.scan([ANN])
    lab = unread(target="lab", scope="aws:2")
    days.scan([ANN, lab], targets=["prod", "lab"])
    assert days.made["lab"].path is None
    assert days.made["prod"].path is not None
    days.scan([ANN, lab], targets=["prod", "lab"])
    assert days.made["lab"].path is not None


def test_a_subject_whose_fields_are_unread_stays_one_alert(days: Days) -> None:
    days.scan([ANN])
    after = days.scan([finding("ann", "unknown", reason="denied")])
    assert after == {ANN.fingerprint: "open"}
    (alert,) = days.github.alerts.values()
    assert (alert.level, alert.history) == ("warning", [])


def test_a_renamed_rule_keeps_its_alerts(days: Days) -> None:
    days.scan([ANN, BOB])
    renamed = msgspec.structs.replace(MFA, id="second-factor", deprecated_ids=("mfa",))
    now = finding("ann", rule="second-factor", first_id="mfa")
    assert now.fingerprint == ANN.fingerprint
    again = finding("bob", rule="second-factor", first_id="mfa")
    days.scan([now, again], rules=[renamed, LOGS])
    assert {a.state for a in days.github.alerts.values()} == {"open"}
    assert len(days.github.alerts) == 2
    assert set((days.states() or {}).values()) <= {"unchanged"}
    # renamed on the very day on which nobody can look
    twice = msgspec.structs.replace(MFA, id="mfa-3", deprecated_ids=("mfa", "second-factor"))
    blind = unread("mfa-3", first_id="mfa")
    days.scan([blind], rules=[twice, LOGS])
    assert {a.state for a in days.github.alerts.values()} == {"open"}
    assert len(days.github.alerts) == 3
    assert days.made["prod"].carried == 2


def test_a_removed_target_is_closed_on_purpose(days: Days) -> None:
    zoe = finding("zoe", target="lab", scope="aws:2")
    days.scan([ANN, zoe], targets=["prod", "lab"])
    after = days.scan([ANN])
    assert after == {ANN.fingerprint: "open", zoe.fingerprint: "fixed"}
    assert days.earlier is not None
    assert days.earlier.removed == {"lab": 1}


def test_a_part_of_the_scan_closes_nothing(days: Days) -> None:
    days.scan([ANN, BOB])
    days.scan([], rules=[LOGS], whole=False)
    assert set(days.github.states().values()) == {"open"}


def test_names_order_regions_and_wording_move_no_alert(days: Days) -> None:
    days.scan([ANN, BOB, CID])
    before = dict(days.github.alerts)
    moved: list[Any] = [
        msgspec.structs.replace(
            each, name="x", message="other words", region="east", severity="low"
        )
        for each in (CID, ANN, BOB)
    ]
    days.scan(moved)
    assert days.github.alerts.keys() == before.keys()
    assert set(days.github.states().values()) == {"open"}


SUBJECTS = ("ann", "bob", "cid")
weeks = st.lists(
    st.tuples(
        st.booleans(), st.dictionaries(st.sampled_from(SUBJECTS), st.sampled_from(["pass", "fail"]))
    ),
    min_size=2,
    max_size=7,
)


@settings(max_examples=30, deadline=None)
@given(week=weeks)
@pytest.mark.parametrize("source", ["history", "github"])
def test_an_alert_is_open_as_long_as_the_last_look_found_it(
    tmp_path_factory: pytest.TempPathFactory, source: str, week: list[tuple[bool, dict[str, str]]]
) -> None:
    days = Days(tmp_path_factory.mktemp("week"), source)
    try:
        _live_through(days, week)
    finally:
        if days.server is not None:
            days.server.close()


def _live_through(days: Days, week: list[tuple[bool, dict[str, str]]]) -> None:
    open_: set[str] = set()
    for number, (blind, verdicts) in enumerate(week):
        if blind:
            days.scan([unread()])
        else:
            days.scan([finding(name, verdict) for name, verdict in verdicts.items()])
            open_ = {name for name, verdict in verdicts.items() if verdict == "fail"}
        if number == 0 and blind and days.source == "history":
            assert days.made["prod"].path is None  # nothing is known yet, so nothing is uploaded
            continue
        marks = {finding(name).fingerprint: name for name in SUBJECTS}
        states = days.github.states()
        found = {marks[mark] for mark, state in states.items() if state == "open" and mark in marks}
        assert found == open_
