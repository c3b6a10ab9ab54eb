"""What can go wrong in words: whose fault it is decides the exit code."""

from __future__ import annotations

from collections.abc import Iterable


class InputError(Exception):
    """The user's input is wrong (exit 2). One or many messages, each complete in itself.

    A message names the file and line, or the target and operation, then what is wrong and what
    to do about it.
    """

    def __init__(self, messages: str | Iterable[str]) -> None:
        self.messages = (messages,) if isinstance(messages, str) else tuple(messages)
        super().__init__("\n".join(self.messages))


class Defect(Exception):
    """cmmc-scan itself is wrong (exit 4)."""


class RuleDefect(Defect):
    """A rule's expression failed although everything that it asks for was read (exit 4)."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C while something was being read; the words say what is kept and how to go on."""
