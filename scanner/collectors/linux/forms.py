"""The forms in which Linux programs write their settings, and which of several places wins.

Parsers take text and raise `Unclear` for what they cannot place; they never fall back on a guess.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator

from scanner.collectors.linux.host import Host, Unclear

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def lines_of(text: str, comment: str = "#") -> Iterator[str]:
    """The lines that say something: stripped, without blank ones and whole-line comments."""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped and stripped[0] not in comment:
            yield stripped


def shell_assignments(text: str) -> dict[str, str]:
    """KEY=value lines as a shell reads them (os-release(5), /etc/default/*); the last wins."""
    found: dict[str, str] = {}
    for line in lines_of(text):
        key, equals, value = line.partition("=")
        if not equals or not _KEY.fullmatch(key.strip()):
            continue
        try:
            words = shlex.split(value, comments=True)
        except ValueError:
            raise Unclear(f"the value of {key.strip()} has an open quote") from None
        found[key.strip()] = words[0] if words else ""
    return found


def equals_pairs(text: str) -> list[tuple[str, str]]:
    """`key = value` lines (auditd.conf, pwquality.conf, faillock.conf), keys in lower case.

    A line without `=` is a switch: its value is empty. A `#` after the value starts a comment.
    """
    pairs = []
    for line in lines_of(text):
        plain = re.split(r"\s#", line, maxsplit=1)[0].strip()
        key, _, value = plain.partition("=")
        pairs.append((key.strip().lower(), value.strip()))
    return pairs


def word_pairs(text: str) -> dict[str, str]:
    """`KEY value` lines (login.defs(5)); the last wins."""
    found: dict[str, str] = {}
    for line in lines_of(text):
        key, _, value = line.partition(" ") if "\t" not in line else _first_blank(line)
        found[key] = value.split("#")[0].strip()
    return found


def _first_blank(line: str) -> tuple[str, str, str]:
    key, *rest = line.split(None, 1)
    return key, " ", rest[0] if rest else ""


def sections(text: str, comment: str = "#;") -> list[tuple[str, str, str]]:
    """(section, key, value) in order of an INI file as systemd, dconf and dnf write them.

    A line that ends in a backslash goes on in the next one.
    """
    found: list[tuple[str, str, str]] = []
    section, held = "", ""
    for raw in text.splitlines():
        line = held + raw.strip()
        held = ""
        if not line or line[0] in comment:
            continue
        if line.endswith("\\"):
            held = line[:-1] + " "
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
            continue
        key, equals, value = line.partition("=")
        if equals:
            found.append((section, key.strip(), value.strip()))
    return found


def section_values(texts: Iterable[str], section: str) -> dict[str, str]:
    """The values of one section over several files, of which a later one wins.

    An empty value takes an earlier one back, as systemd does.
    """
    values: dict[str, str] = {}
    for text in texts:
        for where, key, value in sections(text):
            if where != section:
                continue
            if value:
                values[key] = value
            else:
                values.pop(key, None)
    return values


SYSTEMD_FOLDERS = ("/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd")


def systemd_calls(name: str) -> dict[str, str]:
    """What reading a systemd configuration file with its drop-ins takes."""
    calls = {}
    for folder in SYSTEMD_FOLDERS:
        calls[f"read:{folder}/{name}"] = ""
        calls[f"read:{folder}/{name}.d/*.conf"] = ""
    return calls


def systemd_texts(host: Host, name: str) -> list[str]:
    """A systemd configuration file and its drop-ins in the order in which they apply.

    The main file of the first folder that has one; drop-ins by file name, where a name in an
    earlier folder hides the same name in a later one (systemd.syntax, CONFIGURATION DIRECTORIES).
    /run is left out of a mounted root, where it is empty.
    """
    folders = [f for f in SYSTEMD_FOLDERS if host.live or not f.startswith("/run")]
    texts = []
    for folder in folders:
        main = host.read_optional(f"{folder}/{name}")
        if main is not None:
            texts.append(main)
            break
    texts.extend(drop_ins(host, [f"{folder}/{name}.d" for folder in folders]))
    return texts


def drop_in_paths(host: Host, folders: Iterable[str], suffix: str = ".conf") -> list[str]:
    """The files of several folders by name; a name in an earlier folder hides later ones.

    A link to /dev/null is how an administrator hides a file for good; it stands for no file.
    """
    chosen: dict[str, str] = {}
    for folder in folders:
        for name in host.listdir(folder):
            if name.endswith(suffix) and name not in chosen:
                chosen[name] = f"{folder}/{name}"
    paths = [chosen[name] for name in sorted(chosen)]
    return [path for path in paths if not (host.readlink(path) or "").endswith("/dev/null")]


def drop_ins(host: Host, folders: Iterable[str], suffix: str = ".conf") -> list[str]:
    """The texts of `drop_in_paths`."""
    return [host.read_optional(path) or "" for path in drop_in_paths(host, folders, suffix)]


def boolean(value: str) -> bool:
    """systemd's and most programs' words for yes and no."""
    word = value.strip().lower()
    if word in ("1", "yes", "y", "true", "t", "on"):
        return True
    if word in ("0", "no", "n", "false", "f", "off"):
        return False
    raise Unclear(f"{value!r} is neither yes nor no")


def whole(value: str) -> int:
    """A whole number as people write it."""
    if not re.fullmatch(r"[+-]?[0-9]{1,15}", value.strip()):
        raise Unclear(f"{value!r} is not a whole number")
    return int(value)


_SPANS = {
    **dict.fromkeys(("s", "sec", "second", "seconds", ""), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
    **dict.fromkeys(("w", "week", "weeks"), 604800),
    **dict.fromkeys(("M", "month", "months"), 2629800),
    **dict.fromkeys(("y", "year", "years"), 31557600),
}


def span_seconds(value: str) -> int | None:
    """Seconds of a systemd.time(7) span such as `1year 2h`; None for `infinity`.

    Spans below a second count as 0, since no rule asks for less.
    """
    text = value.strip()
    if text == "infinity":
        return None
    parts = re.findall(r"([0-9]{1,12})(?:\.[0-9]+)?\s*([A-Za-zµ]*)\s*", text)
    if not parts or re.sub(r"[0-9]{1,12}(?:\.[0-9]+)?\s*[A-Za-zµ]*\s*", "", text):
        raise Unclear(f"{value!r} is not a span of time")
    total = 0
    for number, unit in parts:
        if unit in ("ms", "msec", "us", "usec", "µs", "ns", "nsec"):
            continue
        if unit not in _SPANS:
            raise Unclear(f"{value!r} is not a span of time")
        total += int(number) * _SPANS[unit]
    return total


def minutes(seconds: int | None) -> int | None:
    """Whole minutes, rounded up: 90 seconds are not within one minute."""
    return None if seconds is None else -(-seconds // 60)


def last(pairs: Iterable[tuple[str, str]], key: str) -> str | None:
    """The last value of a key; None where it does not stand."""
    value = None
    for name, each in pairs:
        if name == key:
            value = each
    return value


def first_existing(host: Host, paths: Iterable[str]) -> str | None:
    """The first of the paths that exists."""
    return next((path for path in paths if host.exists(path)), None)


def first_text(host: Host, paths: Iterable[str]) -> str | None:
    """The text of the first of the paths that exists: /etc hides what a vendor ships."""
    texts = (host.read_optional(path) for path in paths)
    return next((text for text in texts if text is not None), None)


def each_text(host: Host, paths: Iterable[str], use: Callable[[str, str], None]) -> None:
    """Call `use` with path and text of every path that exists."""
    for path in paths:
        text = host.read_optional(path)
        if text is not None:
            use(path, text)
