"""Whole hosts of each family, set up well: nothing fails, and less insight contradicts nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from linux_judged import judged, judged_machine
from linux_reading import nodes, said
from linux_trees import FAMILIES

from scanner.collectors.linux.machine.memory import Memory
from scanner.collectors.linux.machine.once import Once

NOT_WELL = {
    # What a well-kept host of a family still cannot have, or does not have in these trees.
    "audit-records-leave-the-host": "fail",
    "crypto-module-validated": None,
    "fips-mode-on": None,
    "log-retention-meets-policy": None,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_well_kept_host_fails_nothing(family: str, tmp_path: Path) -> None:
    tree, answers = FAMILIES[family]
    found = judged(tree, answers, tmp_path / "s")
    wrong = {
        key: (f.verdict, f.message, f.gap)
        for key, f in found.items()
        if key[0] not in NOT_WELL
        and f.verdict not in ("pass", "not-applicable")
        # Rules for other kinds of target ask for statements, or for sources, of their own.
        and f.reason not in ("no-source", "not-declared")
    }
    if family in ("suse", "tumbleweed"):  # YaST's own automatic update is not read
        wrong.pop(("updates-install-by-themselves", ""), None)
    assert not wrong
    passed = {rule for (rule, _), f in found.items() if f.verdict == "pass"}
    assert len(passed) > 60


def test_a_mounted_root_never_contradicts_the_running_host(tmp_path: Path) -> None:
    for family, (tree, answers) in FAMILIES.items():
        live = judged(tree, answers, tmp_path / f"{family}-live")
        files = judged(tree, {}, tmp_path / f"{family}-files", live=False)
        for key, finding in files.items():
            if finding.verdict in ("pass", "fail") and key in live:
                assert live[key].verdict == finding.verdict, (family, key, finding.message)


def test_what_only_root_may_read_leaves_unknown_and_nothing_else(tmp_path: Path) -> None:
    guarded = ("/etc/shadow", "/etc/sudoers", "/var/log/audit", "/etc/audit", "/etc/fapolicyd")
    for family, (tree, answers) in FAMILIES.items():
        all_of = judged(tree, answers, tmp_path / f"{family}-root")
        kept = {
            path: replace(node, refused=True) if path.startswith((*guarded, "/home")) else node
            for path, node in nodes(tree).items()
        }
        asked = {
            argv: said("", 1, "Operation not permitted")
            if argv[0] in ("nft", "auditctl", "sshd")
            else answer
            for argv, answer in answers.items()
        }
        machine = Once(Memory(kept, live=True, answers=asked))
        found = judged_machine(machine, tmp_path / family)
        lacking = 0
        for key, finding in found.items():
            if finding.verdict in ("pass", "fail") and key in all_of:
                assert all_of[key].verdict == finding.verdict, (family, key)
            if finding.verdict == "unknown" and finding.gap is not None:
                lacking += (finding.gap.permission or "").startswith("root")
        assert lacking > 10, family
