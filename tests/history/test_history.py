from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from history_samples import DAYS, RULES, finding, unread, write
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import InputError
from scanner.history.ask import (
    absent,
    baseline,
    carried,
    first_seen,
    known_targets,
    opened,
    removed,
    trend,
)
from scanner.history.compare import Diff, diff, of_findings, of_run, run_of
from scanner.history.earlier import from_findings
from scanner.history.record import RuleName, record
from scanner.history.store import hexed, signed
from scanner.reports.changes import trend_markdown, trend_text
from scanner.reports.table import summarise


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.sqlite"


def states(path: Path) -> list[str]:
    return sorted(baseline(path).values())


def test_a_first_run_is_all_new(path: Path) -> None:
    done = write(path, [finding("ann"), finding("bob", "pass")])
    assert (done.opened, done.fixed) == (1, 0)
    assert states(path) == ["new", "new"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_new_fixed_unchanged_and_updated(path: Path) -> None:
    ann, bob, cid, dee = (finding(name) for name in ("ann", "bob", "cid", "dee"))
    write(path, [ann, bob, cid])
    done = write(path, [ann, finding("bob", "pass"), dee], 1)
    assert (done.opened, done.fixed) == (1, 2)
    assert baseline(path) == {
        ann.fingerprint: "unchanged",
        bob.fingerprint: "updated",
        cid.fingerprint: "absent",
        dee.fingerprint: "new",
    }
    assert absent(path) == [cid]
    assert opened(path) == {dee.fingerprint}
    write(path, [ann, finding("bob", "pass"), dee], 2)
    assert cid.fingerprint not in baseline(path)
    assert absent(path) == []
    assert opened(path) == set()


def test_wording_evidence_line_and_target_do_not_make_it_updated(path: Path) -> None:
    write(path, [finding("ann", evidence={"last_used_days": 3})])
    moved = finding(
        "ann",
        message="Ann has no second factor",
        evidence={"last_used_days": 4},
        made_by="infra/users.tf:4",
        target="production",
    )
    write(path, [moved], 1, targets=["production"])
    assert states(path) == ["unchanged"]
    write(path, [finding("ann", severity="low")], 2)
    assert states(path) == ["updated"]


def test_the_first_day_survives_exceptions_and_failed_reads_but_not_a_repair(path: Path) -> None:
    ann = finding("ann")
    write(path, [ann])
    write(path, [finding("ann", suppressed="E-1")], 1)
    assert opened(path) == set()
    write(path, [finding("ann", "unknown", reason="denied")], 2)
    write(path, [unread()], 3)
    write(path, [ann], 4)
    assert first_seen(path) == {ann.fingerprint: DAYS[0][:10]}
    assert opened(path) == {ann.fingerprint}  # the exception had closed it meanwhile
    write(path, [finding("ann", "pass")], 5)
    assert first_seen(path) == {}
    write(path, [ann], 6)
    assert first_seen(path) == {ann.fingerprint: DAYS[6][:10]}


def test_what_nobody_could_read_is_carried_and_not_fixed(path: Path) -> None:
    ann, bob = finding("ann"), finding("bob", "pass")
    write(path, [ann, bob])
    done = write(path, [unread()], 1)
    assert done.fixed == 0
    assert carried(path) == carried(path, "prod") == [ann]
    assert carried(path, "other") == []
    assert baseline(path)[ann.fingerprint] == "unchanged"
    done = write(path, [ann, bob], 2)
    assert (done.opened, done.fixed) == (0, 0)
    assert carried(path) == []
    assert baseline(path)[ann.fingerprint] == "unchanged"


def test_what_lies_where_nobody_looked_is_unread_and_not_fixed(path: Path) -> None:
    ann, bob, cid = finding("ann"), finding("bob", scope="aws:2"), finding("cid")
    write(path, [ann, bob, cid])
    places = {"prod": ["aws:1"]}
    done = record(path, [ann], DAYS[1], rules=RULES, targets=["prod"], whole=True, scopes=places)
    assert (done.opened, done.fixed) == (0, 1)
    assert carried(path) == [bob]
    [_, point] = trend(path)
    assert (point.failing, point.unread) == (1, 1)
    earlier = from_findings([ann, bob, cid], [ann], ["prod"], {}, places)
    assert earlier.absent == [cid]
    assert bob in earlier.carried


def test_a_listing_unread_in_one_region_hides_only_that_region(path: Path) -> None:
    east, west = finding("e", region="east"), finding("w", region="west")
    write(path, [east, west])
    done = write(path, [unread(region="east")], 1)
    assert done.fixed == 1
    assert carried(path) == [east]


def test_a_target_has_a_baseline_from_its_second_run_on(path: Path) -> None:
    write(path, [unread()])
    assert known_targets(path) == set()
    lab = unread(target="lab", scope="aws:2")
    write(path, [unread(), lab], 1, targets=["prod", "lab"])
    assert known_targets(path) == {"prod"}
    write(path, [unread(), lab], 1, targets=["prod", "lab"])  # the same run again
    assert known_targets(path) == {"prod"}


def test_a_set_that_cannot_be_judged_any_more_stays_open(path: Path) -> None:
    judged = finding(None, "fail", fingerprint="00000000000000aa")
    write(path, [judged])
    write(path, [unread(fingerprint="00000000000000aa")], 1)
    assert first_seen(path) == {"00000000000000aa": DAYS[0][:10]}


def test_a_partial_run_closes_only_what_it_looked_at(path: Path) -> None:
    ann, trail = finding("ann"), finding("trail", rule="logs")
    other = finding("zoe", target="lab", scope="aws:2")
    write(path, [ann, trail, other], targets=["prod", "lab"])
    done = write(path, [], 1, rules=[RuleName("mfa")], targets=["prod"], whole=False)
    assert done.fixed == 1
    assert set(first_seen(path)) == {trail.fingerprint, other.fingerprint}


def test_a_removed_target_is_closed_with_a_word(path: Path) -> None:
    zoe = finding("zoe", target="lab", scope="aws:2")
    write(path, [finding("ann"), zoe], targets=["prod", "lab"])
    write(path, [finding("ann")], 1)
    assert removed(path, ["prod"]) == {"lab": 1}
    assert removed(path, ["prod", "lab"]) == {}
    assert baseline(path)[zoe.fingerprint] == "absent"
    write(path, [finding("ann")], 29)
    assert removed(path, ["prod"]) == {"lab": 0}


def test_a_renamed_rule_keeps_its_history(path: Path) -> None:
    old, hidden = finding("ann"), finding("bob", scope="aws:2")
    write(path, [old, hidden])
    new = [RuleName("second-factor", ("mfa",)), RuleName("logs")]
    now = finding("ann", rule="second-factor", first_id="mfa")
    blind = unread(rule="second-factor", scope="aws:2")
    done = write(path, [now, blind], 1, rules=new)
    assert (done.opened, done.fixed) == (0, 0)
    assert baseline(path)[now.fingerprint] == "unchanged"
    assert [(f.rule, f.name) for f in carried(path)] == [("second-factor", "bob")]


def test_a_rule_that_went_away_closes_its_findings_on_a_whole_run(path: Path) -> None:
    write(path, [finding("ann")])
    assert write(path, [], 1, rules=[RuleName("logs")], whole=False).fixed == 0
    assert write(path, [], 2, rules=[RuleName("logs")]).fixed == 1


def test_the_same_run_twice_is_one(path: Path) -> None:
    first = write(path, [finding("ann")])
    again = write(path, [finding("ann")])
    assert (again.run, again.opened) == (first.run, 1)
    assert len(trend(path)) == 1
    assert states(path) == ["new"]


def test_of_several_judgements_of_one_snapshot_the_last_holds(path: Path) -> None:
    ann = finding("ann")
    write(path, [ann])
    write(path, [finding("ann", "pass")])
    for _ in range(2):
        assert write(path, [ann]).opened == 1
        assert len(trend(path)) == 3
    assert ann.fingerprint in first_seen(path)
    assert write(path, [finding("ann", "pass")]).fixed == 1


def test_a_late_older_run_changes_nothing_but_the_first_day(path: Path) -> None:
    ann = finding("ann")
    write(path, [ann], 5)
    late = write(path, [ann, finding("bob", target="lab")], 2, targets=["prod", "lab"])
    assert late.fixed == 0
    assert first_seen(path)[ann.fingerprint] == DAYS[2][:10]
    write(path, [], 3)
    assert ann.fingerprint in first_seen(path)
    assert [point.at for point in trend(path)] == [DAYS[2], DAYS[3], DAYS[5]]


def test_trend_counts_what_is_open_after_each_run(path: Path) -> None:
    write(path, [finding("ann"), finding("bob", severity="low")], score=(80, 95))
    write(path, [finding("ann"), finding("bob", "pass"), finding("cid", suppressed="E-1")], 1)
    first, second = trend(path)
    assert (first.high, first.low, first.failing, first.opened) == (1, 1, 2, 2)
    assert (first.score_low, first.score_high) == (80, 95)
    assert (second.high, second.low, second.waived, second.fixed) == (1, 0, 1, 1)
    assert (second.score_low, second.whole) == (None, True)
    assert trend(path, 1) == [second]


def test_trend_counts_unknowns_as_the_closing_table_does(path: Path) -> None:
    found = [
        finding("ann", "unknown", reason="denied"),
        finding("bob", "unknown", reason="denied", suppressed="E-1"),
        finding("cid", "unknown", reason="not-declared"),
        finding(None, "unknown", "logs", reason="no-source", source=None, target=None),
        unread(scope="aws:2"),
    ]
    write(path, found)
    [point] = trend(path)
    summary = summarise(found)
    assert point.unknown == summary.verdicts["unknown"] == 2
    assert (summary.stated, summary.nobody) == (1, 1)


@pytest.mark.parametrize("make", [trend_text, trend_markdown])
def test_what_could_not_be_read_again_stands_beside_the_unknowns(path: Path, make: Any) -> None:
    write(path, [finding("ann"), finding("bob")])
    write(path, [unread()], 1)
    head, *_, row = [line.replace("|", " ").split() for line in make(trend(path))]
    told = dict(zip([word.lower() for word in head], row, strict=False))
    assert (told["unknown"], told["unread"]) == ("1", "2")


def test_an_input_that_breaks_off_leaves_the_history_as_it_was(path: Path) -> None:
    write(path, [finding("ann")])

    def broken():  # type: ignore[no-untyped-def]
        yield finding("bob")
        raise InputError("line 2")

    with pytest.raises(InputError, match="line 2"):
        write(path, broken(), 1)
    assert len(trend(path)) == 1
    assert len(baseline(path)) == 1


_KILLED = """
import os, signal, sys
sys.path[:0] = [{here!r}]
from pathlib import Path
from history_samples import finding, write
def findings():
    for n in range(2000):
        yield finding(f"user-{{n}}")
    if {late!r} == "early":
        os.kill(os.getpid(), signal.SIGKILL)
import scanner.history.record as record
finish = record._Run._forget
def killed(run):
    finish(run)
    os.kill(os.getpid(), signal.SIGKILL)
record._Run._forget = killed
write(Path({path!r}), findings(), 1)
"""


@pytest.mark.parametrize("when", ["early", "late"])
def test_a_killed_run_leaves_what_was_there(path: Path, when: str) -> None:
    write(path, [finding("ann")])
    code = _KILLED.format(here=str(Path(__file__).parent), path=str(path), late=when)
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(trend(path)) == 1
    assert write(path, [finding("ann"), finding("bob")], 2).opened == 1


def test_writers_at_the_same_time_wait_for_each_other(path: Path) -> None:
    code = (
        "import sys; sys.path[:0] = [sys.argv[1]]\n"
        "from pathlib import Path\n"
        "from history_samples import finding, write\n"
        "me = sys.argv[3]\n"
        "for day in range(5):\n"
        "    write(Path(sys.argv[2]), [finding(f'{me}-{n}', target=me, scope=me)"
        " for n in range(300)], day, targets=[me], whole=False)\n"
    )
    here = os.fspath(Path(__file__).parent)
    writers = [subprocess.Popen([sys.executable, "-c", code, here, str(path), me]) for me in "abcd"]
    assert [writer.wait(30) for writer in writers] == [0, 0, 0, 0]
    points = trend(path)
    assert len(points) == 20
    assert sum(point.opened for point in points) == len(first_seen(path)) == 1200
    assert sum(point.fixed for point in points) == 0
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("content", [b"no database at all, just text", None])
def test_another_file_is_refused(path: Path, content: bytes | None) -> None:
    if content is None:
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE mine (x)")
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(InputError, match="cannot be used as history"):
        write(path, [finding("ann")])
    with pytest.raises(InputError, match="cannot be used as history"):
        trend(path)
    assert path.read_bytes()[:16] == before[:16]


def test_a_history_of_a_later_version_is_refused(path: Path) -> None:
    write(path, [])
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 9")
    with pytest.raises(InputError, match="version 9"):
        trend(path)


def test_no_history_is_an_input_error(path: Path) -> None:
    with pytest.raises(InputError, match="there is no history here"):
        trend(path)
    assert not path.exists()


def test_what_has_long_been_gone_is_forgotten(path: Path) -> None:
    import history_samples

    write(path, [finding("ann"), finding("bob")])
    write(path, [finding("bob")], 1)
    history_samples.DAYS.append("2028-02-01T06:00:00Z")
    try:
        write(path, [finding("bob")], 30)
    finally:
        history_samples.DAYS.pop()
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*) FROM finding").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM change").fetchone() == (1,)


def test_a_run_that_changes_nothing_adds_next_to_nothing(path: Path) -> None:
    scan = [finding(f"user-{n}") for n in range(1000)]
    write(path, scan)
    before = path.stat().st_size
    for day in range(1, 20):
        write(path, scan, day)
    assert path.stat().st_size - before < 64 * 1024


@given(st.integers(0, 2**64 - 1))
def test_fingerprints_survive_their_storage(number: int) -> None:
    assert int(hexed(signed(f"{number:016x}")), 16) == number
    assert -(2**63) <= signed(f"{number:016x}") < 2**63


SUBJECTS = ("ann", "bob", "cid")
runs = st.lists(
    st.dictionaries(st.sampled_from(SUBJECTS), st.sampled_from(["pass", "fail", "unknown"])),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(runs)
def test_the_history_agrees_with_the_runs_themselves(
    tmp_path_factory: pytest.TempPathFactory, days: list[dict[str, str]]
) -> None:
    """A plain model: open since, opened, fixed and the difference of any two runs."""
    path = tmp_path_factory.mktemp("h") / "h.sqlite"
    since: dict[str, int] = {}
    scans = []
    for day, verdicts in enumerate(days):
        scan = [finding(name, verdict) for name, verdict in sorted(verdicts.items())]
        scans.append(scan)
        done = write(path, scan, day)
        before = dict(since)
        for name in SUBJECTS:
            verdict = verdicts.get(name)
            if verdict == "fail":
                since.setdefault(name, day)
            elif verdict != "unknown":
                since.pop(name, None)
        assert done.opened == len(since.keys() - before.keys())
        assert done.fixed == len(before.keys() - since.keys())
        found = {finding(name).fingerprint: DAYS[on][:10] for name, on in since.items()}
        assert first_seen(path) == found
    kept = diff(of_run(path, "1"), of_run(path, str(len(days))))
    direct = diff(of_findings(scans[0]), of_findings(scans[-1]))
    assert _keys(kept) == _keys(direct)


def _keys(found: Diff) -> dict[str, list[str]]:
    return {
        kind: [c.fingerprint for c in getattr(found, kind)]
        for kind in ("opened", "fixed", "waived", "dark", "seen")
    }


def test_diff_tells_fixed_from_unreadable() -> None:
    before = of_findings([finding("ann"), finding("trail", rule="logs"), finding("x", "unknown")])
    after = of_findings([unread(), finding("new", rule="logs", suppressed=None)])
    found = diff(before, after)
    assert [c.name for c in found.opened] == ["new"]
    assert [c.name for c in found.fixed] == ["trail"]
    assert [(c.name, c.after) for c in found.dark] == [
        ("accounts of aws:1", "unknown"),
        ("ann", "unread"),
    ]


def test_diff_follows_a_renamed_rule() -> None:
    before = of_findings([finding("ann")], {"mfa": "second-factor"})
    after = of_findings([unread("second-factor")])
    assert [c.rule for c in diff(before, after).dark] == ["second-factor", "second-factor"]


def test_a_run_is_named_by_number_or_day(path: Path) -> None:
    write(path, [finding("ann")])
    write(path, [], 4)
    assert len(diff(of_run(path, "2026-11-03"), of_run(path, "2026-11-30")).fixed) == 1
    for name in ("3", "2026-10-01", "2027-02-30", "x", "²"):
        with pytest.raises(InputError, match="no run"):
            of_run(path, name)


def test_a_day_means_the_last_run_that_had_ended_by_then(path: Path) -> None:
    for name, day in (("ann", 1), ("ann", 3), ("bob", 3), ("ann", 8)):
        write(path, [finding(name)], day)
    numbers = {day: run_of(path, f"2026-11-{day:02}").number for day in (2, 3, 4, 8, 9, 30)}
    assert numbers == {2: 1, 3: 1, 4: 3, 8: 3, 9: 4, 30: 4}
    assert run_of(path, "3").at.startswith("2026-11-04T")
    with pytest.raises(InputError, match=r"no run had ended by 2026-11-01; the first is run 1 of"):
        run_of(path, "2026-11-01")
