"""A threaded HTTP/1.1 server that can also misbehave: truncate, drop, hang."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from scanner.demo.aws.wire import Request, Response

Answer = Callable[[Request], Response]
_NO_BODY = {204, 304}


class WebServer:
    """Serves `answer` on a free port of 127.0.0.1; one daemon thread a connection."""

    def __init__(self, answer: Answer, port: int = 0) -> None:
        self._stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._server = _Server(("127.0.0.1", port), _handler(answer, self))
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="emulator",
            daemon=True,
        )
        self._thread.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """Close every connection, those that hang too. Safe to call twice."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._connections):
            _close(connection)
        self._thread.join(timeout=2)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


def _close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def _handler(answer: Answer, web: WebServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # buffered: head and body leave in one segment

        def setup(self) -> None:
            super().setup()
            web._connections.add(self.connection)

        def finish(self) -> None:
            web._connections.discard(self.connection)
            super().finish()

        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            target = urlsplit(self.path)
            request = Request(
                method=self.command,
                path=target.path,
                query=target.query,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length) if length else b"",
            )
            self._send(answer(request))

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _serve

        def _send(self, response: Response) -> None:
            if response.ending == "hung":
                web._stopping.wait()
            if response.ending in {"hung", "dropped"}:
                self._hang_up()
                return
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            body = response.body
            told = {name.lower() for name in response.headers}
            if response.status not in _NO_BODY and "content-length" not in told:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD" and response.status not in _NO_BODY:
                cut = len(body) // 2 if response.ending == "truncated" else len(body)
                self.wfile.write(body[:cut])
            if response.ending == "truncated":
                self.wfile.flush()
                self._hang_up()

        def _hang_up(self) -> None:
            self.close_connection = True
            _close(self.connection)

        def log_message(self, format: str, *args: Any) -> None:
            """The call log tells more than an access log would."""

    return Handler
