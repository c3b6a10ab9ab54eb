"""Reading policy documents: who is let in from outside, and whether plain text is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scanner.collectors.base import Refused

ANYBODY = "*"
_ARN_ACCOUNT = re.compile(r"^arn:[a-z-]+:(?:iam|sts)::(\d{12}):")
_ACCOUNT = re.compile(r"^\d{12}$")

_NARROWING = frozenset(
    {
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourcearn",
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalarn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "kms:calleraccount",
        "sns:endpoint",
        "aws:userid",
    }
)
"""Condition keys that bind a statement for everybody to callers that somebody has named."""

_EQUALS = ("stringequals", "stringlike", "arnequals", "arnlike", "stringequalsignorecase")


def listed(value: Any) -> list[Any]:
    """A policy's one-or-many as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def statements(document: Mapping[str, Any], effect: str) -> Iterator[Mapping[str, Any]]:
    """The statements of one effect, Allow or Deny."""
    for statement in listed(document.get("Statement")):
        if statement.get("Effect") == effect:
            yield statement


def conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """(operator, key, values) of a statement's conditions, operator and key in lower case."""
    for operator, pairs in (statement.get("Condition") or {}).items():
        for key, values in pairs.items():
            yield operator.lower(), key.lower(), [str(v) for v in listed(values)]


def principals(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(type, name) of whom a statement names: ("AWS", "*"), ("Service", "ec2.amazonaws.com")."""
    if "NotPrincipal" in statement:
        yield "AWS", ANYBODY
        return
    named = statement.get("Principal")
    if isinstance(named, str):
        yield "AWS", named
    elif isinstance(named, Mapping):
        for kind, names in named.items():
            for name in listed(names):
                yield str(kind), str(name)


def account_of(principal: str) -> str | None:
    """The account of an AWS principal: an account id, an ARN; None for `*` and unique ids."""
    if _ACCOUNT.match(principal):
        return principal
    match = _ARN_ACCOUNT.match(principal)
    return match.group(1) if match else None


def is_narrowed(statement: Mapping[str, Any]) -> bool:
    """Whether a statement for everybody is bound to named callers by a condition."""
    return any(
        operator.removeprefix("forallvalues:").removeprefix("foranyvalue:") in _EQUALS
        and key in _NARROWING
        and not any(value in ("*", "") for value in values)
        for operator, key, values in conditions(statement)
    )


def outside(document: Mapping[str, Any], account: str) -> tuple[str, ...]:
    """Parties of other accounts that a resource policy allows, sorted; `*` for everybody.

    AWS services acting for the account are no outside party. A statement for everybody that is
    bound to named accounts, organisations or networks names those instead.
    """
    found: set[str] = set()
    for statement in statements(document, "Allow"):
        for kind, name in principals(statement):
            if kind == "Service":
                continue
            if kind != "AWS":
                found.add(name)
            elif name != ANYBODY:
                if account_of(name) != account:
                    found.add(name)
            elif not is_narrowed(statement):
                found.add(ANYBODY)
            else:
                found.update(_bound_to(statement, account))
    return tuple(sorted(found))


def policy_of(operation: str, text: str | None) -> Mapping[str, Any]:
    """A policy's document, empty where there is none.

    operation: what gave the text. Raises Refused where it is no JSON object.
    """
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        raise Refused("broken", operation, "the policy is no JSON") from None
    if not isinstance(found, dict):
        raise Refused("broken", operation, "the policy is no JSON object")
    return found


def opened_by(operation: str, text: str | None, account: str) -> dict[str, Any]:
    """`public` and `external_principals` of what has this policy; without one nobody is let in.

    operation: what gave the text. Raises Refused where it is no JSON object.
    """
    found = outside(policy_of(operation, text), account)
    return {"public": ANYBODY in found, "external_principals": found}


def _bound_to(statement: Mapping[str, Any], account: str) -> Iterable[str]:
    for _, key, values in conditions(statement):
        if key in _NARROWING:
            yield from (f"{key}={v}" for v in values if account not in v)


def refuses_plaintext(document: Mapping[str, Any], resource: str) -> bool:
    """Whether a bucket policy denies every request that did not come over TLS.

    resource: the bucket's ARN. The denial has to cover everybody, every S3 action, and the objects.
    """
    return any(_denies_plaintext(statement, resource) for statement in statements(document, "Deny"))


def _denies_plaintext(statement: Mapping[str, Any], resource: str) -> bool:
    if ("AWS", ANYBODY) not in set(principals(statement)) or "NotPrincipal" in statement:
        return False
    if not {"s3:*", "*"} & {str(a).lower() for a in listed(statement.get("Action"))}:
        return False
    reach = {str(r) for r in listed(statement.get("Resource"))}
    if not reach & {"*", f"{resource}/*", f"{resource}*"}:
        return False
    found = list(conditions(statement))
    return len(found) == 1 and (
        found[0][0] in ("bool", "boolifexists")
        and found[0][1] == "aws:securetransport"
        and [v.lower() for v in found[0][2]] == ["false"]
    )
