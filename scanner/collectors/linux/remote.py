"""Other hosts over the system's OpenSSH client: one connection and one script a host.

What the sources declare is all that a host is asked for, so one shell script reads it: it prints
each file, link and folder and the answer of each command, in base64 between marks, writes nothing,
and leaves nothing behind. What came back is a tree in memory for the same sources.
"""

from __future__ import annotations

import base64
import binascii
import os
import queue
import re
import shlex
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scanner.collectors.base import Job, Refused, Scope, Source, Target
from scanner.collectors.linux.host import Host
from scanner.collectors.linux.machine import (
    Absent,
    Memory,
    Node,
    Once,
    Output,
    Unreadable,
    run_bounded,
)
from scanner.errors import InputError

SSH = ("/usr/bin/ssh", "/usr/local/bin/ssh", "/bin/ssh")
SECONDS = 60.0
MAX_ANSWER = 256 * 1024 * 1024
_LIMIT = 32 * 1024 * 1024
"""Bytes of one remote file."""

_PROCESSES = "/proc/*/comm"

_ADDRESS = r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9\[][A-Za-z0-9.:\[\]_-]*"

OPTIONS: dict[str, object] = {
    "ssh": {
        "type": "string",
        "pattern": f"^{_ADDRESS}$",
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

_HEAD = r"""
exec 3>&1
LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH
T=; command -v timeout >/dev/null 2>&1 && T='timeout 10'
n() {
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then
    d=${1%/*}; [ -n "$d" ] || d=/
    if [ -d "$d" ] && [ ! -x "$d" ]; then printf 'R\t%s\t%s\n' '0 0 0 0 0' "$1"; fi
    return
  fi
  if [ -L "$1" ] && [ ! -d "$1" ]; then
    r=$(readlink -f "$1" 2>/dev/null) || r=
    [ -n "$r" ] || r=$(readlink "$1")
    printf 'L\t%s\t%s\n' "$r" "$1"
    [ "$r" = "$1" ] || [ ! -e "$r" ] || n "$r"
    return
  fi
  s=$(stat -L -c '%f %u %g %s %Y' "$1" 2>/dev/null)
  [ -n "$s" ] || return
  if [ -d "$1" ]; then
    if [ -r "$1" ] && [ -x "$1" ]; then k=D; else k=Q; fi
    printf '%s\t%s\t%s\n' $k "$s" "$1"
  elif [ ! -f "$1" ]; then printf 'S\t%s\t%s\n' "$s" "$1"
  elif [ "$2" = r ] && [ ! -r "$1" ]; then printf 'R\t%s\t%s\n' "$s" "$1"
  elif [ "$2" = r ]; then
    printf 'F\t%s\t%s\n' "$s" "$1"; head -c LIMIT "$1" 2>/dev/null | base64; printf '.\n'
  else printf 'N\t%s\t%s\n' "$s" "$1"; fi
}
"""


def _quoted(path: str) -> str:
    """A path for the shell in which `*` still stands for names."""
    return "*".join(shlex.quote(part) if part else "" for part in path.split("*"))


def _folders(path: str) -> Iterator[str]:
    """The folders that a pattern lists: those before each part with a star."""
    parts = path.split("/")
    for index, part in enumerate(parts):
        if "*" in part:
            yield "/".join(parts[:index]) or "/"


def operations(sources: Iterable[Source]) -> list[str]:
    """Everything that these sources declare, sorted."""
    return sorted({call for source in sources for call, _ in source.needs(source.serves)})


def script(calls: Sequence[str]) -> str:
    """The script that reads what is declared; its answer is for `parse`."""
    lines = [_HEAD.replace("LIMIT", str(_LIMIT))]
    folders: set[str] = set()
    homes = []
    for number, call in enumerate(calls):
        verb, _, what = call.partition(":")
        if verb == "run":
            command = what.split(" ")
            plain = " ".join(shlex.quote(word) for word in command)
            lines.append(
                f"printf 'X\\t%s\\n' {number}\n"
                f"if command -v {shlex.quote(command[0])} >/dev/null 2>&1; then\n"
                f"e=$( {{ {{ $T {plain} </dev/null; printf '\\nC%s' $?; }} "
                f"| head -c {_LIMIT} | base64 >&3; }} 2>&1 )\n"
                "printf '.\\n%s\\n.\\n' \"$(printf '%s' \"$e\" | head -c 300 | base64)\"\n"
                "else printf '!\\n.\\n.\\n'; fi"
            )
            continue
        mark = "r" if verb == "read" else "s"
        if what.startswith("~/"):
            homes.append(f'n "$h"/{shlex.quote(what[2:])} {mark}')
            continue
        folders.update(_folders(what))
        if what == _PROCESSES:
            # One line each, and hundreds of them: one program reads them all.
            lines.append("grep -sH '' /proc/[0-9]*/comm | sed 's/^/G\t/'")
            continue
        if "*" in what:
            lines.append(f'for p in {_quoted(what)}; do n "$p" {mark}; done')
        else:
            lines.append(f"n {shlex.quote(what)} {mark}")
    for folder in sorted(folders):
        lines.append(f'for p in {_quoted(folder)}; do [ ! -d "$p" ] || n "$p" s; done')
    if homes:
        lines.append("cut -d: -f6 /etc/passwd | sort -u | while IFS= read -r h; do")
        lines.append('[ -n "$h" ] && [ -d "$h" ] || continue')
        lines.extend((*homes, "done"))
    lines.append("printf 'END\\n'")
    return "\n".join(lines) + "\n"


def _decoded(lines: Iterator[str]) -> bytes:
    parts = []
    for line in lines:
        if line == ".":
            break
        parts.append(line)
    return base64.b64decode("".join(parts), validate=True)


def parse(text: str, calls: Sequence[str]) -> Memory:
    """The machine that the script's answer describes. Raises Unreadable for a broken answer."""
    nodes: dict[str, Node] = {}
    answers: dict[tuple[str, ...], Output | Exception] = {}
    lines = iter(text.splitlines())
    ended = False
    try:
        for line in lines:
            if line == "END":
                ended = True
                break
            kind, _, rest = line.partition("\t")
            if kind == "X":
                what = calls[int(rest)].partition(":")[2]
                answers[tuple(what.split(" "))] = _answer(what, lines)
                continue
            if kind == "G":
                path, _, name = rest.partition(":")
                nodes[path] = Node(name.encode())
                continue
            head, _, path = rest.partition("\t")
            if kind == "L":
                nodes[path] = Node(link=head)
                continue
            mode, uid, gid, size, mtime = head.split()
            data = _decoded(lines) if kind == "F" else b""
            # What /proc and /sys hold has no size of its own.
            told = int(size) if len(data) >= _LIMIT or kind == "N" else None
            node = Node(
                data=data,
                folder=kind in "DQ",
                special=kind == "S",
                mode=int(mode, 16) & 0o7777,
                uid=int(uid),
                gid=int(gid),
                mtime=int(mtime),
                refused=kind in "RQ",
                size=told,
            )
            if path not in nodes or (kind == "F" and not nodes[path].folder):
                nodes[path] = node
    except (ValueError, IndexError, binascii.Error):
        raise Unreadable("broken", "the answer of the host is not understood") from None
    if not ended:
        raise Unreadable("truncated", "the answer of the host breaks off")
    return Memory(nodes, live=True, answers=answers)


def _answer(what: str, lines: Iterator[str]) -> Output | Exception:
    name = what.split(" ")[0]
    first = next(lines, "")
    if first == "!":
        next(lines, ""), next(lines, "")
        return Absent(f"the command {name} is not installed")
    out = _decoded(_with(first, lines))
    err = _decoded(lines).decode("utf-8", "replace")
    text, mark, code = out.decode("utf-8", "replace").rpartition("\nC")
    if not mark or not code.isdigit():
        return Unreadable("truncated", f"{name} printed more than {_LIMIT} bytes")
    if code == "124":
        return Unreadable("timeout", f"{name} did not end in time")
    return Output(int(code), text, err)


def _with(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    if first != ".":
        yield from lines


@dataclass(frozen=True)
class Remote:
    """One host of an inventory."""

    name: str
    address: str


def read_inventory(path: Path, where: str) -> list[Remote]:
    """`name [user@]host` lines; a line with one word has it for both. Raises InputError."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InputError(f"{where}: inventory: {path} cannot be read: {reason}") from None
    hosts: dict[str, Remote] = {}
    faults = []
    for number, raw in enumerate(text.splitlines(), 1):
        words = raw.split("#")[0].split()
        if not words:
            continue
        name, address = words[0], words[-1]
        if len(words) > 2 or not re.fullmatch(_ADDRESS, address):
            faults.append(f"{path}:{number}: a line is `name [user@]host`, not {raw.strip()!r}")
        elif not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", name):
            faults.append(f"{path}:{number}: {name!r} is no name; use letters, digits, . _ -")
        elif name in hosts:
            faults.append(f"{path}:{number}: {name} stands here twice")
        else:
            hosts[name] = Remote(name, address)
    if faults:
        raise InputError(faults)
    if not hosts:
        raise InputError(f"{where}: inventory: {path} names no host")
    return list(hosts.values())


def ssh_argv(options: Mapping[str, object], address: str) -> list[str]:
    """The client's command line: no questions, host keys checked, no forwarding of anything."""
    program = next((path for path in SSH if os.access(path, os.X_OK)), None)
    if program is None:
        raise Refused("not-supported", "ssh", "the OpenSSH client is not installed here")
    argv = [program, "-T", "-C"]
    settings = {
        "BatchMode": "yes",
        "StrictHostKeyChecking": "yes",
        "ConnectTimeout": "10",
        "ServerAliveInterval": "10",
        "ServerAliveCountMax": "3",
        "ForwardAgent": "no",
        "ForwardX11": "no",
        "ClearAllForwardings": "yes",
        "ControlMaster": "no",
        "PermitLocalCommand": "no",
    }
    if "known_hosts" in options:
        settings["UserKnownHostsFile"] = str(Path(str(options["known_hosts"])).expanduser())
        settings["GlobalKnownHostsFile"] = "none"
    for name, value in settings.items():
        argv += ["-o", f"{name}={value}"]
    if "identity" in options:
        key = str(Path(str(options["identity"])).expanduser())
        argv += ["-i", key, "-o", "IdentitiesOnly=yes"]
    if "port" in options:
        argv += ["-p", str(options["port"])]
    command = "sudo -n /bin/sh -s" if options.get("sudo") is True else "/bin/sh -s"
    return [*argv, "--", address, command]


def fetch(options: Mapping[str, object], remote: Remote, calls: Sequence[str]) -> Memory:
    """Ask one host for everything. Raises Refused."""
    operation = f"ssh {remote.name}"
    keep = ("HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK")
    environment = {name: os.environ[name] for name in keep if name in os.environ}
    try:
        with tempfile.TemporaryFile() as stdin:
            stdin.write(script(calls).encode())
            stdin.seek(0)
            answer = run_bounded(
                ssh_argv(options, remote.address),
                SECONDS,
                MAX_ANSWER,
                stdin=stdin.fileno(),
                environment=environment,
            )
        if answer.code == 255:
            raise _unreached(operation, answer.err)
        if answer.code != 0 and "END" not in answer.out[-8:]:
            said = answer.err.strip().split("\n")[-1]
            if "sudo" in said:
                raise Refused("denied", operation, said, permission="sudo without a password")
            raise Refused("broken", operation, f"the host's shell ended: {said}")
        return parse(answer.out, calls)
    except Unreadable as error:
        reason = "unreachable" if error.reason == "timeout" else error.reason
        raise Refused(reason, operation, error.detail) from None
    except OSError as error:
        raise Refused("broken", operation, str(error)) from None


def _unreached(operation: str, said: str) -> Refused:
    last = next((line for line in reversed(said.splitlines()) if line.strip()), "no answer")
    if re.search(r"host key verification failed|host identification has changed", said, re.I):
        return Refused("credentials", operation, f"its host key is not the known one: {last}")
    if re.search(r"permission denied", said, re.I):
        return Refused("credentials", operation, last)
    return Refused("unreachable", operation, last)


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
