"""OpenSSH servers on loopback with keys of their own, for the tests and the benchmark."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SSHD = next((p for p in ("/usr/sbin/sshd", "/sbin/sshd") if os.access(p, os.X_OK)), None)
AVAILABLE = SSHD is not None and shutil.which("ssh-keygen") is not None


@dataclass(frozen=True)
class Server:
    """A running server. known: its line for known_hosts, for every loopback address."""

    port: int
    known: str


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def new_key(path: Path) -> str:
    """Make a key pair; the public half without its comment."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True, timeout=120
    )
    return " ".join(path.with_suffix(".pub").read_text().split()[:2])


def known_line(port: int, key: str) -> str:
    return f"[127.*]:{port} {key}\n"


@contextmanager
def server(folder: Path, user_key: str, *, options: str = "") -> Iterator[Server]:
    """A server that lets this user in with the key, listening on every loopback address."""
    folder.mkdir(parents=True)
    host_key = new_key(folder / "host")
    (folder / "authorized").write_text(user_key + "\n")
    port = free_port()
    plain = str(folder).replace("%", "%%")
    (folder / "sshd_config").write_text(
        f'Port {port}\nListenAddress 0.0.0.0\nHostKey "{folder}/host"\n'
        f'AuthorizedKeysFile "{plain}/authorized"\nPidFile none\nUsePAM no\nStrictModes no\n'
        f"MaxStartups 200\nPasswordAuthentication no\nLogLevel ERROR\n{options}"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd insists on its empty folder
    command = [str(SSHD), "-D", "-e", "-f", str(folder / "sshd_config")]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield Server(port, known_line(port, host_key))
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def address(number: int, port: int) -> str:
    """The nth host: an address of its own in 127.0.0.0/8."""
    return f"ssh://{getpass.getuser()}@127.1.{number // 250}.{number % 250 + 1}:{port}"


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("0.0.0.0", 0))
        listening.listen(16)
        port: int = listening.getsockname()[1]
        yield port
