"""What happens to a request: identified, struck by a fault or answered, counted."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Callable
from typing import Any

from scanner.demo.aws import errors, inputs, outputs, registry, shapes
from scanner.demo.aws.calls import CallLog, CallRecord
from scanner.demo.aws.errors import Refusal, Trouble
from scanner.demo.aws.faults import Fault, Faults
from scanner.demo.aws.identify import UNKNOWN, Identity, identify
from scanner.demo.aws.models import operation_model, partition_of
from scanner.demo.aws.moto_app import MotoApp, Unserved
from scanner.demo.aws.paging import Listings, Output, Pager, pager
from scanner.demo.aws.records import Records
from scanner.demo.aws.registry import Call, Passed, forward
from scanner.demo.aws.wire import Request, Response


class Front:
    """Everything behind the socket: state, faults and the log. Thread-safe."""

    def __init__(self) -> None:
        registry.load()
        self.calls = CallLog()
        self.faults = Faults()
        self.records = Records()
        self.unserved: set[str] = set()
        self.defects: list[str] = []
        self._listings = Listings()
        self._moto = MotoApp()
        self._request_numbers = itertools.count(1)

    def reset(self) -> None:
        """Empty account, no faults, empty log."""
        self._moto.reset()
        self.records.clear()
        self._listings.clear()
        self.faults.clear()
        self.calls.clear()
        self.unserved.clear()
        self.defects.clear()

    def __call__(self, request: Request) -> Response:
        started = time.monotonic()
        asked = identify(request)
        account = self._moto.account_of(asked.access_key)
        latency, fault = 0.0, None
        if len(self.faults):
            content = f"{request.path}?{request.query} {request.body.decode('latin-1')}"
            latency, fault = self.faults.consult(asked.name, asked.region, account, content)
        if latency:
            time.sleep(latency / 1000)
        if fault is None or fault.effect == "truncated":
            response = self._serve(asked, account, request)
            if fault is not None:
                response = response.replace(
                    ending="truncated" if len(response.body) > 1 else "dropped"
                )
        else:
            response = self._struck(asked, account, fault)
        self.calls.add(
            CallRecord(
                service=asked.service,
                operation=asked.operation,
                region=asked.region,
                account=account,
                status=response.status if response.ending in {"whole", "truncated"} else 0,
                fault=fault.effect if fault else None,
                milliseconds=(time.monotonic() - started) * 1000,
            )
        )
        return response

    # --- faults ------------------------------------------------------------------------------

    def _struck(self, asked: Identity, account: str, fault: Fault) -> Response:
        service = asked.service
        match fault.effect:
            case "denied":
                trouble = errors.refused(service, asked.operation, account, asked.region)
            case "scp-denied":
                trouble = errors.refused(
                    service, asked.operation, account, asked.region, errors.SCP_DENY
                )
            case "throttled":
                trouble = errors.throttled(service)
            case "expired":
                trouble = errors.expired(service)
            case "unrecognized":
                trouble = errors.unrecognized(service)
            case "error-500" | "error-503":
                trouble = errors.failed(service, int(fault.effect[-3:]))
            case "error":
                trouble = Trouble(fault.status, fault.code, fault.message)
            case "not-found":
                return Response(404)
            case "garbage":
                return Response(200, {"Content-Type": "text/html"}, b"<html><p>We'll be back")
            case ending:
                return Response(0, ending=ending)
        if fault.code:
            trouble = trouble._replace(code=fault.code)
        if fault.message:
            trouble = trouble._replace(message=fault.message)
        return errors.error_response(service, trouble, self._request_id())

    # --- answers -----------------------------------------------------------------------------

    def _serve(self, asked: Identity, account: str, request: Request) -> Response:
        try:
            return self._answer(asked, account, request)
        except Refusal as no:
            trouble = Trouble(no.status, no.code, no.message)
        except Unserved:
            self.unserved.add(asked.name)
            trouble = Trouble(501, "NotEmulated", f"nobody emulates {asked.name}")
        except Exception as error:  # moto's and our bugs alike: an answer, and a line for the tests
            self.defects.append(f"{asked.name}: {error!r}")
            trouble = Trouble(500, "EmulatorDefect", f"{asked.name}: {error!r}")
        return errors.error_response(asked.service, trouble, self._request_id())

    def _answer(self, asked: Identity, account: str, request: Request) -> Response:
        own, over = registry.OURS.get(asked.name), registry.OVERLAYS.get(asked.name)
        moto = self._moto_for(asked)
        if asked.operation == UNKNOWN:
            return moto(request)
        pages = pager(asked.service, asked.operation)
        if own is None and over is None and pages is None:
            return moto(request)
        call = Call(
            service=asked.service,
            operation=asked.operation,
            region=asked.region,
            account=account,
            params=inputs.parameters(asked.service, asked.operation, request, asked.labels),
            request=request,
            records=self.records,
            moto=moto,
        )

        def whole() -> Output:
            if own is not None:
                return own(call)
            output = _from_moto(call, pages)
            return over(call, output) if over is not None else output

        try:
            if pages is not None:
                output = self._listings.page(asked.service, pages, call.params, whole)
            else:
                output = whole()
        except Passed as passed:
            return passed.response
        if asked.name in registry.CHECKED:
            shape = operation_model(call.service, call.operation).output_shape
            wrong = shapes.problems(shape, output)
            if wrong:
                self.defects.append(f"{asked.name}: {'; '.join(wrong)}")
                raise Refusal("EmulatorDefect", "; ".join(wrong), 501)
        return outputs.answer(call.service, call.operation, output, self._request_id())

    def _moto_for(self, asked: Identity) -> Callable[[Request], Response]:
        """moto, its ARNs put in the region's partition where a service of its builds them wrong.

        What S3 gives back is the customer's own text and stays.
        """
        partition = partition_of(asked.region)
        if partition == "aws" or asked.service == "s3":
            return self._moto

        def corrected(request: Request) -> Response:
            response = self._moto(request)
            body = response.body.replace(b"arn:aws:", f"arn:{partition}:".encode())
            return response.replace(body=body)

        return corrected

    def _request_id(self) -> str:
        return f"00000000-0000-4000-8000-{next(self._request_numbers):012d}"


def _from_moto(call: Call, pages: Pager | None) -> Output:
    """moto's output; where we page, moto's own pages are gathered into one."""
    if pages is None:
        return forward(call)
    changes: dict[str, Any] = dict.fromkeys(filter(None, (pages.token_in, pages.limit)))
    whole = _rewritten(call, changes)
    token = whole.pop(pages.token_out, None)
    while token:
        changes[pages.token_in] = token
        more = _rewritten(call, changes)
        token = more.pop(pages.token_out, None)
        for name in pages.lists:
            whole.setdefault(name, []).extend(more.get(name, []))
    return whole


def _rewritten(call: Call, changes: dict[str, Any]) -> Output:
    request = inputs.rewritten(call.service, call.operation, call.request, changes)
    return forward(dataclasses.replace(call, request=request))
