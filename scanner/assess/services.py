"""External service providers, and who of them may hold CUI: 32 CFR 170.16 to 170.19."""

from __future__ import annotations

import msgspec

SUITABLE_FOR_CUI = frozenset(
    {
        "fedramp-moderate",
        "fedramp-high",
        "fedramp-moderate-equivalent",
        "dod-il4",
        "dod-il5",
        "dod-il6",
    }
)
"""Authorizations that let a cloud service hold CUI. A CMMC status of its provider is none."""

CITE = {
    2: "32 CFR 170.16(c)(2), 170.17(c)(5)",
    3: "32 CFR 170.18(c)(5)",
}
"""Where each level says so; Level 1 does not (170.15)."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One external service with its standing."""

    id: str
    name: str
    handles: tuple[str, ...]
    authorization: str
    provider: str | None = None
    cloud: bool = True
    evidence: str | None = None
    checked: str | None = None
    note: str | None = None

    @property
    def fault(self) -> str | None:
        """Why it may not hold the CUI that it holds, or null.

        A provider that is no cloud is assessed within the organisation's own scope and needs no
        authorization: 170.16(c)(3)(ii), 170.17(c)(6)(ii), 170.18(c)(6)(ii). A CMMC status of its
        own only spares it effort: 170.19(c)(2)(ii).
        """
        if not self.cloud or "cui" not in self.handles or self.authorization in SUITABLE_FOR_CUI:
            return None
        return (
            f"holds CUI with the authorization {self.authorization}; a cloud provider needs "
            f"FedRAMP Moderate or an equivalent ({CITE[2]}, {CITE[3].removeprefix('32 CFR ')})"
        )
