# ruff: noqa: E501 - what a tool prints stays one line
"""Missing updates and repositories, from what each family's tools print."""

from __future__ import annotations

import struct

import pytest
from linux_debian import DEBIAN, DEBIAN_ANSWERS
from linux_reading import NOW_SECONDS, read, said
from linux_rhel import RHEL, RHEL_ANSWERS

from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.machine.memory import Node
from scanner.collectors.linux.software.apt_conf import apt_setting
from scanner.collectors.linux.software.missing import (
    Missing,
    parse_apt,
    parse_updateinfo,
    parse_zypper,
)
from scanner.collectors.linux.software.packages import (
    parse_apk,
    parse_dpkg,
    parse_rpm_database,
    parse_rpm_header,
)
from scanner.collectors.linux.software.patches import APT, patches
from scanner.collectors.linux.software.repositories import package_sources
from scanner.collectors.linux.software.repository_files import (
    Repository,
    parse_deb822_sources,
    parse_repo_file,
    parse_sources_list,
)
from scanner.collectors.linux.software.software import packages


def test_apt() -> None:
    text = (
        "Listing...\n"
        "openssl/oldstable-security 3.0.20-1 amd64 [upgradable from: 3.0.19-1]\n"
        "bash/oldstable 5.2.15-2+b13 amd64 [upgradable from: 5.2.15-2+b8]\n"
        "N: There is 1 additional version.\n"
    )
    assert parse_apt(text) == Missing(2, 1)
    with pytest.raises(Unclear):
        parse_apt("Abbruch!\n")


def test_lists_that_were_never_fetched_tell_nothing() -> None:
    tree = {k: v for k, v in DEBIAN.items() if not k.startswith("/var/lib/apt")}
    found = read(patches, tree, DEBIAN_ANSWERS)
    assert found.why("missing").reason == "not-supported"
    assert found.only.last_scan_days is None
    refused = {**DEBIAN_ANSWERS, tuple(APT.removeprefix("run:").split()): said("", 100, "E: x")}
    assert read(patches, DEBIAN, refused).why("critical_missing").reason == "broken"


def test_dnf_and_zypper() -> None:
    text = (
        "RHSA-2026:1 Important/Sec. openssl-libs-1:3.0.7-28.el9.x86_64\n"
        "RHSA-2026:2 Moderate/Sec.  openssl-libs-1:3.0.7-28.el9.x86_64\n"
        "RHBA-2026:3 bugfix         bash-5.1.8-10.el9.x86_64\n"
    )
    assert parse_updateinfo(text) == Missing(2, 1)
    table = (
        "Repository | Name      | Category    | Severity | Interactive | Status | Summary\n"
        "-----------+-----------+-------------+----------+-------------+--------+--------\n"
        "SLE        | SUSE-2026 | security    | critical | ---         | needed | x\n"
        "SLE        | SUSE-2027 | recommended | low      | ---         | needed | y\n"
    )
    assert parse_zypper(table) == Missing(2, 1)
    assert parse_zypper("No updates found.\n") == Missing(0, 0)
    with pytest.raises(Unclear):
        parse_zypper("Problem: no repositories\n")


def test_apt_settings_in_their_forms() -> None:
    blocks = 'APT { Periodic { Unattended-Upgrade "1"; }; };'
    assert apt_setting([blocks], "APT::Periodic::Unattended-Upgrade") == "1"
    later = 'APT::Periodic::Unattended-Upgrade "0"; // off'
    assert apt_setting([blocks, later], "APT::Periodic::Unattended-Upgrade") == "0"
    assert apt_setting(['// APT::X "1";\n# APT::X "2";\n'], "APT::X") is None


def test_automatic_needs_package_setting_and_timer() -> None:
    assert read(patches, DEBIAN, DEBIAN_ANSWERS).only.automatic is True
    for gone in (
        "/etc/apt/apt.conf.d/20auto-upgrades",
        "/etc/systemd/system/timers.target.wants/apt-daily-upgrade.timer",
    ):
        tree = {k: v for k, v in DEBIAN.items() if k != gone}
        assert read(patches, tree, DEBIAN_ANSWERS).only.automatic is False


def test_repositories_and_their_signatures() -> None:
    assert parse_sources_list(
        "deb [arch=amd64 trusted=yes] https://u:p@h/d s main\ndeb-src http://h s x\n"
    ) == [Repository("https://h/d s", "https://h/d", True, False)]
    text = "Types: deb\nURIs: http://a\n http://b\nSuites: s t\nEnabled: no\n\n# c\nTypes: deb-src\nURIs: http://c\nSuites: s\n"
    assert [(r.id, r.enabled) for r in parse_deb822_sources(text)] == [
        (f"http://{h} {s}", False) for h in "ab" for s in "st"
    ]
    assert [
        r.checked for r in parse_repo_file("[a]\n[b]\ngpgcheck=no\n[c]\ngpgcheck=1\nx=y\n", True)
    ] == [False, True]
    lax = {**DEBIAN, "/etc/apt/apt.conf": 'APT::Get::AllowUnauthenticated "true";\n'}
    assert [f.signature_checked for f in read(package_sources, lax).facts.values()] == [False]
    unsure = {k: v for k, v in RHEL.items() if k != "/etc/dnf/dnf.conf"}
    unsure["/etc/yum.repos.d/redhat.repo"] = "[r]\nbaseurl=http://x\n"
    assert read(package_sources, unsure).only.signature_checked is False


def test_package_databases() -> None:
    (only,) = parse_dpkg(
        "Package: a\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: b\nVersion: 2\n"
    )
    assert (only.name, only.version) == ("b", "2")
    assert [p.name for p in parse_apk("P:musl\nV:1\n\nF:etc\n\nP:zlib\nV:2\n")] == ["musl", "zlib"]
    found = read(packages, RHEL, RHEL_ANSWERS)
    assert found["package/audit"].publisher == "Red Hat, Inc."
    assert read(packages, {}).listing is not None


def header(**values: str | int) -> bytes:
    """An rpm header with these tags, as the database holds it."""
    tags = {
        "name": 1000,
        "version": 1001,
        "release": 1002,
        "epoch": 1003,
        "at": 1008,
        "vendor": 1011,
    }
    index, store = b"", b""
    for name, value in values.items():
        if isinstance(value, int):
            store += b"\0" * (-len(store) % 4)
            index += struct.pack(">IIiI", tags[name], 4, len(store), 1)
            store += struct.pack(">I", value)
        else:
            index += struct.pack(">IIiI", tags[name], 6, len(store), 1)
            store += value.encode() + b"\0"
    return struct.pack(">II", len(values), len(store)) + index + store


def database(*blobs: bytes) -> bytes:
    import sqlite3

    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(b,) for b in blobs])
    connection.commit()
    data = connection.serialize()
    connection.close()
    return data[:18] + b"\2\2" + data[20:]  # as rpm writes it, with a log ahead


def test_an_rpm_database_is_read_without_rpm() -> None:
    bash = header(name="bash", version="5.1.8", release="9.el9", at=NOW_SECONDS, vendor="Red Hat")
    ssl = header(name="openssl-libs", epoch=1, version="3.0.7", release="27.el9")
    key = header(name="gpg-pubkey", version="1", release="2")
    found = parse_rpm_database(database(bash, ssl, key))
    assert [(p.name, p.version, p.publisher) for p in found] == [
        ("bash", "5.1.8-9.el9", "Red Hat"),
        ("openssl-libs", "1:3.0.7-27.el9", None),
    ]
    tree = {"/var/lib/rpm/rpmdb.sqlite": Node(database(bash))}
    assert read(packages, tree, live=False)["package/bash"].version == "5.1.8-9.el9"
    old = read(packages, {"/var/lib/rpm/Packages": Node(b"x")}, live=False)
    assert old.listing is not None
    assert old.listing.reason == "not-supported"
    for broken in (b"", b"SQLite format 3\0", header(name="x")):
        with pytest.raises(Unclear):
            parse_rpm_database(broken)
    with pytest.raises(Unclear):
        parse_rpm_header(bash[:20])
