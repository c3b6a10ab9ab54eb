"""Files of package managers that count, and settings that undo others."""

from __future__ import annotations

from typing import Any

from linux_debian import DEBIAN, DEBIAN_ANSWERS
from linux_reading import read
from linux_rhel import RHEL, RHEL_ANSWERS

from scanner.collectors.linux.software.patches import patches
from scanner.collectors.linux.software.repositories import package_sources
from scanner.collectors.linux.software.repository_files import (
    parse_deb822_sources,
    parse_sources_list,
)

OFF = 'APT::Periodic::Unattended-Upgrade "0";\n'


def automatic(**files: Any) -> object:
    return read(patches, {**DEBIAN, **files}, DEBIAN_ANSWERS).only.automatic


def test_parts_of_apt_count_by_their_names() -> None:
    assert automatic() is True
    for name in ("99off", "99-off.conf"):
        assert automatic(**{f"/etc/apt/apt.conf.d/{name}": OFF}) is False
    for name in ("99off.ucf-dist", "99off.disabled", "99off.conf.bak", "99 off", "99off~"):
        assert automatic(**{f"/etc/apt/apt.conf.d/{name}": OFF}) is True
    lax = {**DEBIAN, "/etc/apt/apt.conf.d/x.old": 'APT::Get::AllowUnauthenticated "true";'}
    assert read(package_sources, lax).only.signature_checked is True


def test_the_switch_for_all_periodic_work_counts() -> None:
    assert automatic(**{"/etc/apt/apt.conf.d/99": 'APT::Periodic::Enable "0";\n'}) is False
    assert automatic(**{"/etc/apt/apt.conf.d/99": 'APT::Periodic::Enable "1";\n'}) is True


def test_each_timer_of_dnf_has_a_file_of_its_own() -> None:
    wants = "/etc/systemd/system/timers.target.wants"
    tree = {k: v for k, v in RHEL.items() if "dnf-automatic" not in k}
    tree[f"{wants}/dnf5-automatic.timer"] = "-> /usr/lib/systemd/system/dnf5-automatic.timer"
    yes, no = ("[commands]\napply_updates = yes\n", "[commands]\napply_updates = no\n")

    def installs(**files: str) -> object:
        return read(patches, {**tree, **files}, RHEL_ANSWERS).only.automatic

    vendor, own = (f"{top}/dnf5-plugins/automatic.conf" for top in ("/usr/share/dnf5", "/etc/dnf"))
    assert installs() is False
    assert installs(**{"/etc/dnf/automatic.conf": yes}) is False
    assert installs(**{own: yes}) is True
    assert installs(**{vendor: yes}) is True
    assert installs(**{vendor: yes, own: no}) is False


def test_a_repository_may_be_spared_its_signature_in_two_ways() -> None:
    for word in ("trusted", "allow-insecure"):
        (line,) = parse_sources_list(f"deb [arch=amd64 {word}=yes] http://x.example/ s main\n")
        assert line.checked is False
        text = f"Types: deb\nURIs: http://x.example/\nSuites: s\n{word}: yes\n"
        (paragraph,) = parse_deb822_sources(text)
        assert paragraph.checked is False
