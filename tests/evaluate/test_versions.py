"""Versions against declared ranges, and records that have to fit in more than their name."""

from __future__ import annotations

import re
from typing import Any

import pytest

from scanner.assess.load import schema
from scanner.evaluate.lookups import Lookups
from scanner.evaluate.versions import in_range, is_range
from scanner.rules.model import Lookup


@pytest.mark.parametrize(
    ("version", "declared", "answer"),
    [
        ("1.9", ">=1.10", False),
        ("1.10", ">=1.9", True),
        ("1.2.0", "==1.2", True),
        ("1.2", "<=1.2.0.0", True),
        ("3.0.7-1ubuntu2", ">=3,<3.1", True),
        ("3.1.0-1", ">=3,<3.1", False),
        ("3.0.7-2", ">3.0.7-1", True),
        ("1:2.4", ">=2,<3", True),
        ("1:2.4", ">=0:3", True),
        ("2.0~rc1", ">=2.0", False),
        ("1.1.1k", ">1.1.1", True),
        ("1.1.1", "<1.1.1k", True),
        ("v2.3", "==2.3", True),
        ("24.09", "!=24.9", False),
        ("128.0.6613.138", "128.*", True),
        ("git", "git", True),
        ("git", ">=1", None),
        ("", ">=1", None),
        ("1.2 (build 7)", ">=1", None),
    ],
)
def test_versions(version: str, declared: str, answer: bool | None) -> None:
    assert in_range(version, declared) is answer


@pytest.mark.parametrize("text", [">=", ">=x", ">=1,,<2", "1.2,<3", "=1", "~=1.2", ">=1 <2", ""])
def test_what_is_no_range_is_refused_by_the_schema_too(text: str) -> None:
    record = schema("declarations")["properties"]["software"]["items"]["properties"]
    pattern = record["versions"]["items"]["pattern"]
    assert (re.search(pattern, text) is None, is_range(text)) == (True, False)
    assert all(re.search(pattern, each) for each in (">=1.2,<2", "3.*", "24.09"))


SOFTWARE = {
    "7-Zip *": {"id": "7-Zip *", "publisher": "Igor Pavlov", "versions": [">=24"]},
    "chrony": {"id": "chrony"},
}
LOOK = Lookup(
    prefix="allowed",
    on="program",
    declaration="software",
    ignore_case=True,
    fits={"publisher": "publisher", "versions": "version"},
)


@pytest.mark.parametrize(
    ("program", "publisher", "version", "found"),
    [
        ("7-zip 24.09", "IGOR PAVLOV", "24.09", True),
        ("7-Zip 24.09", "Mallory", "24.09", False),
        ("7-Zip 19", "Igor Pavlov", "19.00", False),
        ("7-Zip 24.09", None, "24.09", None),
        ("7-Zip 24.09", "Igor Pavlov", None, None),
        ("7-Zip 24.09", "Mallory", None, False),
        ("Chrony", None, None, True),
        ("netcat", None, None, False),
    ],
)
def test_a_record_counts_where_everything_fits(
    program: str, publisher: str | None, version: str | None, found: bool | None
) -> None:
    nothing: Any = None
    lookups = Lookups(nothing, nothing, {"software": SOFTWARE})
    own = {"publisher": publisher, "versions": version}
    assert lookups.declared("software", program, LOOK, own).get("allowed_found") is found


@pytest.mark.parametrize(
    ("role", "found"),
    [
        ("Audit_1", True),
        ("Reader [a]", True),
        ("Reader a", False),
        ("audit_1", False),
        ("Admin_2", False),
        (None, None),
    ],
)
def test_a_list_of_texts_fits_where_one_of_them_does(role: str | None, found: bool | None) -> None:
    nothing: Any = None
    readers = {"SSO": {"id": "SSO", "roles": ["Reader [a]", "Audit_*"]}}
    lookups = Lookups(nothing, nothing, {"audit-readers": readers})
    look = Lookup(
        prefix="entry", on="principal_name", declaration="audit-readers", fits={"roles": "role"}
    )
    own = {"roles": role}
    assert lookups.declared("audit-readers", "SSO", look, own).get("entry_found") is found


def test_names_of_accounts_keep_their_case() -> None:
    nothing: Any = None
    lookups = Lookups(nothing, nothing, {"administrators": {"ann": {"id": "ann"}}})
    look = Lookup(prefix="entry", on="name", declaration="administrators")
    assert lookups.declared("administrators", "Ann", look, {}) == {"entry_found": False}
    assert lookups.declared("administrators", "ann", look, {})["entry_found"] is True
