"""The system's OpenSSH client: one connection a host, no questions, host keys checked."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping, Sequence

from scanner.collectors.base import Refused
from scanner.collectors.linux.machine.base import Unreadable
from scanner.collectors.linux.machine.memory import Memory
from scanner.collectors.linux.machine.program import run_raw
from scanner.collectors.linux.ssh.answer import parse
from scanner.collectors.linux.ssh.inventory import Remote
from scanner.collectors.linux.ssh.script import script

SSH = ("/usr/bin/ssh", "/usr/local/bin/ssh", "/bin/ssh")
SECONDS = 60.0
"""For everything that one host is asked."""

CONNECT_SECONDS = 10
"""For the connection and its handshake."""

MAX_ANSWER = 256 * 1024 * 1024


def ssh_argv(options: Mapping[str, object], address: str) -> list[str]:
    """The client's command line: no questions, host keys checked, no forwarding of anything."""
    program = next((path for path in SSH if os.access(path, os.X_OK)), None)
    if program is None:
        raise Refused("not-supported", "ssh", "the OpenSSH client is not installed here")
    argv = [program, "-T", "-C"]
    settings = {
        "BatchMode": "yes",
        "StrictHostKeyChecking": "yes",
        "ConnectTimeout": str(CONNECT_SECONDS),
        "ServerAliveInterval": "10",
        "ServerAliveCountMax": "3",
        "ForwardAgent": "no",
        "ForwardX11": "no",
        "ClearAllForwardings": "yes",
        "ControlMaster": "no",
        "PermitLocalCommand": "no",
    }
    if "known_hosts" in options:
        settings["UserKnownHostsFile"] = _as_one_path(options["known_hosts"])
        settings["GlobalKnownHostsFile"] = "none"
    if "identity" in options:
        # -i looks for the file before it expands what stands in its name; the setting does not.
        settings["IdentityFile"] = _as_one_path(options["identity"])
        settings["IdentitiesOnly"] = "yes"
    for name, value in settings.items():
        argv += ["-o", f"{name}={value}"]
    if "port" in options:
        argv += ["-p", str(options["port"])]
    command = "sudo -n /bin/sh -s" if options.get("sudo") is True else "/bin/sh -s"
    return [*argv, "--", address, command]


def _as_one_path(path: object) -> str:
    """A file's name as ssh_config(5) takes it: one word, with nothing in it that is expanded."""
    return '"' + re.sub(r'(["\\])', r"\\\1", str(path)).replace("%", "%%") + '"'


def fetch(options: Mapping[str, object], remote: Remote, calls: Sequence[str]) -> Memory:
    """Ask one host for everything. Raises Refused."""
    operation = f"ssh {remote.name}"
    keep = ("HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK")
    environment = {name: os.environ[name] for name in keep if name in os.environ}
    try:
        with tempfile.TemporaryFile() as stdin:
            stdin.write(script(tuple(calls)).encode())
            stdin.seek(0)
            code, out, err = run_raw(
                ssh_argv(options, remote.address),
                SECONDS,
                MAX_ANSWER,
                stdin=stdin.fileno(),
                environment=environment,
            )
        if code == 255:
            raise _unreached(operation, err)
        if code != 0 and b"END" not in out[-8:]:
            said = err.strip().split("\n")[-1]
            if "sudo" in said:
                raise Refused("denied", operation, said, permission="sudo without a password")
            raise Refused("broken", operation, f"the host's shell ended: {said}")
        return parse(out, calls)
    except Unreadable as error:
        reason = "unreachable" if error.reason == "timeout" else error.reason
        raise Refused(reason, operation, error.detail) from None
    except OSError as error:
        raise Refused("broken", operation, str(error)) from None


_CHANGED = r"^.*host key for \S+ has changed.*$"
_REVOKED = r"^.*host key for \S+ was revoked.*$"
_UNKNOWN = r"^no \S+ host (key|certificate) is known for .*$"


def _unreached(operation: str, said: str) -> Refused:
    last = next((line for line in reversed(said.splitlines()) if line.strip()), "no answer")
    if re.search(r"^host key verification failed", said, re.I | re.M):
        if found := re.search(_CHANGED, said, re.I | re.M):
            detail = (
                f"it shows another host key than the known one: {found[0].strip()} Its key was"
                " made anew, or another machine answers in its place: find out which"
            )
        elif found := re.search(_REVOKED, said, re.I | re.M):
            detail = f"it shows a host key that known_hosts revokes: {found[0].strip()}"
        elif found := re.search(_UNKNOWN, said, re.I | re.M):
            detail = (
                f"its host key is not known here: {found[0].strip()} Compare its fingerprint with"
                " the one that the host's owner tells, then add it to known_hosts"
            )
        else:
            detail = f"its host key was not accepted: {last}"
        return Refused("credentials", operation, detail)
    if re.search(r"permission denied", said, re.I):
        return Refused("credentials", operation, last)
    return Refused("unreachable", operation, last)
