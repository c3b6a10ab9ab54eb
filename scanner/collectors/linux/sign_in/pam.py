"""PAM stacks, as pam.conf(5) and the distributions write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from scanner.collectors.linux.host import Host, Unclear, clear

PAM_FOLDERS = ("/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d")
PAM_CALLS = {f"read:{folder}/*": "" for folder in PAM_FOLDERS}

_WORDS: dict[str, dict[str, str]] = {
    "required": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "bad"},
    "requisite": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "die"},
    "sufficient": {"success": "done", "new_authtok_reqd": "done", "default": "ignore"},
    "optional": {"success": "ok", "new_authtok_reqd": "ok", "default": "ignore"},
}


@dataclass(frozen=True)
class Rule:
    """One line of a stack. nested: the rules of a substack, which is judged as one module."""

    control: tuple[tuple[str, str], ...]
    module: str
    args: tuple[str, ...] = ()
    nested: tuple[Rule, ...] | None = None
    silent: bool = False
    """A dash stands before it: where its module is not installed the line is passed over."""

    def has(self, *flags: str) -> bool:
        return any(flag in self.args for flag in flags)

    def value(self, name: str) -> str | None:
        """The last `name=value` of its arguments."""
        found = None
        for arg in self.args:
            if arg.startswith(f"{name}="):
                found = arg[len(name) + 1 :]
        return found


def _split(line: str) -> list[str]:
    """Words, of which one in square brackets may hold blanks."""
    words = re.findall(r"\[(?:\\.|[^\]\\])*\]|\S+", line)
    return [
        w[1:-1].replace("\\]", "]") if w.startswith("[") and w.endswith("]") else w for w in words
    ]


def _control(text: str) -> tuple[tuple[str, str], ...]:
    word = text.lower()
    if word in _WORDS:
        return tuple(_WORDS[word].items())
    pairs = []
    for part in text.split():
        key, equals, action = part.partition("=")
        if not equals or not re.fullmatch(r"ignore|bad|die|ok|done|reset|[0-9]{1,3}", action):
            raise Unclear(f"PAM control {text!r} is not understood")
        pairs.append((key, action))
    if not pairs:
        raise Unclear("a PAM rule has no control")
    return tuple(pairs)


@dataclass
class Stacks:
    """The PAM configuration of a host; texts by service name."""

    text_of: Callable[[str], str | None]
    _open: list[str] = field(default_factory=list)

    def rules(self, service: str, kind: str) -> tuple[Rule, ...]:
        """The rules of one kind (auth, account, password, session) of a service, includes put in.

        A service without a file of its own uses `other`. Raises Unclear.
        """
        text = self.text_of(service)
        if text is None and not self._open:
            text = self.text_of("other")
        if text is None:
            raise Unclear(f"the PAM service {service} has no file")
        if service in self._open or len(self._open) > 16:
            raise Unclear(f"the PAM service {service} includes itself")
        self._open.append(service)
        try:
            return tuple(self._lines(text, kind))
        finally:
            self._open.pop()

    def _lines(self, text: str, kind: str) -> Iterable[Rule]:
        for line in _parsed(text, kind):
            if isinstance(line, Rule):
                yield line
            elif line.nested:
                nested = self.rules(line.service, kind)
                yield Rule(_control("required"), f"substack {line.written}", (), nested)
            else:
                yield from self.rules(line.service, kind)


@dataclass(frozen=True)
class _Include:
    """A line that brings in another file: by its rules, or nested as one."""

    service: str
    written: str
    nested: bool


@lru_cache(maxsize=256)
def _parsed(text: str, kind: str) -> tuple[Rule | _Include, ...]:
    """The lines of one kind. The hosts of a fleet have much the same few small files."""
    found: list[Rule | _Include] = []
    for raw in text.replace("\\\n", " ").splitlines():
        line = raw.split("#", 1)[0].strip()
        if not line:
            continue
        if line.startswith("@include"):
            name = line[len("@include") :].strip()
            found.append(_Include(_service(name), name, nested=False))
            continue
        words = _split(line)
        if len(words) < 3:
            raise Unclear(f"the PAM line {line[:60]!r} is not understood")
        here, control, module, *args = words
        here = here.lstrip("-").lower()
        if here not in ("auth", "account", "password", "session"):
            raise Unclear(f"the PAM line {line[:60]!r} is not understood")
        if here != kind:
            continue
        if control.lower() in ("include", "substack"):
            found.append(_Include(_service(module), module, control.lower() == "substack"))
        else:
            name = module.rpartition("/")[2].removesuffix(".so")
            silent = line.startswith("-")
            found.append(Rule(_control(control), name, tuple(args), silent=silent))
    return tuple(found)


def _service(name: str) -> str:
    plain = name.removeprefix("/etc/pam.d/")
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*", plain):
        raise Unclear(f"the PAM include {name!r} leads elsewhere")
    return plain


def stacks(host: Host) -> Stacks:
    """The host's stacks; a file in /etc hides the vendor's of the same name."""

    def text_of(service: str) -> str | None:
        for folder in PAM_FOLDERS:
            text = host.read_optional(f"{folder}/{service}")
            if text is not None:
                return text
        return None

    return Stacks(text_of)


def pam_rules(host: Host, service: str, kind: str) -> tuple[Rule, ...]:
    """As Stacks.rules, with Refused `broken` for what is not understood."""
    return clear(f"read:{PAM_FOLDERS[0]}/*", lambda: stacks(host).rules(service, kind))


def flat(rules: Iterable[Rule]) -> list[Rule]:
    """Every rule, those of substacks too, in order."""
    found: list[Rule] = []
    for rule in rules:
        found.extend(flat(rule.nested) if rule.nested is not None else [rule])
    return found
