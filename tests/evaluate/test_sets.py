"""A counting rule says only what holds for every completion of what was not read."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from scanner.evaluate.sets import Count

small = st.integers(0, 6)


@given(small, small, small, st.booleans(), small, st.none() | small)
def test_the_interval_agrees_with_every_completion(satisfied, unknown, failed, more, least, most):
    assume(most is None or least <= most)
    count = Count(satisfied=satisfied, unknown=unknown, failed=failed, more=more)
    unseen = 30 if more else 0
    numbers = range(satisfied, satisfied + unknown + unseen + 1)
    answers = {least <= n and (most is None or n <= most) for n in numbers}
    verdict = count.verdict(least, most)
    if verdict == "pass":
        assert answers == {True}
    elif verdict == "fail":
        assert answers == {False}
    else:
        assert answers == {True, False}


def test_some_passes_on_one_proven_member_and_fails_only_when_none_is_possible():
    assert Count(satisfied=1, unknown=9, more=True).verdict(1, None) == "pass"
    assert Count(failed=3).verdict(1, None) == "fail"
    assert Count(failed=3, unknown=1).verdict(1, None) == "unknown"
    assert Count(failed=3, more=True).verdict(1, None) == "unknown"


def test_an_upper_bound_is_not_kept_while_members_may_be_unseen():
    assert Count(satisfied=2, more=True).verdict(0, 3) == "unknown"
    assert Count(satisfied=4, more=True).verdict(0, 3) == "fail"
