"""Real servers on loopback: a few hosts of one inventory, and the ways in which one can fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from linux_reading import NOW
from ssh_servers import AVAILABLE, address, free_port, known_line, new_key, server, silent

from scanner.collect import collect
from scanner.collectors.base import Collector, Target
from scanner.collectors.linux.ssh import client as client_module
from scanner.collectors.linux.ssh.session import open_remote
from scanner.collectors.linux.system.release import host
from scanner.snapshot.read import open_snapshot

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="no OpenSSH server is installed")

SMALL = Collector("linux", "one source", (host,), lambda target: open_remote(target, (host,)))


def test_a_fleet_with_hosts_that_hang_refuse_or_change_their_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "CONNECT_SECONDS", 4)
    mine = new_key(tmp_path / "key")
    with (
        server(tmp_path / "a", mine) as good,
        server(tmp_path / "b", mine) as other,
        silent() as mute,
    ):
        key = good.known.partition(" ")[2].strip()
        lines = [good.known, known_line(other.port, key), known_line(mute, key)]
        (tmp_path / "known").write_text("".join(lines))
        hosts = [f"h{n} {address(n, good.port)}" for n in range(6)]
        hosts.append(f"changed {address(7, other.port)}")
        hosts.append(f"refuses {address(8, free_port())}")
        hosts.append(f"hangs {address(9, mute)}")
        (tmp_path / "hosts").write_text("\n".join(hosts))
        options = {
            "inventory": str(tmp_path / "hosts"),
            "identity": str(tmp_path / "key"),
            "known_hosts": str(tmp_path / "known"),
            "connections": 4,
        }
        folder = tmp_path / "s"
        collect([Target("f", "linux", options)], {"linux": SMALL}, None, folder, now=lambda: NOW)
    snapshot = open_snapshot(folder)
    names = {scope.name: scope.id for target in snapshot.targets for scope in target.scopes}
    assert set(names) == {*(f"h{n}" for n in range(6)), "changed", "refuses", "hangs"}
    whole = {gap.scope: gap.reason for gap in snapshot.gaps.values() if gap.source == "linux.host"}
    assert whole == {
        names["changed"]: "credentials",
        names["refuses"]: "unreachable",
        names["hangs"]: "unreachable",
    }
