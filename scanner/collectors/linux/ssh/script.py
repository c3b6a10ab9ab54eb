"""The one script that reads a host, made of what the sources declare.

It prints each file, link and folder and the answer of each command, in base64 between marks, writes
nothing, and leaves nothing behind.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from scanner.collectors.base import Source

MAX_REMOTE_FILE = 32 * 1024 * 1024
"""Bytes of one remote file."""

_PROCESSES = "/proc/*/comm"

_HEAD = r"""
exec 3>&1
LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH
T=; command -v timeout >/dev/null 2>&1 && T='timeout 10'
n() {
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then
    d=${1%/*}; [ -n "$d" ] || d=/
    if [ -d "$d" ] && [ ! -x "$d" ]; then printf 'R\t%s\t%s\n' '0 0 0 0 0' "$1"; fi
    return
  fi
  if [ -L "$1" ] && [ ! -d "$1" ]; then
    r=$(readlink -f "$1" 2>/dev/null) || r=
    [ -n "$r" ] || r=$(readlink "$1")
    printf 'L\t%s\t%s\n' "$r" "$1"
    [ "$r" = "$1" ] || [ ! -e "$r" ] || n "$r"
    return
  fi
  s=$(stat -L -c '%f %u %g %s %Y' "$1" 2>/dev/null)
  [ -n "$s" ] || return
  if [ -d "$1" ]; then
    if [ -r "$1" ] && [ -x "$1" ]; then k=D; else k=Q; fi
    printf '%s\t%s\t%s\n' $k "$s" "$1"
  elif [ ! -f "$1" ]; then printf 'S\t%s\t%s\n' "$s" "$1"
  elif [ "$2" = r ] && [ ! -r "$1" ]; then printf 'R\t%s\t%s\n' "$s" "$1"
  elif [ "$2" = r ]; then
    printf 'F\t%s\t%s\n' "$s" "$1"; head -c LIMIT "$1" 2>/dev/null | base64; printf '.\n'
  else printf 'N\t%s\t%s\n' "$s" "$1"; fi
}
"""


def _quoted(path: str) -> str:
    """A path for the shell in which `*` still stands for names."""
    return "*".join(shlex.quote(part) if part else "" for part in path.split("*"))


def _folders(path: str) -> Iterator[str]:
    """The folders that a pattern lists: those before each part with a star."""
    parts = path.split("/")
    for index, part in enumerate(parts):
        if "*" in part:
            yield "/".join(parts[:index]) or "/"


def operations(sources: Iterable[Source]) -> list[str]:
    """Everything that these sources declare, sorted."""
    return sorted({call for source in sources for call, _ in source.needs(source.serves)})


def script(calls: Sequence[str]) -> str:
    """The script that reads what is declared; its answer is for `parse`."""
    lines = [_HEAD.replace("LIMIT", str(MAX_REMOTE_FILE))]
    folders: set[str] = set()
    homes = []
    for number, call in enumerate(calls):
        verb, _, what = call.partition(":")
        if verb == "run":
            command = what.split(" ")
            plain = " ".join(shlex.quote(word) for word in command)
            lines.append(
                f"printf 'X\\t%s\\n' {number}\n"
                f"if command -v {shlex.quote(command[0])} >/dev/null 2>&1; then\n"
                f"e=$( {{ {{ $T {plain} </dev/null; printf '\\nC%s' $?; }} "
                f"| head -c {MAX_REMOTE_FILE} | base64 >&3; }} 2>&1 )\n"
                "printf '.\\n%s\\n.\\n' \"$(printf '%s' \"$e\" | head -c 300 | base64)\"\n"
                "else printf '!\\n.\\n.\\n'; fi"
            )
            continue
        mark = "r" if verb == "read" else "s"
        if what.startswith("~/"):
            homes.append(f'n "$h"/{shlex.quote(what[2:])} {mark}')
            continue
        folders.update(_folders(what))
        if what == _PROCESSES:
            # One line each, and hundreds of them: one program reads them all.
            lines.append("grep -sH '' /proc/[0-9]*/comm | sed 's/^/G\t/'")
            continue
        if "*" in what:
            lines.append(f'for p in {_quoted(what)}; do n "$p" {mark}; done')
        else:
            lines.append(f"n {shlex.quote(what)} {mark}")
    for folder in sorted(folders):
        lines.append(f'for p in {_quoted(folder)}; do [ ! -d "$p" ] || n "$p" s; done')
    if homes:
        lines.append("cut -d: -f6 /etc/passwd | sort -u | while IFS= read -r h; do")
        lines.append('[ -n "$h" ] && [ -d "$h" ] || continue')
        lines.extend((*homes, "done"))
    lines.append("printf 'END\\n'")
    return "\n".join(lines) + "\n"
