"""A call's parameters, read from the request in any of the five AWS protocols.

Driven by the botocore model, so that what botocore writes is read here.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode

from scanner.demo.aws import models
from scanner.demo.aws.wire import Request


def parameters(service: str, operation: str, request: Request, labels: dict[str, str]) -> Any:
    """The call's input as boto3's caller gave it; raises LookupError for an unknown operation."""
    shape = models.operation_model(service, operation).input_shape
    if shape is None:
        return {}
    match models.protocol(service):
        case "json":
            return _from_json(shape, json.loads(request.body or b"{}"))
        case "query" | "ec2" as protocol:
            form = parse_qs(request.body.decode(), keep_blank_values=True)
            flat = {name: values[0] for name, values in form.items()}
            return _from_form(shape, flat, "", protocol) or {}
        case _:
            return _from_rest(shape, request, labels)


def _from_rest(shape: Any, request: Request, labels: dict[str, str]) -> dict[str, Any]:
    query = parse_qs(request.query, keep_blank_values=True)
    in_body = json.loads(request.body) if request.body[:1] == b"{" else {}
    found: dict[str, Any] = _from_json(shape, in_body)
    for name, member in shape.members.items():
        wire_name = member.serialization.get("name", name)
        match member.serialization.get("location"):
            case "uri" if wire_name.replace("-", "_") in labels:
                found[name] = unquote(labels[wire_name.replace("-", "_")])
            case "querystring" if wire_name in query:
                values = query[wire_name]
                is_list = member.type_name == "list"
                found[name] = values if is_list else _scalar_from_text(member, values[0])
            case "header" if wire_name.lower() in request.headers:
                found[name] = _scalar_from_text(member, request.headers[wire_name.lower()])
    return found


def _from_json(shape: Any, value: Any) -> Any:
    """A JSON value with its members under boto3's names; what the model lacks is left out."""
    match shape.type_name:
        case "structure" if not getattr(shape, "is_document_type", False):
            names = {m.serialization.get("name", n): n for n, m in shape.members.items()}
            return {
                names[key]: _from_json(shape.members[names[key]], held)
                for key, held in value.items()
                if key in names and held is not None
            }
        case "list":
            return [_from_json(shape.member, held) for held in value]
        case "map":
            return {key: _from_json(shape.value, held) for key, held in value.items()}
        case "timestamp":
            from botocore.utils import parse_timestamp

            return parse_timestamp(value)
        case _:
            return value


def _from_form(shape: Any, form: dict[str, str], prefix: str, protocol: str) -> Any:
    """A value read from `A.B.member.1.C` keys; None where the form has nothing of it."""
    if shape.type_name == "structure":
        found = {}
        for name, member in shape.members.items():
            value = _from_form(
                member, form, _join(prefix, _form_name(name, member, protocol)), protocol
            )
            if value is not None:
                found[name] = value
        return found or None
    if shape.type_name == "list":
        if protocol == "query" and not shape.serialization.get("flattened"):
            prefix = _join(prefix, shape.member.serialization.get("name", "member"))
        items: list[Any] = []
        while True:
            item = _from_form(shape.member, form, f"{prefix}.{len(items) + 1}", protocol)
            if item is None:
                return items or None
            items.append(item)
    return _scalar_from_text(shape, form[prefix]) if prefix in form else None


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _form_name(name: str, member: Any, protocol: str) -> str:
    traits = member.serialization
    if protocol == "ec2":
        wire_name = str(traits.get("queryName") or traits.get("name") or name)
        return wire_name if "queryName" in traits else wire_name[0].upper() + wire_name[1:]
    return str(traits.get("name", name))


def _scalar_from_text(shape: Any, text: str) -> Any:
    match shape.type_name:
        case "integer" | "long":
            return int(text)
        case "boolean":
            return text == "true"
        case _:
            return text


def rewritten(
    service: str, operation: str, request: Request, changes: dict[str, str | int | None]
) -> Request:
    """The same call with some scalar top-level parameters set, or taken out (None)."""
    shape = models.operation_model(service, operation).input_shape
    protocol = models.protocol(service)
    headers = {n: v for n, v in request.headers.items() if n != "content-length"}
    if protocol == "json":
        body = json.loads(request.body or b"{}")
        return request.replace(headers=headers, body=json.dumps(_changed(body, changes)).encode())
    names = {n: _form_name(n, shape.members[n], protocol) for n in changes}
    wire_changes = {names[name]: value for name, value in changes.items()}
    if protocol in {"query", "ec2"}:
        body = _changed_form(request.body.decode(), wire_changes).encode()
        return request.replace(headers=headers, body=body)
    return request.replace(query=_changed_form(request.query, wire_changes))


def _changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    kept = {n: v for n, v in values.items() if n not in changes}
    return kept | {n: v for n, v in changes.items() if v is not None}


def _changed_form(form: str, changes: dict[str, Any]) -> str:
    kept = [(n, v) for n, v in parse_qsl(form, keep_blank_values=True) if n not in changes]
    return urlencode(kept + [(n, str(v)) for n, v in changes.items() if v is not None])
