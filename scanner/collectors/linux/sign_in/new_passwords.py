"""What is asked of a new password: its quality, its history, its age, how it is stored."""

from __future__ import annotations

import re

from scanner.collectors.linux.forms import equals_pairs, first_text, whole
from scanner.collectors.linux.host import Host, Unclear
from scanner.collectors.linux.sign_in.pam import Rule, flat, pam_rules
from scanner.collectors.linux.sign_in.pam_modules import PASSWORD
from scanner.collectors.linux.sign_in.passwd import login_defs
from scanner.collectors.linux.system.release import release

QUALITY = "/etc/security/pwquality.conf"
HISTORY = "/etc/security/pwhistory.conf"
VENDOR_HISTORY = "/usr/etc/security/pwhistory.conf"

_CREDITS = ("dcredit", "ucredit", "lcredit", "ocredit")
_CRACKLIB = {"minlen": 9, "difok": 5, "minclass": 0, **dict.fromkeys(_CREDITS, 1)}
"""pam_cracklib(8)'s defaults; it has no file of its own."""


def commented_default(text: str, key: str) -> str | None:
    """The value that a shipped file gives in a comment for a setting that is not set.

    pwquality.conf is distributed with every default as `# minlen = 8`; the numbers differ from
    release to release, so the file on the host is the one to ask.
    """
    found = re.search(rf"^#\s*{key}\s*=\s*(-?[0-9]+)\s*$", text, re.M)
    return found.group(1) if found else None


def binds(rule: Rule) -> bool:
    """Whether the stack ends badly where the module refuses."""
    return dict(rule.control).get("default") in ("bad", "die")


class Quality:
    """The settings of pam_pwquality or pam_cracklib: arguments first, then the files."""

    def __init__(self, rule: Rule, texts: list[str]) -> None:
        self.rule = rule
        self.text = "\n".join(texts)
        self.values: dict[str, str] = {}
        self.switches: set[str] = set()
        if rule.module == "pam_pwquality":
            for text in texts:
                for key, value in equals_pairs(text):
                    if value:
                        self.values[key] = value
                    else:
                        self.switches.add(key)
        for arg in rule.args:
            key, equals, value = arg.partition("=")
            if equals:
                self.values[key] = value

    def number(self, key: str) -> int:
        if key in self.values:
            return whole(self.values[key])
        if self.rule.module == "pam_cracklib":
            return _CRACKLIB[key]
        shipped = commented_default(self.text, key)
        if shipped is None:
            raise Unclear(f"pwquality.conf does not say what {key} is when it is not set")
        return whole(shipped)

    @property
    def enforced(self) -> bool:
        return binds(self.rule) and self.values.get("enforcing", "1") != "0"

    def min_length(self) -> int | None:
        if not self.enforced:
            return None
        # A positive credit lets a character of its class count twice, so less is enough.
        credit = sum(max(0, self.number(key)) for key in _CREDITS)
        return max(6, self.number("minlen") - credit)

    def char_classes(self) -> int | None:
        if not self.enforced:
            return None
        demanded = sum(1 for key in _CREDITS if self.number(key) < 0)
        return max(self.number("minclass"), demanded)

    def changed_chars(self) -> int | None:
        return self.number("difok") if self.enforced else None


def quality(host: Host) -> Quality | None:
    """The module that judges new passwords; None where none does. Raises Refused, Unclear."""
    rules = flat(pam_rules(host, "passwd", "password"))
    for rule in rules:
        if rule.module in ("pam_pwquality", "pam_cracklib"):
            texts = [host.read_optional(QUALITY) or ""]
            texts[:0] = [host.read_optional(p) or "" for p in host.glob(f"{QUALITY}.d/*.conf")]
            return Quality(rule, texts)
        if rule.module in ("pam_passwdqc", "pam_passwdqc_ng", "pam_zxcvbn"):
            raise Unclear(f"the rules of {rule.module} are not read")
    strange = [r.module for r in rules if r.module not in _PASSWORD_MODULES | PASSWORD]
    if strange:
        raise Unclear(f"what {strange[0]} asks of a new password is not known")
    return None


_PASSWORD_MODULES = frozenset(
    (
        "pam_permit",
        "pam_deny",
        "pam_pwhistory",
        "pam_gnome_keyring",
        "pam_kwallet",
        "pam_kwallet5",
        "pam_cap",
        "pam_ecryptfs",
        "pam_localuser",
        "pam_usertype",
        "pam_succeed_if",
        "pam_umask",
        "pam_warn",
        "pam_env",
    )
)


def history(host: Host) -> int | None:
    """Earlier passwords that may not come back; None where none are remembered."""
    found: list[int] = []
    for rule in flat(pam_rules(host, "passwd", "password")):
        remember = rule.value("remember")
        if rule.module == "pam_pwhistory" and binds(rule):
            if rule.value("conf") not in (None, HISTORY):
                raise Unclear(f"pam_pwhistory reads {rule.value('conf')}, which is not read here")
            text = first_text(host, (HISTORY, VENDOR_HISTORY))
            values = dict(equals_pairs(text or ""))
            found.append(whole(remember or values.get("remember", "10")))
        elif rule.module in ("pam_unix", "pam_unix2") and remember is not None:
            found.append(whole(remember))
    best = max(found, default=0)
    return best if best > 0 else None


_SCHEME_WORDS = {
    "yescrypt": "yescrypt",
    "gost_yescrypt": "gost-yescrypt",
    "sha512": "sha512crypt",
    "sha256": "sha256crypt",
    "blowfish": "bcrypt",
    "bcrypt": "bcrypt",
    "md5": "md5crypt",
    "bigcrypt": "bigcrypt",
    "des": "descrypt",
}


def new_hash_scheme(host: Host) -> str:
    """How a password that is set now is stored. Raises Refused or Unclear."""
    for rule in flat(pam_rules(host, "passwd", "password")):
        if rule.module in ("pam_unix", "pam_unix2"):
            for arg in reversed(rule.args):
                if arg in _SCHEME_WORDS:
                    return _SCHEME_WORDS[arg]
    stated = login_defs(host).get("ENCRYPT_METHOD", "").lower()
    if stated in _SCHEME_WORDS:
        return _SCHEME_WORDS[stated]
    raise Unclear("neither PAM nor login.defs says how passwords are stored")


def max_age(host: Host) -> int | None:
    days = whole(login_defs(host).get("PASS_MAX_DAYS", "-1"))
    return None if days < 0 or days >= 99999 else days


def plain_min_length(host: Host) -> int | None:
    """pam_unix's own least length: `minlen=`, or 6 in Debian's build (pam_unix(8) there)."""
    for rule in flat(pam_rules(host, "passwd", "password")):
        if rule.module == "pam_unix":
            stated = rule.value("minlen")
            if stated is not None:
                return whole(stated)
            return 6 if release(host).family in ("debian", "ubuntu") else None
    return None
