"""The public keys that open an account over SSH, and where they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

KEY_FILES = (".ssh/authorized_keys", ".ssh/authorized_keys2")
_KEY_TYPES = ("ssh-", "ecdsa-", "sk-", "rsa-", "webauthn-", "cert-")


@dataclass(frozen=True)
class Key:
    """One public key that opens an account. fingerprint: SHA-256 of the public key, hex."""

    type: str
    fingerprint: str

    @property
    def security_key(self) -> bool:
        return self.type.startswith(("sk-", "webauthn-sk-"))


def parse_authorized_keys(text: str) -> list[Key]:
    """The keys of authorized_keys(5); options and comments are dropped."""
    keys = []
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        words = _outside_quotes(stripped)
        for index, word in enumerate(words[:-1]):
            if word.startswith(_KEY_TYPES) and words[index + 1].startswith("AAAA"):
                keys.append(Key(word, sha256(words[index + 1].encode()).hexdigest()))
                break
    return keys


def _outside_quotes(line: str) -> list[str]:
    words, word, quoted, escaped = [], "", False, False
    for char in line:
        if char == '"' and not escaped:
            quoted = not quoted
        if char in " \t" and not quoted:
            if word:
                words.append(word)
            word = ""
        else:
            word += char
        escaped = char == "\\" and not escaped
    return [*words, word] if word else words
