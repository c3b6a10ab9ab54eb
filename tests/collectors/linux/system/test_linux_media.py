"""USB storage: USBGuard lets in what its rules let in, whatever it does with the rest."""

from __future__ import annotations

import pytest
from linux_reading import read

from scanner.collectors.linux.system.media import lets_storage_in, removable_media

GUARD = {
    "/usr/sbin/usbguard-daemon": "",
    "/proc/9/comm": "usbguard-daemon\n",
    "/etc/usbguard/usbguard-daemon.conf": "ImplicitPolicyTarget=block\n",
}


@pytest.mark.parametrize(
    ("rule", "open_to_all"),
    [
        ("allow", True),
        ("allow with-interface equals { 08:06:50 }", True),
        ("allow with-interface 08:*:*", True),
        ("allow with-interface one-of { 03:00:01 03:01:01 }", False),
        ('allow id 1d6b:0002 serial "0000" name "xHCI"', False),
        ("allow 1050:0407", False),
        ("allow id *:* with-interface 08:06:50", True),
        ('allow hash "abc=" with-interface 08:06:50', False),
        ("block with-interface 08:*:*", False),
        ("reject", False),
    ],
)
def test_rules_that_let_storage_in(rule: str, open_to_all: bool) -> None:
    assert lets_storage_in(rule) is open_to_all


def test_a_rule_for_everything_undoes_the_guard() -> None:
    assert read(removable_media, GUARD).only.unowned_blocked is True
    for path in ("/etc/usbguard/rules.conf", "/etc/usbguard/rules.d/50.conf"):
        everything = {**GUARD, path: "# all\nallow\n"}
        assert read(removable_media, everything).only.unowned_blocked is False
    known = {**GUARD, "/etc/usbguard/rules.conf": 'allow id 1d6b:0002 serial "1"\n'}
    assert read(removable_media, known).only.unowned_blocked is True
