"""App Control for Business: what a policy allows, and whether it refuses the rest.

Three forms: Intune's built-in controls, an uploaded policy as XML, and a compiled binary (which is
not decoded). Mode and content are judged on one policy: an enforcing switch in one and a list in
another prove nothing.
Source: "App Control policy rules and file rules"; Graph beta setting definitions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, XMLParser, canonicalize

from scanner.collectors.intune.catalog import Entry

_V2 = "device_vendor_msft_policy_config_applicationcontrolv2_"
_V1 = "device_vendor_msft_policy_config_applicationcontrol_"
_V1_XML = f"{_V1}policies_{{policyguid}}_xml"
_NAMESPACE = "{urn:schemas-microsoft-com:sipolicy}"
_LIMIT = 4 * 1024 * 1024


class Unreadable(Exception):
    """A policy whose content could not be understood."""


@dataclass(frozen=True)
class AppControl:
    """One policy."""

    enforced: bool
    default_deny: bool
    """What no rule allows is refused; false: an allow-all rule makes it a deny-list."""
    user_mode: bool
    """Programs are controlled, not drivers alone."""
    supplemental: bool
    """It only adds to another policy."""
    allows: int
    """Allow rules and allowed signers."""
    denies: int
    """Deny rules and denied signers."""
    rules_hash: str
    trusts: tuple[str, ...] = ()
    """managed-installer, reputation."""

    @property
    def refuses(self) -> bool:
        """It is an allow-list that refuses programs on its own."""
        return self.enforced and self.default_deny and self.user_mode and not self.supplemental


def from_catalog(entries: Iterable[Entry]) -> AppControl | None:
    """The App Control policy that a settings-catalog policy carries; None: it carries none.

    Raises Unreadable.
    """
    found = {entry.setting: entry for entry in entries}
    options = found.get(f"{_V2}buildoptions")
    if options is not None:
        return _second_family(found, str(options.value))
    if f"{_V2}supplementalpolicy_buildoptions" in found:
        return AppControl(False, False, False, True, 0, 0, "", ())
    older = found.get(f"{_V1}policies_{{policyguid}}_policiesoptions")
    if older is not None:
        return _first_family(found, str(older.value), entries)
    return None


def _second_family(found: dict[str, Entry], options: str) -> AppControl:
    if options == f"{_V2}buildoptions_upload_xml_selected":
        return from_xml(_text(found.get(f"{_V2}xmlupload")))
    if options != f"{_V2}buildoptions_built_in_controls_selected":
        raise Unreadable(f"unknown option {options}")
    mode = found.get(f"{_V2}auditmode")
    # The template's default is audit: a mode that is not stated does not enforce.
    value = str(mode.value) if mode is not None else f"{_V2}auditmode_enabled"
    if value not in (f"{_V2}auditmode_enabled", f"{_V2}auditmode_disabled"):
        raise Unreadable(f"unknown option {value}")
    trusts = [
        word
        for word, setting in (
            ("managed-installer", f"{_V2}trustappsfrommanagedinstaller"),
            ("reputation", f"{_V2}trustappswithgoodreputation"),
        )
        if setting in found and str(found[setting].value) == f"{setting}_enabled"
    ]
    return _built_in(value == f"{_V2}auditmode_disabled", trusts)


def _first_family(found: dict[str, Entry], options: str, entries: Iterable[Entry]) -> AppControl:
    if options == f"{_V1}configure_xml_selected":
        return from_xml(_text(found.get(_V1_XML)))
    if options != f"{_V1}built_in_controls_selected":
        raise Unreadable(f"unknown option {options}")
    setting = f"{_V1}built_in_controls_enable_app_control"
    mode = found.get(setting)
    value = str(mode.value) if mode is not None else f"{setting}_1"
    # Inverted numbering: 0 enforces, 1 only audits.
    if value not in (f"{setting}_0", f"{setting}_1"):
        raise Unreadable(f"unknown option {value}")
    trust = f"{_V1}built_in_controls_trust_apps"
    chosen = {str(entry.value) for entry in entries if entry.setting == trust}
    words = (("reputation", f"{trust}_0"), ("managed-installer", f"{trust}_1"))
    return _built_in(value == f"{setting}_0", [word for word, option in words if option in chosen])


def _built_in(enforced: bool, trusts: list[str]) -> AppControl:
    text = f"built-in:{','.join(sorted(trusts))}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    return AppControl(enforced, True, True, False, 1, 0, digest, tuple(sorted(trusts)))


def _text(entry: Entry | None) -> str:
    value = entry.value if entry is not None else None
    if not isinstance(value, str) or not value.strip():
        raise Unreadable("the policy's XML is empty")
    return value


def from_xml(text: str) -> AppControl:
    """The policy that an SiPolicy document states. Raises Unreadable."""
    root = _parsed(text)
    if root.tag != f"{_NAMESPACE}SiPolicy":
        raise Unreadable("the document is no SiPolicy")
    options = {
        (option.text or "").strip().lower()
        for option in root.iterfind(f"{_NAMESPACE}Rules/{_NAMESPACE}Rule/{_NAMESPACE}Option")
    }
    rules = root.find(f"{_NAMESPACE}FileRules")
    allow_rules = _named(rules, "Allow")
    signers_allowed = list(root.iter(f"{_NAMESPACE}AllowedSigner"))
    denies = len(_named(rules, "Deny")) + len(list(root.iter(f"{_NAMESPACE}DeniedSigner")))
    trusts = [
        word
        for word, option in (
            ("managed-installer", "enabled:managed installer"),
            ("reputation", "enabled:intelligent security graph authorization"),
        )
        if option in options
    ]
    return AppControl(
        enforced="enabled:audit mode" not in options,
        default_deny=not any(_allows_all(rule) for rule in allow_rules),
        user_mode="enabled:umci" in options,
        supplemental=root.get("PolicyType", "").lower() == "supplemental policy",
        allows=len(allow_rules) + len(signers_allowed),
        denies=denies,
        rules_hash=hashlib.sha256(canonicalize(text, strip_text=True).encode()).hexdigest(),
        trusts=tuple(sorted(trusts)),
    )


def _named(parent: Element | None, name: str) -> list[Element]:
    return [] if parent is None else list(parent.iterfind(f"{_NAMESPACE}{name}"))


def _allows_all(rule: Element) -> bool:
    path = rule.get("FilePath", "").strip()
    name = rule.get("FileName", "").strip()
    return path in ("*", "*\\*", "*:\\*") or (name == "*" and not path)


class _NoDoctype:
    """A tree builder that refuses documents with a DTD: no entity is ever expanded."""

    def __init__(self) -> None:
        from xml.etree.ElementTree import TreeBuilder

        self._builder = TreeBuilder()
        self.start, self.end = self._builder.start, self._builder.end
        self.data, self.close = self._builder.data, self._builder.close

    def doctype(self, *_: object) -> None:
        raise Unreadable("the XML declares a document type")


def _parsed(text: str) -> Element:
    if len(text) > _LIMIT:
        raise Unreadable("the XML is too large")
    if "<!doctype" in text.lower() or "<!entity" in text.lower():
        raise Unreadable("the XML declares a document type")
    parser = XMLParser(target=_NoDoctype())
    try:
        parser.feed(text.lstrip("\ufeff"))
        root: Element = parser.close()
    except ParseError as error:
        raise Unreadable(f"the XML does not parse: {error}") from error
    return root


def applocker_enforced(text: str) -> bool:
    """Whether an AppLocker rule collection refuses. Raises Unreadable."""
    root = _parsed(text)
    if root.tag != "RuleCollection":
        raise Unreadable("the document is no RuleCollection")
    return root.get("EnforcementMode") == "Enabled"
