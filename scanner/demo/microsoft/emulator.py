"""Start and stop the emulator: a threaded HTTP server on loopback."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from scanner.demo.microsoft.answers import Answers, Reply, Request
from scanner.demo.microsoft.faults import Faults
from scanner.demo.microsoft.tenant import Tenant


class Emulator:
    """A running emulator of one tenant.

    endpoint: `http://127.0.0.1:<port>`, for a target's `endpoint`. faults: what is injected.
    calls: "GET /users" for each request, in order; those inside a batch are not listed.
    """

    def __init__(self, tenant: Tenant, faults: Faults | None = None, page_size: int = 100) -> None:
        self.tenant = tenant
        self.faults = faults or Faults()
        self.calls: list[str] = []
        self._stopped = threading.Event()
        self.answers = Answers(tenant, self.faults, page_size, lambda: self._stopped.wait(60))
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="microsoft-emulator", daemon=True
        )
        self._thread.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Emulator:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def handle(self, request: Request) -> Reply:
        """The answer to one request."""
        self.calls.append(f"{request.method} {request.path}")
        return self.answers.answer(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


def _handler(emulator: Emulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is logged: `calls` has it."""

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {k.lower(): v for k, v in self.headers.items()},
                self.rfile.read(length) if length else b"",
                f"http://{self.headers.get('Host', '127.0.0.1')}",
            )
            reply = emulator.handle(request)
            raw = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    return Handler


def start_emulator(
    tenant: Tenant | None = None, *, faults: Faults | None = None, page_size: int = 100
) -> Emulator:
    """Start an emulator of the tenant; without one, of the demo's contractor."""
    if tenant is None:
        from scanner.demo.microsoft.halyard import halyard

        tenant = halyard()
    return Emulator(tenant, faults, page_size)
