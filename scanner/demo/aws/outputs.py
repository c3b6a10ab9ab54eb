"""A call's output: read back from an answer, and written, in any of the five AWS protocols.

Driven by the botocore model, so that what is written here botocore reads.
"""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

from scanner.demo.aws import models
from scanner.demo.aws.wire import Response

_ISO = "%Y-%m-%dT%H:%M:%SZ"
_RFC822 = "%a, %d %b %Y %H:%M:%S GMT"
_XML = {"Content-Type": "text/xml"}


def parsed(service: str, operation: str, response: Response) -> dict[str, Any]:
    """An answer read by botocore's own parser, without its ResponseMetadata."""
    from botocore.parsers import create_parser

    output = create_parser(models.protocol(service)).parse(
        {
            "status_code": response.status,
            "headers": _Headers(response.headers),
            "body": response.body,
            "context": {},
        },
        models.operation_model(service, operation).output_shape,
    )
    output.pop("ResponseMetadata", None)
    return dict(output)


class _Headers(dict[str, str]):
    """botocore looks header names up in any case."""

    def __init__(self, headers: Any) -> None:
        super().__init__({name.lower(): value for name, value in headers.items()})

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def answer(service: str, operation: str, output: dict[str, Any], request_id: str) -> Response:
    """The output in the service's protocol. The caller has held it against the model."""
    model = models.operation_model(service, operation)
    shape = model.output_shape
    protocol = models.protocol(service)
    status = int(model.http.get("responseCode", 200))
    headers = {"x-amzn-RequestId": request_id}
    if protocol in {"query", "ec2"}:
        return Response(status, headers | _XML, _query_body(model, output, protocol, request_id))
    if protocol == "json":
        version = models.service_model(service).metadata.get("jsonVersion", "1.1")
        headers["Content-Type"] = f"application/x-amz-json-{version}"
        return Response(status, headers, json.dumps(_json(shape, output, protocol)).encode())
    body: dict[str, Any] = {}
    for name, value in output.items():
        member = shape.members[name]
        match member.serialization.get("location"):
            case "header":
                headers[member.serialization["name"]] = _text(member, value, "rfc822")
            case "statusCode":
                status = int(value)
            case _:
                body[name] = value
    if protocol == "rest-json":
        headers["Content-Type"] = "application/json"
        text = json.dumps(_json(shape, body, protocol)) if shape is not None else ""
        return Response(status, headers, text.encode())
    return Response(status, headers | _XML, _rest_xml_body(model, body))


def _json(shape: Any, value: Any, protocol: str) -> Any:
    if shape is None:
        return {}
    match shape.type_name:
        case "structure":
            if getattr(shape, "is_document_type", False):
                return value
            return {
                shape.members[n].serialization.get("name", n): _json(shape.members[n], v, protocol)
                for n, v in value.items()
            }
        case "list":
            return [_json(shape.member, v, protocol) for v in value]
        case "map":
            return {k: _json(shape.value, v, protocol) for k, v in value.items()}
        case "timestamp":
            if shape.serialization.get("timestampFormat") == "iso8601":
                return _text(shape, value, "iso8601")
            return value.timestamp()
        case "blob":
            return _text(shape, value, "")
        case _:
            return value


def _query_body(model: Any, output: dict[str, Any], protocol: str, request_id: str) -> bytes:
    inner = "".join(_members(model.output_shape, output, protocol)) if model.output_shape else ""
    if protocol == "ec2":
        text = (
            f'<{model.name}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
            f"<requestId>{request_id}</requestId>{inner}</{model.name}Response>"
        )
    else:
        wrapper = (model.output_shape.serialization if model.output_shape else {}).get(
            "resultWrapper", f"{model.name}Result"
        )
        namespace = model.service_model.metadata.get("xmlNamespace", "")
        text = (
            f'<{model.name}Response xmlns="{namespace}"><{wrapper}>{inner}</{wrapper}>'
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
            f"</{model.name}Response>"
        )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


def _rest_xml_body(model: Any, output: dict[str, Any]) -> bytes:
    shape = model.output_shape
    if shape is None:
        return b""
    payload = shape.serialization.get("payload")
    if payload:
        shape, output = shape.members[payload], output[payload]
        if shape.type_name == "blob":
            return output if isinstance(output, bytes) else str(output).encode()
        if shape.type_name == "string":
            return str(output).encode()
        root = shape.serialization.get("name", shape.name)
    else:
        root = shape.serialization.get("name", f"{model.name}Result")
    inner = "".join(_members(shape, output, "rest-xml"))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{inner}</{root}>'.encode()


def _members(shape: Any, value: dict[str, Any], protocol: str) -> Iterator[str]:
    for name, member in value.items():
        yield from _xml(shape.members[name], member, _xml_name(name, shape.members[name]), protocol)


def _xml_name(name: str, member: Any) -> str:
    return str(member.serialization.get("name", name))


def _xml(shape: Any, value: Any, tag: str, protocol: str) -> Iterator[str]:
    match shape.type_name:
        case "structure":
            yield f"<{tag}>{''.join(_members(shape, value, protocol))}</{tag}>"
        case "list":
            inner = shape.member.serialization.get(
                "name", "item" if protocol == "ec2" else "member"
            )
            if shape.serialization.get("flattened"):
                own = shape.member.serialization.get("name", tag)
                for item in value:
                    yield from _xml(shape.member, item, own, protocol)
            else:
                items = "".join("".join(_xml(shape.member, v, inner, protocol)) for v in value)
                yield f"<{tag}>{items}</{tag}>"
        case "map":
            key = shape.key.serialization.get("name", "key")
            held = shape.value.serialization.get("name", "value")
            entries = (
                f"<{key}>{escape(str(k))}</{key}>{''.join(_xml(shape.value, v, held, protocol))}"
                for k, v in value.items()
            )
            entry = tag if shape.serialization.get("flattened") else "entry"
            written = "".join(f"<{entry}>{e}</{entry}>" for e in entries)
            yield written if entry == tag else f"<{tag}>{written}</{tag}>"
        case _:
            yield f"<{tag}>{escape(_text(shape, value, 'iso8601'))}</{tag}>"


def _text(shape: Any, value: Any, when: str) -> str:
    match shape.type_name:
        case "boolean":
            return "true" if value else "false"
        case "timestamp":
            at = value.astimezone(datetime.UTC)
            return str(at.strftime(_RFC822 if when == "rfc822" else _ISO))
        case "blob":
            return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode()
        case _:
            return str(value)
