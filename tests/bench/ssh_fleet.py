"""A fleet over SSH: python tests/bench/ssh_fleet.py [hosts] [seconds] [MiB] [inventory|targets]

Loopback servers stand for the hosts, so what they do themselves is paid on this machine's
processors too; the shares are printed. Their apt finds no package lists, and their shells leave
out the start files of this machine's account, or 200 of these would be what is measured. Three
more hosts hang, refuse and have another key. With `targets` each host is a target of its own.
Ends with 1 where it takes longer or more memory than asked (default: 200 hosts, 90 s, 200 MiB).
"""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "collectors" / "linux" / "ssh"))

from ssh_servers import address, free_port, known_line, new_key, server, silent

from scanner.cli.steps import all_rules, collected
from scanner.collectors.base import Target
from scanner.collectors.linux import COLLECTOR
from scanner.collectors.linux.ssh import client, session
from scanner.collectors.linux.ssh.script import operations, script
from scanner.config import Config
from scanner.snapshot.read import open_snapshot

SPOILT = ("changed", "refuses", "hangs")


def processor(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def processes_of_the_script() -> int:
    """How many processes one host starts for its answer: the least of five counts, since other
    programs of this machine are counted with them."""

    def started() -> int:
        text = Path("/proc/stat").read_text()
        return int(text.partition("\nprocesses ")[2].split()[0])

    text, counts = script(tuple(operations(COLLECTOR.sources))), []
    for _ in range(5):
        before = started()
        subprocess.run(["/bin/sh", "-s"], input=text.encode(), stdout=subprocess.DEVNULL)
        counts.append(started() - before)
    return min(counts)


class Counted:
    """Calls of a function: how many there were, and how many at once."""

    def __init__(self, real: Any) -> None:
        self.real, self.lock = real, threading.Lock()
        self.calls = self.now = self.most = 0

    def __call__(self, *args: Any, **options: Any) -> Any:
        with self.lock:
            self.calls, self.now = self.calls + 1, self.now + 1
            self.most = max(self.most, self.now)
        try:
            return self.real(*args, **options)
        finally:
            with self.lock:
                self.now -= 1


def targets_of(kind: str, addresses: dict[str, str], folder: Path) -> tuple[Target, ...]:
    options = {"identity": str(folder / "key"), "known_hosts": str(folder / "known")}
    if kind == "targets":
        return tuple(Target(n, "linux", {"ssh": at, **options}) for n, at in addresses.items())
    (folder / "hosts").write_text("".join(f"{n} {at}\n" for n, at in addresses.items()))
    return (Target("fleet", "linux", {"inventory": str(folder / "hosts"), **options}),)


def main(hosts: int = 200, seconds: int = 90, mebibytes: int = 200, kind: str = "inventory") -> int:
    gc.set_threshold(50_000, 20, 50)  # as the command does
    programs = processes_of_the_script()
    client.run_raw = connections = Counted(client.run_raw)
    session.fetch = fetched = Counted(session.fetch)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_DATA_HOME"] = str(folder / "data")
        mine = new_key(folder / "key")
        (folder / "apt.conf").write_text(f'Dir::State::Lists "{folder}/none";')
        # bash reads the start files of an account over SSH where its SHLVL is the first.
        quick = f"SetEnv APT_CONFIG={folder}/apt.conf SHLVL=2\n"
        with (
            server(folder / "a", mine, options=quick) as good,
            server(folder / "b", mine) as other,
            silent() as mute,
        ):
            key = good.known.partition(" ")[2].strip()
            known = [good.known, known_line(other.port, key), known_line(mute, key)]
            (folder / "known").write_text("".join(known))
            named = [(f"h{n:03}", address(n, good.port)) for n in range(hosts)]
            named[10:10] = [
                ("changed", address(hosts, other.port)),
                ("refuses", address(hosts, free_port())),
                ("hangs", address(hosts, mute)),
            ]
            targets = targets_of(kind, dict(named), folder)
            rules = list(all_rules(()))
            clients = processor(resource.RUSAGE_CHILDREN)
            own = processor(resource.RUSAGE_SELF)
            begun = time.monotonic()
            collected(Config(None, "", 2, targets), rules, folder / "snapshot", quiet=True)
            took = time.monotonic() - begun
            own = processor(resource.RUSAGE_SELF) - own
            clients = processor(resource.RUSAGE_CHILDREN) - clients
            servers = processor(resource.RUSAGE_CHILDREN)
        servers = processor(resource.RUSAGE_CHILDREN) - servers
        snapshot = open_snapshot(folder / "snapshot")
        # A host that never answered goes by its name.
        scopes = {s.id: s.name for t in snapshot.targets for s in t.scopes}
        spoilt = {
            scopes[gap.scope].removeprefix("ssh://")
            for gap in snapshot.gaps.values()
            if gap.reason in ("unreachable", "credentials")
        }
        facts = sum(item.facts for _, item in snapshot.files)
        count = sum(len(t.scopes) for t in snapshot.targets)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    whole = own + clients + servers
    print(
        f"{count} hosts ({kind}), {facts} facts in {took:.1f} s, {peak} MiB at most\n"
        f"a host: {connections.calls / count:.2f} connections, {programs} processes on it, "
        f"{whole / hosts:.2f} s of processor: this process {own / whole:.0%}, "
        f"ssh {clients / whole:.0%}, sshd with what it runs {servers / whole:.0%}\n"
        f"{fetched.most} hosts asked at once; the whole took {took * 2 / whole:.2f} of what two "
        f"processors need at least; gaps whole: {len(spoilt)}"
    )
    assert count == hosts + len(SPOILT)
    assert len(spoilt) == len(SPOILT)
    return int(took > seconds or peak > mebibytes)


if __name__ == "__main__":
    kinds = [a for a in sys.argv[1:] if not a.isdigit()]
    raise SystemExit(main(*map(int, (a for a in sys.argv[1:] if a.isdigit())), *kinds))
