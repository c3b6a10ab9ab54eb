"""Starting a program: no shell, a fixed environment, bounded in time and output."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from scanner.collectors.linux.machine.base import Output, Unreadable

COMMAND_FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where commands are looked for; never the user's PATH."""

MAX_OUTPUT = 16 * 1024 * 1024
RUN_SECONDS = 10.0


def run_bounded(
    argv: Sequence[str],
    seconds: float = RUN_SECONDS,
    limit: int = MAX_OUTPUT,
) -> Output:
    """Run a program without a shell, with a fixed environment; bounded in time and output."""
    code, out, err = run_raw(argv, seconds, limit)
    return Output(code, out.decode("utf-8", "replace"), err)


def run_raw(
    argv: Sequence[str],
    seconds: float,
    limit: int,
    *,
    stdin: int = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, bytes, str]:
    """The same: (exit code, its output as bytes, the start of what it complained of).

    environment: what it needs beyond the fixed one.
    """
    fixed = {"LC_ALL": "C", "PATH": ":".join(COMMAND_FOLDERS), "HOME": "/"}
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**fixed, **(environment or {})},
            cwd="/",
            start_new_session=True,
        )
    except PermissionError:
        raise
    except OSError as error:
        raise Unreadable("broken", f"{argv[0]} does not start: {error.strerror}") from None
    try:
        out, err = _drain(process, argv[0], time.monotonic() + seconds, limit)
        return process.wait(), out, err
    finally:
        if process.poll() is None:
            with _quiet():
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@contextmanager
def _quiet() -> Iterator[None]:
    with suppress(OSError):
        yield


def _drain(
    process: subprocess.Popen[bytes], name: str, deadline: float, limit: int
) -> tuple[bytes, str]:
    buffers: dict[str, bytearray] = {"out": bytearray(), "err": bytearray()}
    with selectors.DefaultSelector() as selector:
        for key, stream in (("out", process.stdout), ("err", process.stderr)):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ, key)
        while selector.get_map():
            left = deadline - time.monotonic()
            ready = selector.select(left) if left > 0 else []
            if not ready:
                raise Unreadable("timeout", f"{name} did not end in time")
            for event, _ in ready:
                chunk = os.read(event.fd, 1 << 16)
                if not chunk:
                    selector.unregister(event.fileobj)
                    continue
                buffer = buffers[event.data]
                if event.data == "err" and len(buffer) > 4096:
                    continue
                buffer += chunk
                if len(buffer) > limit:
                    raise Unreadable("truncated", f"{name} printed more than {limit} bytes")
    while process.poll() is None:
        if time.monotonic() > deadline:
            raise Unreadable("timeout", f"{name} did not end in time")
        time.sleep(0.001)
    return bytes(buffers["out"]), buffers["err"].decode("utf-8", "replace")
