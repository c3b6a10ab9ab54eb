"""moto's own server application, called in process.

moto is not thread-safe and bound to one core by the interpreter, so one call at a time goes in.
"""

from __future__ import annotations

import io
import os
import threading
from typing import Any
from urllib.parse import unquote_to_bytes

from scanner.demo.aws.wire import Request, Response
from scanner.errors import InputError

# Read by moto at import or at use. Its images are thousands of rows that nobody asked for.
# Of the policies that AWS manages only these are there: all 1,400 cost half a second a partition.
_SETTINGS = {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
_DROPPED_HEADERS = {"content-length", "connection", "transfer-encoding", "date", "server"}
_AWS_MANAGED_POLICIES = (
    "AdministratorAccess",
    "AmazonSSMManagedInstanceCore",
    "AWSLambdaBasicExecutionRole",
    "IAMFullAccess",
    "IAMUserChangePassword",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SecurityAudit",
    "ViewOnlyAccess",
)
_SEED = 800171
_BARE_404 = b"<title>404 Not Found</title>"


class Unserved(Exception):
    """moto has no such operation."""


class MotoApp:
    """Answers requests from moto's state, which is one per process: made new on construction."""

    def __init__(self) -> None:
        for name, value in _SETTINGS.items():
            os.environ.setdefault(name, value)
        try:
            from scanner.demo.aws.moto_dispatch import dispatcher
        except ModuleNotFoundError as error:
            raise InputError(
                f"the AWS emulator needs the demo extra ({error.name} is missing): "
                "pip install 'cmmc-scan[demo]'"
            ) from None
        _choose_managed_policies()
        self._app = dispatcher()
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        from moto.core.base_backend import BackendDict
        from moto.core.model_instances import reset_model_data
        from moto.moto_api._internal import mock_random

        with self._lock:
            BackendDict.reset()
            reset_model_data()
            mock_random.seed(_SEED)  # ids are the same in every run

    def account_of(self, access_key: str) -> str:
        """The account that a key belongs to: an assumed role's, else moto's default."""
        from moto.iam.models import get_account_id_from

        return str(get_account_id_from(access_key)) if access_key else "123456789012"

    def __call__(self, request: Request) -> Response:
        """moto's answer, its ARNs in the region's partition.

        Raises:
            Unserved: moto lacks the operation.
        """
        with self._lock:
            try:
                response = self._call(request)
            except NotImplementedError as error:
                raise Unserved(str(error)) from error
        if response.status == 404 and _BARE_404 in response.body:
            raise Unserved("moto has no such path")
        return response

    def _call(self, request: Request) -> Response:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            started[:] = [int(status.split(" ", 1)[0]), headers]

        chunks = self._app(_environ(request), start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        status, headers = started
        # The length that HEAD tells is of the body that GET would send.
        dropped = _DROPPED_HEADERS - ({"content-length"} if request.method == "HEAD" else set())
        kept = {n: v for n, v in headers if n.lower() not in dropped}
        return Response(status, kept, body)


def _choose_managed_policies() -> None:
    import json

    from moto.iam import models
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    policies = json.loads(aws_managed_policies_data)
    chosen = {name: policies[name] for name in _AWS_MANAGED_POLICIES if name in policies}
    vars(models)["aws_managed_policies_data"] = json.dumps(chosen)


def _environ(request: Request) -> dict[str, Any]:
    target = request.path + (f"?{request.query}" if request.query else "")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "REQUEST_URI": target,
        "RAW_URI": target,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        if key == "CONTENT_LENGTH":
            continue
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ
