"""The two requirements that a partial implementation earns points for: 170.24(c)(2)(i)(B)(4).

IA.L2-3.5.3 costs three points where remote and privileged users have a second factor, five where
nobody has; SC.L2-3.13.11 three where encryption is employed without being validated, five where
none is. What findings say of that is gathered here; until it is decided the value is an interval.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from scanner.assess.result import Determination
from scanner.findings import Finding
from scanner.frameworks import Practice

Ends = tuple[int, int, str]
"""The least and the most that it costs, and why."""

_TRANSIT, _REST, _MODULE = "3.13.8[c]", "3.13.16[a]", "3.13.11[a]"
_GOOD = ("MET", "NOT APPLICABLE")
_WAY_IN = "mfa_required"


class Partial:
    """What findings show of encryption and of ways in from outside."""

    def __init__(self) -> None:
        self._plain = False
        self._encrypted = False
        self._refuted: dict[str, set[bool]] = {}
        """Objective -> whether what refutes it shows encryption all the same."""
        self._ways_in: Counter[bool] = Counter()
        self._asking: set[str] = set()
        """Rules that look whether a way in demands a second factor."""
        self._unknown: set[str] = set()
        """Rules with an unknown verdict."""

    def see(self, finding: Finding, covered: Collection[str], *, refutes: bool) -> None:
        """Take one finding. `covered`: its objectives for which an exception covers it.

        `refutes`: its failure refutes; of a product, that the organisation declared it.
        """
        self._see_encryption(finding, covered, refutes=refutes)
        asks = _WAY_IN in finding.evidence or _WAY_IN in finding.unread
        if asks:
            self._asking.add(finding.rule)
        if covered or not refutes:
            return
        if finding.verdict == "unknown" and finding.reason != "no-source":
            self._unknown.add(finding.rule)
        required = finding.evidence.get(_WAY_IN)
        if isinstance(required, bool) and finding.verdict in ("pass", "fail"):
            self._ways_in[required] += 1

    def _see_encryption(self, finding: Finding, covered: Collection[str], *, refutes: bool) -> None:
        about = [o for o in (_TRANSIT, _REST, _MODULE) if o in finding.objectives]
        open_ones = [o for o in about if o not in covered]
        if finding.strength == "configured" or not open_ones:
            return
        told = [finding.evidence.get(name) for name in ("encrypted", "plaintext_refused")]
        plain, encrypted = False in told, True in told and False not in told
        self._encrypted |= encrypted and finding.verdict in ("pass", "fail")
        if finding.verdict == "fail" and refutes:
            self._plain |= plain
            for objective in open_ones:
                self._refuted.setdefault(objective, set()).add(encrypted)

    def mfa(
        self,
        practice: tuple[int, int],
        objectives: Mapping[str, Determination],
        items: Collection[str],
    ) -> Ends:
        """What IA.L2-3.5.3 costs. `practice`: its full and its partial value."""
        full, partial = practice
        local, network, everybody = (
            objectives.get(f"3.5.3[{letter}]", "NOT ASSESSED") for letter in "bcd"
        )
        if network == "NOT MET":
            return full, full, "privileged accounts can sign in without a second factor"
        if self._ways_in[False]:
            return full, full, "a way in from outside asks for no second factor"
        # whoever comes from outside comes over the network
        remote = (
            "mfa-for-remote-users" in items
            or (network in _GOOD and everybody in _GOOD)
            or (self._ways_in[True] > 0 and not self._asking & self._unknown)
        )
        if remote and local in _GOOD and network in _GOOD:
            why = "a second factor is there for remote and privileged users"
            return partial, partial, why
        why = "it is not decided yet whether remote and privileged users need a second factor"
        return partial, full, why

    def fips(
        self,
        practice: tuple[int, int],
        objectives: Mapping[str, Determination],
        items: Collection[str],
    ) -> Ends:
        """What SC.L2-3.13.11 costs. `practice`: its full and its partial value."""
        full, partial = practice
        if self._plain:
            return full, full, "CUI travels or rests without encryption somewhere"
        if "encryption-employed" in items:
            return partial, partial, "encryption is employed, as is attested"
        uses = [(name, objectives.get(name, "NOT ASSESSED")) for name in (_TRANSIT, _REST)]
        settled = all(
            word in _GOOD or (word == "NOT MET" and self._refuted.get(name) == {True})
            for name, word in uses
        )
        if settled and self._encrypted:
            return partial, partial, "encryption is employed"
        why = "it is not decided yet whether encryption is employed wherever CUI is"
        return partial, full, why


def both(practice: Practice) -> tuple[int, int] | None:
    """The full and the partial value of a practice that has both, or null."""
    full, partial = practice.weight, practice.partial_weight
    return None if full is None or partial is None else (full, partial)
