"""Who signed in when: the old file by uids, the new database by names, and what neither tells."""

from __future__ import annotations

import contextlib
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linux_common import lastlog, lastlog2
from linux_debian import DEBIAN, TRIXIE
from linux_reading import NOW_SECONDS, Read, read
from linux_rhel import RHEL
from linux_suse import SUSE, TUMBLEWEED

from scanner.collectors.linux import sqlite
from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.machine.memory import Node
from scanner.collectors.linux.sign_in.accounts import accounts
from scanner.collectors.linux.sign_in.lastlog import parse_lastlog2

DATABASE = "/var/lib/lastlog/lastlog2.db"
DAY = 86400


def days(tree: dict[str, Any], name: str = "alice") -> Any:
    return read(accounts, tree)[f"user/{name}"].last_used_days


def why(tree: dict[str, Any]) -> tuple[str, str]:
    found: Read = read(accounts, tree)
    refused = found.why("last_used_days", "user/alice")
    return refused.reason, refused.detail


def test_each_family_says_when_an_account_was_used() -> None:
    assert (days(RHEL), days(DEBIAN), days(SUSE)) == (2, 2, 2)
    assert (days(TUMBLEWEED), days(TUMBLEWEED, "bob")) == (3, 4)
    assert days(TUMBLEWEED, "root") is None  # it never signed in


def test_where_both_are_kept_the_later_time_counts() -> None:
    assert days(TRIXIE) == 2  # sshd's own record in the old file
    later = {**TRIXIE, DATABASE: lastlog2(("alice", NOW_SECONDS - DAY))}
    assert days(later) == 1
    assert days(later, "bob") == 2
    stale = {**later, "/var/log/lastlog": lastlog(nobody=0)}
    assert days(stale) == 1
    assert days(stale, "bob") is None


BARE = {path: what for path, what in TRIXIE.items() if path != DATABASE}
UBUNTU_24 = {**BARE, "/etc/os-release": 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n'}
STACK = {"/etc/pam.d/login": "session optional pam_lastlog.so\n"}
MODULE = "/usr/lib/x86_64-linux-gnu/security/pam_lastlog.so"


@pytest.mark.parametrize(
    "release",
    [
        'ID=debian\nVERSION_ID="13"\n',
        "ID=debian\n",
        'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n',
        'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\n',
        "ID=kali\nID_LIKE=debian\n",
    ],
)
def test_a_file_that_pam_writes_no_more_tells_nothing(release: str) -> None:
    tree = {**BARE, "/etc/os-release": release}
    assert why(tree)[0] == "not-supported"
    assert "pam_lastlog is not here" in why(tree)[1]
    assert days({**tree, DATABASE: lastlog2(("alice", NOW_SECONDS - DAY))}) == 1
    assert days({**tree, MODULE: ""}) == 2


@pytest.mark.parametrize(
    "folder",
    [
        "/lib/security",
        "/lib64/security",
        "/usr/lib64/security",
        "/lib/arm-linux-gnueabihf/security",
    ],
)
def test_the_module_counts_wherever_it_is_installed(folder: str) -> None:
    assert days({**UBUNTU_24, f"{folder}/pam_lastlog.so": ""}) == 2
    assert why({**UBUNTU_24, f"{folder}/pam_lastlog2.so": ""})[0] == "not-supported"


def test_a_stack_counts_where_no_module_can_be_seen() -> None:
    unseen = {path: what for path, what in UBUNTU_24.items() if "/security/pam_" not in path}
    assert why(unseen)[0] == "not-supported"
    assert days({**unseen, **STACK}) == 2
    commented = "# session optional pam_lastlog.so\n"
    assert why({**unseen, "/etc/pam.d/login": commented})[0] == "not-supported"
    assert (
        days({**unseen, "/usr/lib/pam.d/login": "session optional /x/pam_lastlog.so quiet\n"}) == 2
    )


def test_a_line_that_outlived_its_module_does_not_count() -> None:
    assert why({**UBUNTU_24, **STACK})[0] == "not-supported"


def test_a_host_that_keeps_neither_says_so() -> None:
    none = {path: what for path, what in TUMBLEWEED.items() if path != DATABASE}
    assert why(none) == (
        "not-supported",
        "this host keeps neither a lastlog file nor lastlog2.db",
    )


@pytest.mark.parametrize(
    ("mode", "beside", "unread"),
    [("DELETE", "journal", True), ("WAL", "wal", True), ("DELETE", "wal", False)],
)
def test_changes_that_are_not_in_the_file_yet(mode: str, beside: str, unread: bool) -> None:
    data = lastlog2(("alice", NOW_SECONDS - DAY), mode=mode)
    tree = {**TUMBLEWEED, DATABASE: data}
    assert days(tree) == 1
    assert days({**tree, f"{DATABASE}-{beside}": b""}) == 1
    busy = {**tree, f"{DATABASE}-{beside}": b"changes"}
    if unread:
        assert why(busy)[0] == "broken"
        assert f"lastlog2.db-{beside}" in why(busy)[1]
    else:
        assert days(busy) == 1  # left over from another mode


def test_a_database_in_another_place_is_not_the_one_that_is_read() -> None:
    line = "session optional pam_lastlog2.so silent database={}\n"
    tree = {**TUMBLEWEED, "/etc/pam.d/common-session": line.format("/srv/last.db")}
    assert why(tree) == ("not-supported", "pam_lastlog2 keeps another database")
    assert days({**tree, "/etc/pam.d/common-session": line.format(DATABASE)}) == 3
    assert days({**tree, "/etc/pam.d/common-session": "# " + line.format("/srv/x")}) == 3


def test_what_cannot_be_read_is_a_gap() -> None:
    closed = {**TUMBLEWEED, DATABASE: Node(b"", refused=True)}
    assert why(closed)[0] == "denied"
    for data in (b"", b"SQLite format 3\0", b"text\n", lastlog2(("alice", "x"))):
        assert why({**TUMBLEWEED, DATABASE: data})[0] == "broken"


def made(*statements: str) -> bytes:
    with closing(sqlite3.connect(":memory:")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
        return bytes(database.serialize())


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE Other(Name TEXT, Time INTEGER)"],
        ["CREATE TABLE Lastlog2(Name TEXT)"],
        ["CREATE TABLE t(a)", "CREATE VIEW Lastlog2(Name, Time) AS SELECT a, 1 FROM t"],
        ["CREATE VIRTUAL TABLE Lastlog2 USING fts5(Name, Time)"],
        ["CREATE TABLE Lastlog2(Name, Time)", "INSERT INTO Lastlog2 VALUES('a', -1)"],
        ["CREATE TABLE Lastlog2(Name, Time)", "INSERT INTO Lastlog2 VALUES(NULL, 1)"],
        ["CREATE TABLE Lastlog2(Name, Time)", "INSERT INTO Lastlog2 VALUES('a', x'00')"],
    ],
)
def test_only_the_table_that_the_library_makes_is_read(statements: list[str]) -> None:
    with pytest.raises(Unclear):
        parse_lastlog2(made(*statements))


HUGE = "hex(zeroblob(200000000))"


@pytest.mark.parametrize(
    "column",
    [
        f"Name TEXT AS ({HUGE}) VIRTUAL, Time",
        "Name, Time AS (x + 1) STORED",
        "Name, Time, TTY AS (x) VIRTUAL",
    ],
)
def test_a_column_that_is_computed_is_refused(column: str) -> None:
    """A file of 8 KB may compute gigabytes."""
    data = made(f"CREATE TABLE Lastlog2(x, {column})", "INSERT INTO Lastlog2(x) VALUES (1), (2)")
    assert len(data) < 10_000
    with pytest.raises(Unclear, match="computes a column"):
        parse_lastlog2(data)


def test_no_value_is_larger_than_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_HIDDEN", 3)  # not null, which no column here is
    data = made(f"CREATE TABLE Lastlog2(Name AS ({HUGE}), Time)", "INSERT INTO Lastlog2 VALUES(1)")
    with pytest.raises(Unclear, match="cannot be read: string or blob too big"):
        parse_lastlog2(data)


def test_rows_that_share_their_bytes_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default of a column that came later is kept once for every row before it."""
    data = made(
        "CREATE TABLE Lastlog2(Time)",
        *["INSERT INTO Lastlog2 VALUES (1)"] * 50,
        f"ALTER TABLE Lastlog2 ADD COLUMN Name DEFAULT '{'x' * 2000}'",
    )
    with pytest.raises(Unclear, match="more rows than such a file can"):
        parse_lastlog2(data)
    monkeypatch.setattr(sqlite, "_MOST_ROWS", 2)
    assert parse_lastlog2(lastlog2(("alice", 1), ("bob", 2)))
    with pytest.raises(Unclear, match="more rows than such a file can"):
        parse_lastlog2(lastlog2(("alice", 1), ("bob", 2), ("carol", 3)))


def test_a_table_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    data = lastlog2(*((f"user{number}", number + 1) for number in range(500)))
    assert len(parse_lastlog2(data)) == 500
    monkeypatch.setattr(sqlite, "_MOST_STEPS", 500)
    with pytest.raises(Unclear, match="cannot be read: interrupted"):
        parse_lastlog2(data)


GOOD = lastlog2(("alice", 1), ("bob", 2), ("carol", 0))


def test_a_time_of_nought_is_never() -> None:
    assert parse_lastlog2(GOOD) == {"alice": 1, "bob": 2}


@given(
    st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=8),
    st.integers(0, len(GOOD)),
)
@settings(max_examples=150, deadline=None, database=None)
def test_any_damage_is_told_or_harmless(changes: list[tuple[int, int]], end: int) -> None:
    data = bytearray(GOOD)
    for at, value in changes:
        data[at] = value
    with contextlib.suppress(Unclear):
        for name, seconds in parse_lastlog2(bytes(data[: end or len(data)])).items():
            assert isinstance(name, str)
            assert seconds > 0
