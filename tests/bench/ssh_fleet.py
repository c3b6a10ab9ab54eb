"""A fleet over SSH: python tests/bench/ssh_fleet.py [hosts] [seconds] [MiB]

Loopback servers stand for the hosts, so what they do themselves is paid on this machine's
processors too. Their apt finds no package lists, or 200 of them would be what is measured. Three
more hosts hang, refuse and have another key.
Ends with 1 where it takes longer or more memory than asked (default: 200 hosts, 90 s, 200 MiB).
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "collectors" / "linux" / "ssh"))

from ssh_servers import address, free_port, known_line, new_key, server, silent

from scanner.cli.steps import all_rules, collected
from scanner.collectors.base import Target
from scanner.config import Config
from scanner.snapshot.read import open_snapshot

SPOILT = ("changed", "refuses", "hangs")


def main(hosts: int = 200, seconds: int = 90, mebibytes: int = 200) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_DATA_HOME"] = str(folder / "data")
        mine = new_key(folder / "key")
        (folder / "apt.conf").write_text(f'Dir::State::Lists "{folder}/none";')
        quick = f"SetEnv APT_CONFIG={folder}/apt.conf\n"
        with (
            server(folder / "a", mine, options=quick) as good,
            server(folder / "b", mine) as other,
            silent() as mute,
        ):
            key = good.known.partition(" ")[2].strip()
            known = [good.known, known_line(other.port, key), known_line(mute, key)]
            (folder / "known").write_text("".join(known))
            lines = [f"h{n:03} {address(n, good.port)}" for n in range(hosts)]
            lines[10:10] = [
                f"changed {address(hosts, other.port)}",
                f"refuses {address(hosts, free_port())}",
                f"hangs {address(hosts, mute)}",
            ]
            (folder / "hosts").write_text("\n".join(lines))
            options = {
                "inventory": str(folder / "hosts"),
                "identity": str(folder / "key"),
                "known_hosts": str(folder / "known"),
            }
            target = Target("fleet", "linux", options)
            rules = list(all_rules(()))
            begun = time.monotonic()
            config = Config(None, "", 2, (target,))
            collected(config, rules, folder / "snapshot", quiet=True)
            took = time.monotonic() - begun
        snapshot = open_snapshot(folder / "snapshot")
        named = {s.id: s.name for t in snapshot.targets for s in t.scopes}
        spoilt = {
            named[gap.scope]
            for gap in snapshot.gaps.values()
            if gap.reason in ("unreachable", "credentials")
        }
        facts = sum(item.facts for _, item in snapshot.files)
    own = resource.getrusage(resource.RUSAGE_SELF)
    peak = own.ru_maxrss // 1024
    print(
        f"{len(named)} hosts, {facts} facts in {took:.1f} s; this process: "
        f"{own.ru_utime + own.ru_stime:.1f} s of processor, {peak} MiB at most; "
        f"gaps whole: {', '.join(sorted(spoilt))}"
    )
    assert len(named) == hosts + len(SPOILT)
    assert spoilt == set(SPOILT)
    return int(took > seconds or peak > mebibytes)


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
