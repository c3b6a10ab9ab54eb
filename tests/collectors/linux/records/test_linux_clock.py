"""Whom the clock asks: the servers of the files that chronyd really reads."""

from __future__ import annotations

from linux_reading import read
from linux_rhel import RHEL, RHEL_ANSWERS

from scanner.collectors.linux.records.clock import clock


def servers(**files: str) -> object:
    tree = {**RHEL, **files}
    return read(clock, tree, RHEL_ANSWERS).only.servers


def test_a_folder_counts_where_the_file_names_it() -> None:
    part = {"/etc/chrony.d/a.conf": "server 10.9.9.9\n"}
    assert servers(**part) == ("10.0.0.1", "10.0.0.2")
    named = {**part, "/etc/chrony.conf": "server 10.0.0.1\ninclude /etc/chrony.d/*.conf\n"}
    assert servers(**named) == ("10.0.0.1", "10.9.9.9")


def test_servers_that_dhcp_has_given_are_asked_too() -> None:
    tree = {
        "/etc/chrony.conf": "server 10.0.0.1\nsourcedir /run/chrony-dhcp\n",
        "/run/chrony-dhcp/eth0.sources": "server 192.0.2.7 iburst\n",
        "/run/chrony-dhcp/README": "server 192.0.2.8\n",
    }
    assert servers(**tree) == ("10.0.0.1", "192.0.2.7")


def test_an_earlier_folder_hides_a_file_of_the_same_name() -> None:
    tree = {
        "/etc/chrony.conf": "confdir /etc/chrony/conf.d /run/chrony.d\n",
        "/etc/chrony/conf.d/a.conf": "server 10.0.0.1\n",
        "/run/chrony.d/a.conf": "server 10.0.0.2\n",
        "/run/chrony.d/b.conf": "pool 10.0.0.3\n",
    }
    assert servers(**tree) == ("10.0.0.1", "10.0.0.3")


def test_a_file_elsewhere_is_not_passed_over() -> None:
    for line in ("include /srv/chrony.conf", "confdir /srv/chrony", "sourcedir /srv/x"):
        tree = {**RHEL, "/etc/chrony.conf": f"server 10.0.0.1\n{line}\n"}
        found = read(clock, tree, RHEL_ANSWERS)
        assert "not read here" in found.why("servers").detail
