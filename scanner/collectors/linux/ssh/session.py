"""Many hosts of one target, read a few at a time, each a scope as soon as it has answered."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from scanner.collectors.base import Job, Refused, Scope, Source, Target
from scanner.collectors.linux.host import Host
from scanner.collectors.linux.machine.memory import Memory
from scanner.collectors.linux.machine.once import Once
from scanner.collectors.linux.ssh.client import fetch
from scanner.collectors.linux.ssh.inventory import ADDRESS, Remote, read_inventory
from scanner.collectors.linux.ssh.script import operations

OPTIONS: dict[str, object] = {
    "ssh": {
        "type": "string",
        "pattern": f"^{ADDRESS}$",
        "description": "[user@]host of another machine, as the OpenSSH client takes it",
    },
    "inventory": {
        "type": "string",
        "minLength": 1,
        "description": "a file of hosts to reach by SSH: a name and [user@]host a line",
    },
    "port": {"type": "integer", "minimum": 1, "maximum": 65535, "description": "port of SSH"},
    "identity": {"type": "string", "description": "file of the key to use; default: the agent's"},
    "known_hosts": {"type": "string", "description": "file of host keys; default: the user's"},
    "sudo": {"type": "boolean", "description": "read as root by `sudo -n` (default: false)"},
    "connections": {
        "type": "integer",
        "minimum": 1,
        "maximum": 64,
        "description": "hosts that are read at once (default: 16)",
    },
}


class RemoteSession:
    """Many hosts, each a scope as soon as it has answered."""

    def __init__(self, target: Target, remotes: Sequence[Remote], calls: Sequence[str]) -> None:
        self.target = target
        self.remotes = remotes
        self.calls = calls
        self.machines: dict[str, Once] = {}

    def scopes(self) -> Iterator[Scope]:
        """The hosts in the order in which they answer; one that does not has its refusal."""
        waiting: queue.SimpleQueue[Remote | None] = queue.SimpleQueue()
        answered: queue.SimpleQueue[tuple[Remote, Memory | Refused]] = queue.SimpleQueue()
        for remote in self.remotes:
            waiting.put(remote)
        most = self.target.options.get("connections", 16)
        count = min(len(self.remotes), most if isinstance(most, int) else 16)
        for _ in range(count):
            waiting.put(None)

        def work() -> None:
            while (remote := waiting.get()) is not None:
                try:
                    answered.put((remote, fetch(self.target.options, remote, self.calls)))
                except Refused as refused:
                    answered.put((remote, refused))
                except Exception as error:
                    broken = Refused("broken", f"ssh {remote.name}", type(error).__name__)
                    answered.put((remote, broken))

        for number in range(count):
            threading.Thread(target=work, name=f"ssh-{number}", daemon=True).start()
        for _ in self.remotes:
            remote, answer = answered.get()
            # A host goes by its name in the inventory: one that does not answer keeps its place.
            scope_id = f"linux:{remote.name}"
            if isinstance(answer, Refused):
                yield Scope(scope_id, remote.name, refused=answer)
            else:
                self.machines[scope_id] = Once(answer)
                yield Scope(scope_id, remote.name)

    def place(self, job: Job) -> Host:
        return Host(job, self.machines[job.scope.id])

    def close(self) -> None:
        self.machines.clear()


def open_remote(target: Target, sources: Iterable[Source]) -> RemoteSession:
    """The session of a target with `ssh:` or `inventory:`. Raises InputError."""
    where = f"target {target.id}{f' ({target.where})' if target.where else ''}"
    if "ssh" in target.options:
        address = str(target.options["ssh"])
        name = str(target.options.get("host_id", address.rpartition("@")[2]))
        remotes = [Remote(name, address)]
    else:
        remotes = read_inventory(Path(str(target.options["inventory"])).expanduser(), where)
    return RemoteSession(target, remotes, operations(sources))
