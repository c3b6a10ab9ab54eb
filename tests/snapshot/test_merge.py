"""Several snapshots as one: what a later listing lacks is gone, what was read later is no gap."""

from __future__ import annotations

import itertools

import pytest
from fakes import FakeCloud

from scanner.collectors.base import Refused
from scanner.facts import UNSET
from scanner.snapshot.read import open_snapshot

DAY1, DAY2 = "2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z"


def names(*folders):
    merged = open_snapshot(*folders)
    return [f.name for f in merged.facts("storage.store") if f.category == "bucket"]


@pytest.fixture
def day(snap):
    numbers = itertools.count()

    def taken(when, **state):
        target = state.pop("target", "t1")
        name = f"s{next(numbers)}"
        return snap(FakeCloud(**state), name=name, target=target, now=lambda: when)

    return taken


def test_what_the_later_listing_lacks_is_gone(day):
    one = day(DAY1, buckets={"a": True, "b": True})
    two = day(DAY2, buckets={"a": True, "c": True})
    assert names(one, two) == names(two, one) == ["a", "c"]


def test_what_came_back_is_there(day):
    one = day(DAY1, buckets={"a": True, "b": True})
    two = day(DAY2, buckets={"a": True})
    three = day("2026-11-26T00:00:00Z", buckets={"a": True, "b": False})
    for folders in itertools.permutations((one, two, three)):
        assert names(*folders) == ["a", "b"]
        found = {f.name: f for f in open_snapshot(*folders).facts("storage.store")}
        assert found["b"].encrypted is False


def test_a_refused_listing_takes_nothing_away(day):
    one = day(DAY1, buckets={"a": True, "b": True})
    two = day(DAY2, buckets={"a": True}, refuse={"ListBuckets": Refused("denied", "ListBuckets")})
    assert names(one, two) == ["a", "b"]
    assert [gap.operation for gap in open_snapshot(one, two).gaps.values()] == ["ListBuckets"]


def test_a_listing_that_was_read_later_is_no_gap_any_more(day):
    one = day(DAY1, buckets={"a": True}, refuse={"ListBuckets": Refused("denied", "ListBuckets")})
    two = day(DAY2, buckets={"a": True})
    assert open_snapshot(one, two).gaps == open_snapshot(two, one).gaps == {}


def test_another_target_takes_nothing_away(day):
    one = day(DAY1, buckets={"a": True, "b": True})
    two = day(DAY2, buckets={"a": True}, target="t2")
    assert names(one, two) == ["a", "b"]


def test_a_field_that_was_read_later_is_no_gap_any_more(day):
    blind = {"GetEncryption": Refused("denied", "GetEncryption")}
    one = day(DAY1, buckets={"a": True}, refuse=blind)
    assert [gap.reach for gap in open_snapshot(one).gaps.values()] == ["fields"]
    two = day(DAY2, buckets={"a": True})
    assert open_snapshot(one, two).gaps == {}


def test_a_field_that_was_refused_later_stays_a_gap_and_its_value_is_as_old_as_it_is(day):
    one = day(DAY1, buckets={"a": True})
    two = day(DAY2, buckets={"a": True}, refuse={"GetEncryption": Refused("denied", "x")})
    merged = open_snapshot(one, two)
    assert [gap.reach for gap in merged.gaps.values()] == ["fields"]
    (a,) = (f for f in merged.facts("storage.store") if f.category == "bucket")
    assert (a.encrypted, a.observed_at) == (True, DAY1)


def test_a_field_that_no_day_could_read_keeps_its_gap(day):
    blind = {"GetEncryption": Refused("denied", "GetEncryption")}
    merged = open_snapshot(*(day(when, buckets={"a": True}, refuse=blind) for when in (DAY1, DAY2)))
    (a,) = (f for f in merged.facts("storage.store") if f.category == "bucket")
    assert a.encrypted is UNSET
    assert set(a.unread.values()) == set(merged.gaps)
