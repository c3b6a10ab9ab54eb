"""The trend as a picture: inline SVG without script, style sheet or reference to anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.history.ask import Point

WIDTH, HEIGHT = 720, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 10, 24

LAYERS = (
    ("critical", "#8f1d1d"),
    ("high", "#d1495b"),
    ("medium", "#e59f4a"),
    ("low", "#6f9bc4"),
    ("info", "#b9c4cf"),
)
"""Severity and its colour, from the bottom up."""
MOST_POINTS = 200
"""More runs than the picture has room for are thinned; the last one always stays."""


def picture(points: Sequence[Point]) -> str:
    """Failures open after each run, stacked by severity, severest at the bottom; for people who
    cannot see it, its title says the same in words."""
    shown = _thinned(points)
    most = max((point.failing for point in shown), default=0) or 1
    words = _words(points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{words}">',
        f"<title>{words}</title>",
        *_axis(shown, most),
    ]
    below = [0] * len(shown)
    for name, colour in LAYERS:
        above = [b + getattr(p, name) for b, p in zip(below, shown, strict=True)]
        if above != below:
            edge = [*_line(above, most), *reversed(list(_line(below, most)))]
            parts.append(f'<polygon fill="{colour}" points="{" ".join(edge)}"/>')
        below = above
    parts.append("</svg>")
    return "".join(parts)


def _thinned(points: Sequence[Point]) -> list[Point]:
    step = -(-len(points) // MOST_POINTS) or 1
    return list(points[::-1][::step][::-1])


def _line(heights: Sequence[int], most: int) -> Iterator[str]:
    wide, high = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    if len(heights) == 1:
        heights = [heights[0], heights[0]]
    for number, height in enumerate(heights):
        x = _LEFT + wide * number / (len(heights) - 1)
        yield f"{x:.1f},{_TOP + high * (1 - height / most):.1f}"


def _axis(points: Sequence[Point], most: int) -> Iterator[str]:
    base = HEIGHT - _BOTTOM
    text = 'font-family="sans-serif" font-size="11" fill="currentColor"'
    yield f'<path d="M{_LEFT} {_TOP}V{base}H{WIDTH - _RIGHT}" fill="none" stroke="currentColor"/>'
    yield f'<text x="{_LEFT - 6}" y="{_TOP + 8}" text-anchor="end" {text}>{most}</text>'
    yield f'<text x="{_LEFT - 6}" y="{base}" text-anchor="end" {text}>0</text>'
    if points:
        yield f'<text x="{_LEFT}" y="{HEIGHT - 8}" {text}>{points[0].at[:10]}</text>'
        yield (
            f'<text x="{WIDTH - _RIGHT}" y="{HEIGHT - 8}" text-anchor="end" {text}>'
            f"{points[-1].at[:10]}</text>"
        )


def _words(points: Sequence[Point]) -> str:
    if not points:
        return "No run yet"
    first, last = points[0], points[-1]
    return (
        f"Open failures: {first.failing} on {first.at[:10]}, {last.failing} on {last.at[:10]},"
        f" {len(points)} runs"
    )
