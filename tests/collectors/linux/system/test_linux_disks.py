"""Disks through their layers."""

from __future__ import annotations

from linux_reading import read
from linux_rhel import RHEL

from scanner.collectors.linux.system.disks import disks


def test_disks_through_their_layers() -> None:
    tree = {
        **RHEL,
        "/sys/class/block/dm-0/dm/uuid": "LVM-x\n",
        "/sys/class/block/dm-0/slaves/dm-1": "",
        "/sys/class/block/dm-1/dm/uuid": "CRYPT-LUKS1-x\n",
        "/proc/swaps": "Filename Type Size Used Priority\n/dev/dm-2 partition 1 0 -2\n",
        "/sys/class/block/dm-2/dm/uuid": "CRYPT-PLAIN-swap\n",
    }
    found = read(disks, tree)
    assert found["disk/"].encrypted is True
    assert found["disk/boot"].encrypted is False
    assert found["swap/dm-2"].encrypted is False
    overlay = {**RHEL, "/proc/self/mountinfo": "1 0 0:9 / / rw - overlay overlay rw\n"}
    assert read(disks, overlay).why("encrypted").reason == "not-supported"
