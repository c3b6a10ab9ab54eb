"""What the scope itself gives rise to: findings in the shape of every other one."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.assess.scope import Asset, Claims, Flow, Scope
from scanner.findings import Finding, fingerprint

UNCLAIMED = "scope-asset-unclaimed"
LEAVES = "scope-flow-leaves-boundary"
UNAUTHORIZED = "scope-service-without-authorization"

WHY = {
    UNCLAIMED: "32 CFR 170.19 asks for a category of every asset; what has none stays in scope, "
    "and the boundary that the SSP describes (3.12.4[b]) is not the one that exists.",
    LEAVES: "CUI may only flow where the organisation has authorized it (3.1.3[e]).",
    UNAUTHORIZED: "A cloud provider that handles CUI needs FedRAMP Moderate or an equivalent "
    "(32 CFR 170.16(c)(2), 170.17(c)(5), 170.18(c)(5)); without it no status follows.",
}
"""Why each of these rules exists, for explain and the reports."""


def scope_findings(claims: Claims, as_of: str) -> Iterator[Finding]:
    """Assets that nothing claims, flows that leave the boundary, services without authorization.

    Sorted by rule, then subject. `as_of`: year-month-day; stands as the time of what is written
    in scope.yaml.
    """
    for asset in sorted(claims.assets, key=lambda a: (a.scope, a.subject)):
        if asset.category is None:
            yield _unclaimed(asset)
    scope = claims.scope
    for flow in sorted(scope.flows, key=lambda f: f.id):
        fault = flow_fault(flow, scope)
        if fault is not None:
            yield _stated(
                LEAVES,
                "AC.L2-3.1.3",
                ("3.1.3[e]",),
                f"flow:{flow.id}",
                flow.id,
                f"the flow {flow.id} ({flow.data}) from {flow.source} to {flow.sink} {fault}",
                as_of,
                "always" if flow.data == "cui" else "never",
            )
    for service in sorted(scope.external_services, key=lambda s: s.id):
        fault = service.fault
        if fault is not None:
            yield _stated(
                UNAUTHORIZED,
                "AC.L2-3.1.20",
                ("3.1.20[c]", "3.1.20[d]"),
                f"service:{service.id}",
                service.name,
                f"{service.name} {fault}",
                as_of,
                "never",
            )


def flow_fault(flow: Flow, scope: Scope) -> str | None:
    """Why a flow may not be, or null.

    Inside are the asset groups of the scope and external services that may hold the data; any
    other end lies outside the boundary, and then the flow needs an authorization by name.
    """
    groups = {g.id: g for g in scope.assets if g.proposed is not True}
    services = {s.id: s for s in scope.external_services}
    for end in (flow.source, flow.sink):
        if end in groups:
            if groups[end].category == "out-of-scope":
                return f"touches {end}, which the scope leaves out"
            continue
        if end in services:
            service = services[end]
            if flow.data not in service.handles:
                return f"touches {end}, of which the scope does not say that it handles {flow.data}"
            if service.fault is not None:
                return f"touches {end}, which {service.fault}"
            continue
        if flow.authorized_by is None:
            return f"leaves the boundary at {end} and names no authorization"
    return None


def _unclaimed(asset: Asset) -> Finding:
    return Finding(
        rule=UNCLAIMED,
        practice="CA.L2-3.12.4",
        objectives=("3.12.4[b]",),
        decides=(),
        iso=(),
        verdict="fail",
        strength="observed",
        severity="high",
        refutes="never",
        subject=asset.subject,
        name=asset.name,
        target=asset.target,
        scope=asset.scope,
        provider=asset.provider,
        region=asset.region,
        message=f"no category of scope.yaml claims the {asset.kind} {asset.name}",
        fingerprint=fingerprint(UNCLAIMED, asset.scope, asset.subject),
        observed_at=asset.observed_at,
        evidence={"kind": asset.kind},
    )


def _stated(
    rule: str,
    practice: str,
    objectives: tuple[str, ...],
    subject: str,
    name: str,
    message: str,
    as_of: str,
    refutes: str,
) -> Finding:
    return Finding(
        rule=rule,
        practice=practice,
        objectives=objectives,
        decides=(),
        iso=(),
        verdict="fail",
        strength="observed",
        severity="critical",
        refutes=refutes,
        subject=subject,
        name=name,
        target=None,
        scope="scope.yaml",
        provider=None,
        region=None,
        message=message,
        fingerprint=fingerprint(rule, "scope.yaml", subject),
        observed_at=f"{as_of}T00:00:00Z",
    )
