"""Networks of wpa_supplicant and iwd: how each is protected, and not a word of what protects it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linux_reading import Read, read
from linux_rhel import RHEL

from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.machine.memory import Node
from scanner.collectors.linux.network.iwd import iwd
from scanner.collectors.linux.network.ssids import ssid_text
from scanner.collectors.linux.network.wpa_supplicant import (
    ANY,
    parse_networks,
    protects,
    wpa_supplicant,
)

CONF = "/etc/wpa_supplicant/wpa_supplicant-wlan0.conf"


def network(*lines: str) -> str:
    return "network={\n" + "".join(f"\t{line}\n" for line in lines) + "}\n"


OFFICE = network('ssid="office"', "key_mgmt=WPA-EAP SAE", 'password="CANARY"')
OPEN = network('ssid="cafe"', "key_mgmt=NONE")


def secure(found: Read) -> dict[str, Any]:
    return {fact.name: fact.secure for fact in found.facts.values()}


@pytest.mark.parametrize(
    ("words", "protected"),
    [
        ("WPA-PSK", True),
        ("WPA-EAP WPA-EAP-SHA256", True),
        ("SAE FT-SAE WPA-PSK", True),
        ("WPA-EAP-SUITE-B-192", True),
        ("NONE", False),
        ("WPA-PSK NONE", False),
        ("IEEE8021X", False),
        ("OWE", False),
        ("WPA-NONE", False),
        ("NONE NEW-WORD", False),
    ],
)
def test_key_management(words: str, protected: bool) -> None:
    text = network('ssid="x"', f"key_mgmt={words}", 'psk="CANARY"')
    (fact,) = read(wpa_supplicant, {CONF: text}).facts.values()
    assert fact.secure is protected
    assert set(fact.value.split()) == set(words.split()) - {"NEW-WORD"}


def test_a_network_that_names_none_has_the_default() -> None:
    (words,) = parse_networks(network('ssid="home"', "psk=" + "a" * 64)).values()
    assert words == {"WPA-PSK", "WPA-EAP"}


def test_a_word_that_is_not_known_is_a_gap_and_not_repeated() -> None:
    found = read(wpa_supplicant, {CONF: network('ssid="x"', "key_mgmt=WPA-PSK CANARY")})
    for field in ("secure", "value"):
        assert found.why(field).reason == "broken"
        assert "CANARY" not in found.why(field).detail
    assert "CANARY" not in repr(found.only)


def test_where_its_files_lie() -> None:
    tree = {
        CONF: "ctrl_interface=DIR=/run/wpa_supplicant GROUP=netdev\nupdate_config=1\n" + OFFICE,
        "/etc/wpa_supplicant.conf": OPEN,
        "/run/netplan/wpa-wlan0.conf": network("ssid=c3a4", "key_mgmt=NONE"),
        "/etc/wpa_supplicant/wpa_supplicant-wired-eth0.conf": network("key_mgmt=NONE"),
    }
    assert secure(read(wpa_supplicant, tree)) == {"office": True, "cafe": False, "ä": False}
    assert secure(read(wpa_supplicant, tree, live=False)) == {"office": True, "cafe": False}
    assert read(wpa_supplicant, RHEL).facts == {}


def test_blocks_comments_and_quotes() -> None:
    text = (
        '# network={\n#ssid="no"\n  country=US # here\ncred={\n  realm="x"\n}\n'
        "blob-base64-key={\nQ0FO # not a comment\n}\n"
        + network('ssid="a # b"', "# key_mgmt=NONE", "key_mgmt=SAE # best", 'psk="x"')
        + network('ssid="q"q"', "key_mgmt=SAE")
        + network('ssid=P"tab\\t"', "key_mgmt=SAE")
        + network("ssid=00ff", "key_mgmt=SAE")
        + network("key_mgmt=NONE")
    )
    assert list(parse_networks(text)) == ["a # b", 'q"q', "tab\\t", "00ff", ANY]
    assert parse_networks(text)["a # b"] == {"SAE"}
    assert secure(read(wpa_supplicant, {CONF: text}))[ANY] is False


def test_two_blocks_of_one_name_are_one_network_with_both_ways() -> None:
    text = network('ssid="x"', "key_mgmt=SAE") + network('ssid="x"', "key_mgmt=NONE")
    assert secure(read(wpa_supplicant, {CONF: text})) == {"x": False}


def test_wired_authentication_is_no_wireless_network() -> None:
    wired = network("key_mgmt=IEEE8021X", "eap=TLS")
    assert parse_networks("ap_scan=0\n" + wired) == {}
    assert parse_networks(wired) == {ANY: {"IEEE8021X"}}


@pytest.mark.parametrize(
    "text",
    [
        'network={\nssid="CANARY"\n',
        network("CANARY"),
        network("ssid=CANARY"),
        network('ssid="CANARY' + "x" * 40 + '"'),
        network('ssid=""'),
        network('ssid="x"', "key_mgmt="),
    ],
)
def test_a_file_that_is_not_understood_is_a_gap_that_repeats_none_of_it(text: str) -> None:
    found = read(wpa_supplicant, {CONF: text, "/etc/wpa_supplicant/a.conf": OPEN})
    assert found.listing is not None
    assert found.listing.reason == "broken"
    assert "CANARY" not in found.listing.detail
    assert secure(found) == {"cafe": False}


def test_a_file_for_root_alone_is_a_gap() -> None:
    found = read(wpa_supplicant, {CONF: Node(b"x", refused=True)})
    assert found.listing is not None
    assert found.listing.reason == "denied"
    assert found.listing.permission is not None


SAMPLE = OFFICE + OPEN + "blob-base64-x={\nQQ==\n}\n"


@given(
    st.one_of(
        st.text(max_size=100),
        st.builds(
            lambda at, cut, new: SAMPLE[:at] + new + SAMPLE[at + cut :],
            st.integers(0, len(SAMPLE)),
            st.integers(0, 30),
            st.sampled_from(["", "\n", '"', "#", "=", "{", "}", "\n}\n", "\x00", "\udc80", "é"]),
        ),
    )
)
def test_any_text_is_understood_or_refused(text: str) -> None:
    said = ""
    found = {}
    try:
        found = parse_networks(text)
    except Unclear as error:
        said = str(error)
    assert "CANARY" not in said
    for name, words in found.items():
        assert len(name) <= 64
        assert name.isprintable()
        assert "NONE" not in words or protects(words) is False


@given(st.binary(min_size=1, max_size=32))
def test_any_name_can_be_written(name: bytes) -> None:
    assert ssid_text(name).isprintable()
    ssid_text(name).encode()


def test_iwd_tells_by_the_names_of_its_files() -> None:
    files = {
        f"/var/lib/iwd/{name}": Node(b"CANARY", refused=True)  # nothing opens them
        for name in (
            "office.8021x",
            "home net.psk",
            "cafe.open",
            "=c3a4.psk",
            "=zz.psk",
            "x" * 33 + ".psk",
            "tëa.open",
            ".known_network.freq",
            "hotspot.conf",
        )
    }
    found = read(iwd, files)
    assert secure(found) == {
        "office": True,
        "home net": True,
        "cafe": False,
        "ä": True,
        "tëa": False,
    }
    assert found["wifi/iwd/cafe.open"].value == "open"
    assert read(iwd, RHEL).facts == {}


def test_a_folder_of_iwd_that_only_root_may_list_is_a_gap() -> None:
    closed = read(iwd, {"/var/lib/iwd": Node(folder=True, refused=True)})
    assert closed.listing is not None
    assert (closed.listing.reason, closed.facts) == ("denied", {})


def test_a_name_that_is_no_text_can_be_written() -> None:
    found = read(iwd, {"/var/lib/iwd/caf\udce9.open": Node(b"")})
    (fact,) = found.facts.values()
    assert (fact.name, fact.subject.rpartition("/")[2]) == ("636166e9", "636166e92e6f70656e")
