"""Files in several folders: which of them count, in which order, and what hides them."""

from __future__ import annotations

import pytest
from linux_reading import read

from scanner.collectors.linux.machine.memory import Node
from scanner.collectors.linux.sign_in.sessions import login_sessions
from scanner.collectors.linux.system.hardening import kernel_settings, parse_sysctl
from scanner.collectors.linux.system.media import removable_media

KERNEL = "kernel.kptr_restrict"
NULL = {"/dev/null": Node(special=True)}


def persistent(tree: dict[str, object], name: str = KERNEL) -> object:
    return read(kernel_settings, tree)[f"sysctl/{name}"].persistent_value


@pytest.mark.parametrize("live", [True, False])
def test_a_link_to_nothing_hides_a_file(live: bool) -> None:
    tree = {
        **NULL,
        "/usr/lib/systemd/systemd-logind": "",
        "/usr/lib/systemd/logind.conf.d/50.conf": "[Login]\nIdleAction=lock\n",
        "/etc/systemd/logind.conf.d/50.conf": "-> /dev/null",
    }
    assert read(login_sessions, tree, live=live).only.lock_minutes is None
    del tree["/etc/systemd/logind.conf.d/50.conf"]
    assert read(login_sessions, tree, live=live).only.lock_minutes == 30


def test_a_barred_module_may_be_set_free_again() -> None:
    tree = {
        **NULL,
        "/usr/lib/modprobe.d/usb.conf": "install usb-storage /bin/false\n",
        "/proc/sys/kernel/osrelease": "6.1\n",
    }
    assert read(removable_media, tree).only.removable == "blocked"
    hidden = {**tree, "/etc/modprobe.d/usb.conf": "-> /dev/null"}
    assert read(removable_media, hidden).only.removable == "allowed"
    for folder in ("/run", "/usr/local/lib"):
        other = {f"{folder}/modprobe.d/a.conf": "install usb_storage /bin/false\n"}
        assert read(removable_media, {**tree, **other}).only.removable == "blocked"


def test_sysctl_conf_counts_where_it_is_read() -> None:
    tree = {
        "/usr/lib/systemd/systemd-sysctl": "",
        "/etc/sysctl.conf": f"{KERNEL} = 0\n",
        "/etc/sysctl.d/50.conf": f"{KERNEL} = 1\n",
    }
    assert persistent(tree) == "1"  # nothing leads to it
    linked = {**tree, "/etc/sysctl.d/99-sysctl.conf": "-> ../sysctl.conf"}
    assert persistent(linked) == "0"
    assert persistent({**linked, "/usr/lib/sysctl.d/99-z.conf": f"{KERNEL} = 2\n"}) == "2"
    del tree["/usr/lib/systemd/systemd-sysctl"]
    assert persistent(tree) == "0"  # procps reads it last


def test_patterns_set_what_no_line_names() -> None:
    found = parse_sysctl(
        ["net.ipv4.conf.*.rp_filter = 2\n-net.ipv4.conf.all.rp_filter\n", "kernel/sysrq=0\n"]
    )
    assert found.get("net.ipv4.conf.default.rp_filter") == "2"
    assert found.get("net.ipv4.conf.all.rp_filter") is None
    assert found.get("net.ipv4.conf.eth0.x.rp_filter") is None
    assert found.get("kernel.sysrq") == "0"
    earlier = parse_sysctl(["net.ipv4.conf.all.rp_filter = 1\nnet.ipv4.conf.*.rp_filter = 0\n"])
    assert earlier.get("net.ipv4.conf.all.rp_filter") == "1"
