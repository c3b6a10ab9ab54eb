"""Names of actions with stars, as roles write them: which of them speak of the same.

All in lower case. A star stands for any characters, slashes among them. Ways, which this project
writes, may hold one plus: it stands for a whole segment, whatever its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_SIGNS = {"*": ".*", "+": "[^/]+"}
_MANY = ("*", "+")


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(_SIGNS.get(one) or re.escape(one) for one in pattern), re.DOTALL)


def covers(pattern: str, action: str) -> bool:
    """Whether the pattern speaks of everything that the action, a pattern too, may stand for."""
    return _compiled(pattern).fullmatch(action) is not None


@lru_cache(maxsize=4096)
def meet(one: str, other: str) -> bool:
    """Whether there is an action that both patterns speak of."""
    waiting = [(0, 0)]
    seen = set(waiting)
    while waiting:
        here, there = waiting.pop()
        if (here, there) == (len(one), len(other)):
            return True
        for pair in _steps(one, here, other, there):
            if pair not in seen:
                seen.add(pair)
                waiting.append(pair)
    return False


def _steps(one: str, here: int, other: str, there: int) -> Iterator[tuple[int, int]]:
    """Where both patterns may stand after they skip a star, or take the same character."""
    if one[here : here + 1] == "*":
        yield here + 1, there
    if other[there : there + 1] == "*":
        yield here, there + 1
    if here < len(one) and there < len(other) and _share(one[here], other[there]):
        for first in _after(one, here):
            for second in _after(other, there):
                yield first, second


def _share(sign: str, other: str) -> bool:
    """Whether some character is meant by both."""
    if sign in _MANY and other in _MANY:
        return True
    if sign in _MANY or other in _MANY:
        return "*" in (sign, other) or "/" not in (sign, other)
    return sign == other


def _after(pattern: str, at: int) -> tuple[int, ...]:
    return (at, at + 1) if pattern[at] in _MANY else (at + 1,)


@lru_cache(maxsize=4096)
def narrowed(pattern: str, way: str) -> tuple[str, ...]:
    """The way, as far as the pattern speaks of it: nothing, itself, or its plus narrowed to names.

    A star in such a name stands for a part of that segment.
    """
    head, plus, tail = way.partition("+")
    if not plus:
        return (way,) if covers(pattern, way) else ()
    pattern = re.sub(r"\*+", "*", pattern)
    ends = range(len(pattern) + 1)
    starts = [at for at in ends if _spoken(pattern[:at], pattern[at : at + 1], head)]
    stops = [at for at in ends if _spoken(pattern[at:], pattern[:at][-1:], tail, before=True)]
    names = {pattern[start:stop] for start in starts for stop in stops if start < stop}
    found = {name for name in names if "/" not in name}
    if "*" in found:
        return (way,)
    wide = {name for name in found if not any(covers(other, name) for other in found - {name})}
    return tuple(sorted(f"{head}{name}{tail}" for name in wide))


def _spoken(part: str, sign: str, text: str, *, before: bool = False) -> bool:
    """Whether the part of a pattern speaks of the text; a star beside it may speak of some too."""
    if sign == "*":
        part = f"*{part}" if before else f"{part}*"
    return covers(part, text)
