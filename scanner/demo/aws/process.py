"""The emulator in a process of its own, so that a benchmark's CPU time is the client's alone."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from typing import Any

from scanner.demo.aws.emulator import ACCOUNT, REGION


class EmulatorProcess:
    """A running emulator that is steered over its control endpoint.

    It ends with `stop`, and by itself when this process ends.
    """

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "scanner.demo.aws"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError("the emulator's process ended before it listened")
        self.endpoint: str = json.loads(line)["endpoint"]

    def calls(self) -> dict[str, int]:
        """Calls by `service:Operation`."""
        return dict(self._control("GET", "calls")["operations"])

    def clear_calls(self) -> None:
        self._control("DELETE", "calls")

    def add_fault(self, on: str, effect: str = "none", **options: Any) -> int:
        """As `Faults.add`; gives the fault's id."""
        return int(self._control("POST", "faults", {"on": on, "effect": effect} | options)["id"])

    def remove_fault(self, fault_id: int) -> None:
        self._control("DELETE", f"faults/{fault_id}")

    def clear_faults(self) -> None:
        self._control("DELETE", "faults")

    def put(
        self, table: str, key: str, value: Any, *, region: str = REGION, account: str = ACCOUNT
    ) -> None:
        row = {"account": account, "region": region, "table": table, "key": key, "value": value}
        self._control("POST", "records", [row])

    def reset(self) -> None:
        self._control("POST", "reset")

    def cpu_seconds(self) -> float:
        """CPU time that the emulator itself has used."""
        return float(self._control("GET", "cpu")["seconds"])

    def stop(self) -> None:
        if self._child.poll() is None:
            assert self._child.stdin is not None
            self._child.stdin.close()
            try:
                self._child.wait(timeout=5)
            except subprocess.TimeoutExpired:  # a machine with much else to do
                self._child.kill()
                self._child.wait()

    def __enter__(self) -> EmulatorProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _control(self, method: str, what: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/_emulator/{what}", data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)


def start_emulator_process() -> EmulatorProcess:
    """An emulator with an empty account in a new process."""
    return EmulatorProcess()
