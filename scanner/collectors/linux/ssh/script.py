"""The one script that reads a host, made of what the sources declare.

It lists what is there with the shell's own tests, then looks at everything and reads everything
with one program each, so that a host starts some tens of programs, not thousands. It writes
nothing, and leaves nothing behind. Its answer is lines of bytes, told apart by their first:

    D Q S R F N L B E   what a path is: folder, closed folder, special, closed to us, file to be
                        read, file to be looked at, link, binary file, file of which the end counts
    T   mode, owner, group, size and time of a path     K   where a link leads
    O   the content of a file: each line after a bar, then a dot (or ! where it did not open)
    C   the same in base64                              G   a process and its name
    X   the answer of a command, in base64              END
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from functools import lru_cache

from scanner.collectors.base import Source

MAX_REMOTE_FILE = 32 * 1024 * 1024
"""Bytes of one remote file."""

_TAIL = 4 * 1024 * 1024
"""Bytes of a log of which only the latest records are looked at."""

_PROCESSES = "/proc/*/comm"
_MARKS = {
    # Of these the running host's rpm is asked; the file itself would be tens of megabytes.
    "/var/lib/rpm/rpmdb.sqlite": "s",
    "/usr/lib/sysimage/rpm/rpmdb.sqlite": "s",
    "/var/log/lastlog": "b",
    "/var/lib/lastlog/lastlog2.db": "b",
    "/var/log/audit/audit.log": "e",
}
"""How a path is read where it is not read as text: s not at all, b as bytes, e its end."""

_ONLY_WHERE = {
    # Asking for a table makes the kernel set it up, and this script changes nothing.
    "iptables-legacy": "grep -qx filter /proc/net/ip_tables_names",
    "ip6tables-legacy": "grep -qx filter /proc/net/ip6_tables_names",
}
"""What has to hold for a command to be run."""

_HEAD = r"""
exec 3>&1
LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH
unset QUOTING_STYLE
T=; command -v timeout >/dev/null 2>&1 && T='timeout 10'
N='
'
n() {
  case $1 in *"$N"*) return;; esac
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then
    d=${1%/*}; [ -n "$d" ] || d=/
    if [ -d "$d" ] && [ ! -x "$d" ]; then printf 'R\t%s\n' "$1"; fi
    return
  fi
  if [ -d "$1" ]; then
    if [ -r "$1" ] && [ -x "$1" ]; then k=D; else k=Q; fi
  else
    if [ -L "$1" ]; then printf 'L\t%s\n' "$1"; [ -e "$1" ] || return; fi
    if [ ! -f "$1" ]; then k=S
    elif [ "$2" = s ]; then k=N
    elif [ ! -r "$1" ]; then k=R
    else case $2 in b) k=B;; e) k=E;; *) k=F;; esac
    fi
  fi
  printf '%s\t%s\n' $k "$1"
}
p() { printf '%s\n' "$l" | sed -n "s/^[$1]	//p"; }
"""

_READ = r"""
printf '%s\n' "$l"
p DQSRFNBE | tr '\n' '\0' | xargs -0 -r stat -L -c 'T	%f %u %g %s %Y	%n' 2>/dev/null
p L | tr '\n' '\0' | xargs -0 -r stat -c 'K	%n	%N' 2>/dev/null
p F | awk '{
  f = $0; n = 0; printf "O\t%s\n", f
  while (0 < (r = (getline x < f))) { print "|" x; n += length(x) + 1; if (LIMIT < n) break }
  print (r < 0 ? "!" : "."); close(f)
}'
p B | while IFS= read -r f; do
  printf 'C\t%s\n' "$f"; head -c LIMIT "$f" 2>/dev/null | base64; printf '.\n'
done
p E | while IFS= read -r f; do
  printf 'C\t%s\n' "$f"; tail -c TAIL "$f" 2>/dev/null | base64; printf '.\n'
done
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


def _command(number: int, what: str) -> str:
    words = what.split(" ")
    plain = " ".join(shlex.quote(word) for word in words)
    needed = _ONLY_WHERE.get(words[0])
    where = f"{needed} 2>/dev/null && " if needed is not None else ""
    return (
        f"printf 'X\\t%s\\n' {number}\n"
        f"if {where}command -v {shlex.quote(words[0])} >/dev/null 2>&1; then\n"
        f"e=$( {{ {{ $T {plain} </dev/null; printf '\\nC%s' $?; }} "
        f"| head -c {MAX_REMOTE_FILE} | base64 >&3; }} 2>&1 )\n"
        "printf '.\\n'\n"
        '[ -z "$e" ] || printf \'%s\' "$e" | head -c 300 | base64\n'
        "printf '.\\n'\n"
        "else printf '!\\n.\\n.\\n'; fi"
    )


@lru_cache(maxsize=4)
def script(calls: tuple[str, ...]) -> str:
    """The script that reads what is declared; its answer is for `parse`."""
    paths: list[str] = []
    homes: list[str] = []
    folders: set[str] = set()
    others: list[str] = []
    for number, call in enumerate(calls):
        verb, _, what = call.partition(":")
        if verb == "run":
            others.append(_command(number, what))
            continue
        mark = _MARKS.get(what, "r") if verb == "read" else "s"
        if what.startswith("~/"):
            homes.append(f'n "$h"/{shlex.quote(what[2:])} {mark}')
            continue
        folders.update(_folders(what))
        if what == _PROCESSES:
            # One line each, and hundreds of them: one program reads them all.
            others.append("grep -sH '' /proc/[0-9]*/comm | sed 's/^/G\t/'")
        elif "*" in what:
            paths.append(f'for p in {_quoted(what)}; do n "$p" {mark}; done')
        else:
            paths.append(f"n {shlex.quote(what)} {mark}")
    for folder in sorted(folders):
        paths.append(f'for p in {_quoted(folder)}; do [ ! -d "$p" ] || n "$p" s; done')
    if homes:
        paths.append("cut -d: -f6 /etc/passwd | sort -u | while IFS= read -r h; do")
        paths.append('[ -n "$h" ] && [ -d "$h" ] || continue')
        paths.extend((*homes, "done"))
    read = _READ.replace("LIMIT", str(MAX_REMOTE_FILE)).replace("TAIL", str(_TAIL))
    return "\n".join([_HEAD, "l=$( {", *paths, "} | sort -u )", read, *others, "printf 'END\\n'\n"])
