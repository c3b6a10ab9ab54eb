"""Names of actions with stars, as roles write them: which of them speak of the same."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def covers(pattern: str, action: str) -> bool:
    """Whether the pattern speaks of everything that the action, a pattern too, may stand for.

    Both in lower case. A star stands for any characters, slashes among them.
    """
    return _compiled(pattern).fullmatch(action) is not None


def meet(one: str, other: str) -> bool:
    """Whether there is an action that both patterns speak of."""
    if "*" not in one:
        return covers(other, one)
    if "*" not in other:
        return covers(one, other)
    # What stands between the stars of one fits into a star of the other.
    head, other_head = one.partition("*")[0], other.partition("*")[0]
    tail, other_tail = one.rpartition("*")[2], other.rpartition("*")[2]
    return (head.startswith(other_head) or other_head.startswith(head)) and (
        tail.endswith(other_tail) or other_tail.endswith(tail)
    )
