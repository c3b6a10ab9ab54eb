"""What is told of an action by a condition that speaks of actions, and of more than those."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.collectors.azure.conditions import allows
from scanner.collectors.azure.patterns import covers, meet, narrowed

BLOBS = "microsoft.storage/storageaccounts/blobservices/containers/blobs/read"
GRANTS = "ActionMatches{'Microsoft.Authorization/roleAssignments/write'}"
ROLES = "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId]"
DELEGATED = f"((!({GRANTS})) OR ({ROLES} ForAnyOfAnyValues:GuidEquals {{acdd72a7, 'b24988ac'}}))"
NAMED = f"""
(
 (
  !(ActionMatches{{'{BLOBS}'}} AND NOT SubOperationMatches{{'Blob.List'}})
 )
 OR
 (
  @Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'a) OR ('
 )
)
"""


@pytest.mark.parametrize(
    ("condition", "action", "told"),
    [
        (None, BLOBS, True),
        ("  ", BLOBS, True),
        # Whoever hands out roles under a condition may do the rest of the role without one.
        (DELEGATED, BLOBS, True),
        (f"{DELEGATED} AND {DELEGATED}", BLOBS, True),
        (DELEGATED, "microsoft.authorization/roleassignments/write", None),
        (NAMED, BLOBS, None),
        (NAMED, "microsoft.insights/eventtypes/values/read", True),
        (f"{DELEGATED} && {NAMED}", BLOBS, None),
        (f"!(ActionMatches{{'{BLOBS.upper()}'}})", BLOBS, False),
        (f"NOT ActionMatches{{'{BLOBS}'}} AND @Environment[isPrivateLink] BoolEquals true", BLOBS,
         False),
        ("ActionMatches{'Microsoft.Storage/*'}", BLOBS, True),
        # Of many actions, some.
        ("!(ActionMatches{'a/query/Secrets/read'})", "a/query/+/read", None),
        ("!(ActionMatches{'a/query/*'})", "a/query/+/read", False),
        ("!(ActionMatches{'b/*'})", "a/query/+/read", True),
        ("@Principal[x:y] StringEquals 'z'", BLOBS, None),
        # Nothing is assumed of which word binds closer, nor of what cannot be read.
        (f"!({GRANTS}) OR {GRANTS} AND {GRANTS}", BLOBS, None),
        (f"!({GRANTS}", BLOBS, None),
        (f"!({GRANTS})) OR", BLOBS, None),
        (f"!({GRANTS}) and", BLOBS, None),
        ("()", BLOBS, None),
        ("'open", BLOBS, None),
        ("!" * 9999 + GRANTS, BLOBS, None),
    ],
)  # fmt: skip
def test_whether_a_condition_leaves_an_action_be(
    condition: str | None, action: str, told: bool | None
) -> None:
    assert allows(condition, action) is told


@pytest.mark.parametrize(
    ("one", "other", "together", "first_covers"),
    [
        ("*", "a/query/+/read", True, True),
        ("*/read", "a/query/+/read", True, True),
        ("a/*", "a/query/+/read", True, True),
        ("a/query/read", "a/query/+/read", False, False),
        ("a/query/logs/read", "a/query/+/read", True, False),
        ("*/logs/*", "a/query/+/read", True, False),
        ("a/*/write", "a/query/+/read", False, False),
        ("b/*", "a/query/+/read", False, False),
        ("a/quer*/read", "a/query/+/read", True, True),
        ("a.c", "abc", False, False),
        # Both begin and end alike, and yet: what stands between does not fit.
        ("a/x/*/read", "a/query/+/read", False, False),
        ("a/*/b/*/read", "a/query/+/read", False, False),
        ("*/b/c/read", "a/query/+/read", False, False),
        ("a/query/*b*/read", "a/query/+/read", True, False),
    ],
)
def test_patterns_that_speak_of_the_same(
    one: str, other: str, together: bool, first_covers: bool
) -> None:
    assert meet(one, other) is meet(other, one) is together
    assert covers(one, other) is first_covers


LETTERS = "ab/"
PATTERNS = st.text("ab/*", max_size=4)
TEXTS = st.text(LETTERS, max_size=3)
SHORT = ["".join(letters) for length in range(8) for letters in product(LETTERS, repeat=length)]
NAMES = ["".join(letters) for length in range(1, 5) for letters in product("ab", repeat=length)]


def speaks(pattern: str, action: str) -> bool:
    signs = {"*": ".*", "+": "[^/]+"}
    return re.fullmatch("".join(signs.get(one, one) for one in pattern), action) is not None


@given(
    PATTERNS, st.one_of(PATTERNS, st.builds("{}+{}".format, *[st.text(LETTERS, max_size=1)] * 2))
)
def test_patterns_meet_where_an_action_is_meant_by_both(one: str, other: str) -> None:
    # An action that is meant by both and has no needless letters is no longer than the two.
    found = any(speaks(one, action) and speaks(other, action) for action in SHORT)
    assert meet(one, other) is meet(other, one) is found


@given(PATTERNS, TEXTS, TEXTS)
def test_a_way_is_narrowed_to_the_names_that_a_pattern_speaks_of(
    pattern: str, head: str, tail: str
) -> None:
    found = narrowed(pattern, f"{head}+{tail}")
    for name in NAMES:
        action = f"{head}{name}{tail}"
        assert any(speaks(one, action) for one in found) is speaks(pattern, action), action


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("*", ("a/query/+/read",)),
        ("a/query/*", ("a/query/+/read",)),
        ("a/*/read", ("a/query/+/read",)),
        ("*/logs/read", ("a/query/logs/read",)),
        ("a/*/logs/read", ("a/query/logs/read",)),
        ("a/query/l*/read", ("a/query/l*/read",)),
        ("a/query/l**", ("a/query/l*/read",)),
        ("a/query/read", ()),
        ("a/*/query/b/read", ()),
    ],
)
def test_what_is_left_of_a_way(pattern: str, told: tuple[str, ...]) -> None:
    assert narrowed(pattern, "a/query/+/read") == told
