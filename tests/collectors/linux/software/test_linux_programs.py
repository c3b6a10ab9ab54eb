"""Which programs may run, and who looks for bad ones."""

from __future__ import annotations

import pytest
from linux_reading import NOW_SECONDS, read
from linux_rhel import RHEL

from scanner.collectors.linux.host import Unclear
from scanner.collectors.linux.machine.memory import Node
from scanner.collectors.linux.software.malware import malware_protection
from scanner.collectors.linux.software.software import (
    allow_list,
    denies_by_default,
    parse_fapolicyd,
)


def test_an_allow_list_has_to_end_in_a_refusal() -> None:
    well = "allow perm=any uid=0 : all\nallow perm=open all : all\ndeny perm=any all : all\n"
    assert denies_by_default(parse_fapolicyd(well))
    assert not denies_by_default(parse_fapolicyd(well.replace("deny perm=any all : all\n", "")))
    assert not denies_by_default(parse_fapolicyd("allow perm=any all : all\n" + well))
    with pytest.raises(Unclear):
        parse_fapolicyd("permit all : all\n")
    off = {**RHEL, "/proc/800/comm": "x\n"}
    assert read(allow_list, off).only.enforced is False
    none = {k: v for k, v in RHEL.items() if "fapolicyd" not in k}
    assert read(allow_list, none).only.mode == "none"


def test_other_engines_keep_their_state_to_themselves() -> None:
    tree = {**RHEL, "/opt/CrowdStrike": None, "/proc/900/comm": "falcon-sensor\n"}
    found = read(malware_protection, tree)
    assert (found.only.engine, found.only.active) == ("crowdstrike", True)
    assert found.why("signature_age_days").reason == "not-supported"
    old = {**RHEL, "/var/lib/clamav/daily.cvd": Node(b"", mtime=NOW_SECONDS - 9 * 86400)}
    assert read(malware_protection, old).only.signature_age_days == 9
