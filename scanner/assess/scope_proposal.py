"""A scope.yaml proposed from what a scan found, for a person to sort into categories.

Every group says `proposed: true` and claims nothing until that line is gone. The strictest
category stands in each, so that what is confirmed in haste is assessed too much, not too little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from scanner.assess.scope import ASSET_KINDS
from scanner.documents import written
from scanner.facts import Fact, kind_of
from scanner.facts.identity import RoleGrant
from scanner.facts.storage import Store

HEAD = """\
# The assessment scope (32 CFR 170.19). The first group that matches an asset claims it; what no
# group claims stays in scope and is a finding. Set each category and remove `proposed: true`:
#   cui-asset                       processes, stores or transmits CUI
#   security-protection-asset       protects those, even without CUI
#   contractor-risk-managed-asset   could hold CUI but is not meant to; say in reason why not
#   specialized-asset               IoT, OT, test equipment, government property; reason
#   out-of-scope                    cannot hold CUI and is kept apart; reason
schema: 1
assets:
"""

TAIL = """\
# Everything outside that touches CUI: authorization is fedramp-moderate, fedramp-high,
# fedramp-moderate-equivalent, dod-il4, dod-il5, dod-il6, cmmc-level-2, cmmc-level-3 or none.
external_services: []
# - {id: mail, name: Mail, handles: [cui], authorization: none}
flows: []
# - {id: drawings, data: cui, from: an asset group, to: mail, over: TLS, authorized_by: who}
# Classes of target that you do not have at all: endpoint, office, code, ...
without: []
"""


def propose_scope(facts: Iterable[Fact]) -> str:
    """The text of a scope.yaml: one group for each target and kind of asset that a scan saw.

    Outside parties that were seen with access are named in comments, for the services and flows.
    """
    seen: Counter[tuple[str, str]] = Counter()
    outside: set[str] = set()
    for fact in facts:
        kind = kind_of(type(fact))
        if kind in ASSET_KINDS:
            seen[fact.target, kind] += 1
        if isinstance(fact, RoleGrant) and fact.external is True:
            outside.add(f"{fact.name} at {fact.target}")
        if isinstance(fact, Store) and isinstance(fact.external_principals, tuple):
            outside.update(f"{who} at {fact.target}" for who in fact.external_principals)
    lines = []
    for (target, kind), count in sorted(seen.items()):
        name = f"{target}-{kind.replace('.', '-')}"
        lines.append(f"- id: {name}  # {count} seen")
        lines.append("  proposed: true\n  category: cui-asset")
        lines.append(f"  select: {{targets: [{target}], kinds: [{kind}]}}")
    body = "\n".join(lines) + "\n" if lines else "# the scan saw no asset\n"
    head = HEAD if lines else HEAD.replace("assets:\n", "assets: []\n")
    named = "".join(f"# seen with access: {_flat(who)}\n" for who in sorted(outside)[:50])
    return head + body + named + TAIL


def _flat(text: str) -> str:
    return written(" ".join(text.split()))[1:-1]
