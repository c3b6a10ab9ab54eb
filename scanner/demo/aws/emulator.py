"""Start and stop the emulator in this process."""

from __future__ import annotations

from typing import Any

from scanner.demo.aws import control
from scanner.demo.aws.calls import CallLog
from scanner.demo.aws.faults import Faults
from scanner.demo.aws.front import Front
from scanner.demo.aws.garbage import thaw
from scanner.demo.aws.web import WebServer
from scanner.demo.aws.wire import Request, Response
from scanner.errors import Defect

ACCOUNT = "123456789012"
REGION = "us-gov-west-1"


class Emulator:
    """A running emulator. moto's state is one per process, so one emulator at a time.

    endpoint: `http://127.0.0.1:<port>`, to be given as `endpoint_url`.
    faults: what is injected. calls: what was asked.
    unserved: operations asked for that nobody emulates (answered 501 NotEmulated).
    defects: answers of ours that did not fit the service's model (empty, or a bug).
    """

    _running: Emulator | None = None

    def __init__(self, port: int = 0) -> None:
        if Emulator._running is not None:
            raise Defect("an AWS emulator runs in this process already; stop it first")
        self._front = Front()
        self._web = WebServer(self._answer, port)
        Emulator._running = self

    @classmethod
    def running(cls) -> Emulator | None:
        """The emulator that runs in this process, if one does."""
        return cls._running

    @property
    def endpoint(self) -> str:
        return self._web.endpoint

    @property
    def faults(self) -> Faults:
        return self._front.faults

    @property
    def calls(self) -> CallLog:
        return self._front.calls

    @property
    def unserved(self) -> set[str]:
        return self._front.unserved

    @property
    def defects(self) -> list[str]:
        return self._front.defects

    def put(
        self, table: str, key: str, value: Any, *, region: str = REGION, account: str = ACCOUNT
    ) -> None:
        """Write a record that no AWS operation writes; tables are named in `services/`."""
        control.put(self._front, table, key, value, region, account)

    def reset(self) -> None:
        """Empty the account, the faults and the log."""
        self._front.reset()

    def stop(self) -> None:
        self._web.stop()
        if Emulator._running is self:
            Emulator._running = None
            thaw()

    def __enter__(self) -> Emulator:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answer(self, request: Request) -> Response:
        if request.path.startswith(control.PREFIX):
            return control.control(self._front, request)
        return self._front(request)


def start_emulator(port: int = 0) -> Emulator:
    """An emulator with an empty account, listening on loopback.

    Raises:
        InputError: the demo extra is not installed.
        Defect: one is running in this process.
    """
    return Emulator(port)
