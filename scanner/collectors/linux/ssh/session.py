"""Many hosts of one target, read a few at a time, each a scope as soon as it has answered."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from scanner.collectors.base import Job, Refused, Scope, Source, Target
from scanner.collectors.linux.host import Host
from scanner.collectors.linux.machine.memory import Memory
from scanner.collectors.linux.machine.once import Once
from scanner.collectors.linux.machine_id import MACHINE_ID_FILES, machine_id_of
from scanner.collectors.linux.ssh.client import fetch
from scanner.collectors.linux.ssh.inventory import ADDRESS, Remote, read_inventory
from scanner.collectors.linux.ssh.script import operations
from scanner.collectors.linux.ssh.seen import Seen
from scanner.collectors.linux.target_paths import path_in, said_of
from scanner.output import user_data

OPTIONS: dict[str, object] = {
    "ssh": {
        "type": "string",
        "pattern": f"^{ADDRESS}$",
        "x-form": "[user@]host, and the port by its own key: audit@bastion.example.com",
        "description": "[user@]host of another machine, as the OpenSSH client takes it",
    },
    "inventory": {
        "type": "string",
        "minLength": 1,
        "description": "a file of hosts to reach by SSH, from the configuration's folder; a line is"
        " a name and [user@]host or ssh://[user@]host:port",
    },
    "seen": {
        "type": "string",
        "minLength": 1,
        "description": "a file that remembers which machine each host is (default: the user's)",
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


KEY_FILES = ("identity", "known_hosts")

HELD = 24
"""Hosts of a session whose answers are in memory at once: some megabytes each."""

PATIENCE = 5.0
"""Seconds that the next host waits for room. Were it to wait for ever, a runner all of whose
threads open targets would never come to read the hosts that fill the room."""


class RemoteSession:
    """Many hosts, each a scope as soon as it has answered; forgotten when it has been read."""

    def __init__(
        self, target: Target, remotes: Sequence[Remote], calls: Sequence[str], seen: Seen
    ) -> None:
        self.target = target
        self.remotes = remotes
        self.calls = calls
        self.seen = seen
        self.machines: dict[str, tuple[Once, bool]] = {}
        self.room = threading.Semaphore(HELD)

    def scopes(self) -> Iterator[Scope]:
        """The hosts in the order in which they answer; one that does not has its refusal."""
        waiting: queue.SimpleQueue[Remote | None] = queue.SimpleQueue()
        answered: queue.SimpleQueue[tuple[Remote, Memory | Refused, bool]] = queue.SimpleQueue()
        for remote in self.remotes:
            waiting.put(remote)
        most = self.target.options.get("connections", 16)
        count = min(len(self.remotes), most if isinstance(most, int) else 16)
        for _ in range(count):
            waiting.put(None)

        def work() -> None:
            while (remote := waiting.get()) is not None:
                answered.put((remote, *self._ask(remote)))

        for number in range(count):
            threading.Thread(target=work, name=f"ssh-{number}", daemon=True).start()
        for _ in self.remotes:
            remote, answer, roomy = answered.get()
            if isinstance(answer, Refused):
                yield Scope(self.seen.id_of(remote), remote.name, refused=answer)
                continue
            machine = Once(answer)
            scope_id = self.seen.learnt(remote, machine_id_of(machine))
            self.machines[scope_id] = (machine, roomy)
            yield Scope(scope_id, remote.name, leave=partial(self._leave, scope_id))
        self.seen.keep()

    def _ask(self, remote: Remote) -> tuple[Memory | Refused, bool]:
        """What the host answers, and whether it takes room until its scope is left."""
        roomy = self.room.acquire(timeout=PATIENCE)
        try:
            return fetch(self.target.options, remote, self.calls), roomy
        except Refused as refused:
            answer = refused
        except Exception as error:
            answer = Refused("broken", f"ssh {remote.name}", type(error).__name__)
        if roomy:
            self.room.release()
        return answer, False

    def place(self, job: Job) -> Host:
        return Host(job, self.machines[job.scope.id][0])

    def _leave(self, scope_id: str) -> None:
        _, roomy = self.machines.pop(scope_id, (None, False))
        if roomy:
            self.room.release()

    def close(self) -> None:
        self.machines.clear()


def open_remote(target: Target, sources: Iterable[Source]) -> RemoteSession:
    """The session of a target with `ssh:` or `inventory:`. Raises InputError."""
    if "ssh" in target.options:
        address = str(target.options["ssh"])
        given = target.options.get("host_id")
        name = address.rpartition("@")[2] if given is None else str(given)
        remotes = [Remote(name, address, fixed=given is not None)]
    else:
        number, of = target.part
        remotes = read_inventory(path_in(target, "inventory"), said_of(target))[number - 1 :: of]
    path = path_in(target, "seen") if "seen" in target.options else user_data() / "hosts.json"
    calls = sorted({*operations(sources), *(f"read:{path}" for path in MACHINE_ID_FILES)})
    named = {key: path_in(target, key) for key in KEY_FILES if key in target.options}
    target = replace(target, options={**target.options, **named})
    return RemoteSession(target, remotes, calls, Seen(path, remotes))
