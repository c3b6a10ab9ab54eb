# ruff: noqa: E501
"""Wireless profiles and host keys: how they are protected, never what protects them."""

from __future__ import annotations

from linux_reading import read
from linux_rhel import RHEL

from scanner.collectors.linux.machine.memory import Node
from scanner.collectors.linux.network.wireless import host_keys, wireless

FOLDER = "/etc/NetworkManager/system-connections"


def test_wireless_profiles() -> None:
    tree = {
        f"{FOLDER}/office.nmconnection": "[connection]\ntype=wifi\n[wifi-security]\nkey-mgmt=wpa-eap\n",
        f"{FOLDER}/cafe.nmconnection": "[connection]\ntype=wifi\n",
        f"{FOLDER}/old.nmconnection": "[connection]\ntype=wifi\n[wifi-security]\nkey-mgmt=none\n",
        f"{FOLDER}/wire.nmconnection": "[connection]\ntype=ethernet\n",
    }
    found = read(wireless, tree)
    secure = {key: fact.secure for key, fact in found.facts.items()}
    assert secure == {"wifi/cafe": False, "wifi/office": True, "wifi/old": False}
    assert found["wifi/cafe"].value is None
    locked = {f"{FOLDER}/office.nmconnection": Node(b"x", refused=True)}
    refused = read(wireless, locked).listing
    assert refused is not None
    assert refused.reason == "denied"


def test_profiles_that_netplan_has_written() -> None:
    run, name = "/run/NetworkManager/system-connections", "netplan-wlan0-cafe.nmconnection"
    tree = {f"{run}/{name}": "[connection]\ntype=wifi\n"}
    assert read(wireless, tree).only.secure is False
    assert read(wireless, tree, live=False).facts == {}
    hidden = {**tree, f"{FOLDER}/{name}": "-> /dev/null"}
    assert read(wireless, hidden).facts == {}


def test_a_profile_whose_name_is_no_text_hides_no_other() -> None:
    tree = {
        f"{FOLDER}/caf\udce9.nmconnection": "[connection]\ntype=wifi\n",
        f"{FOLDER}/x.nmconnection": "[connection]\ntype=wifi\n",
    }
    assert set(read(wireless, tree).facts) == {"wifi/636166e9", "wifi/x"}


def test_host_keys_by_name() -> None:
    tree = {**RHEL, "/etc/ssh/ssh_host_rsa_key.pub": "x", "/etc/ssh/ssh_host_rsa_key": "CANARY"}
    assert list(read(host_keys, tree).facts) == ["key/ssh_host_rsa_key"]
    assert read(host_keys, {"/etc/ssh/ssh_host_rsa_key.pub": "x"}).facts == {}
