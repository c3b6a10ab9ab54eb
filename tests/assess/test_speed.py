"""The bar: 40 attestations, 12 exceptions and three snapshots' findings in under a second.

In processor time: the clock on the wall also counts what else the machine does.
"""

from __future__ import annotations

import time

from assess_samples import AS_OF, BASTION, CORP, PROD, Rule, attestation, exemption, finding

from scanner.assess.assessment import assess
from scanner.assess.catalogue import Catalogue
from scanner.assess.result import encode
from scanner.assess.statements import Statements


def test_an_assessment_takes_less_than_a_second(catalogue: Catalogue) -> None:
    practices = [p.id for p in catalogue.of_level(2)]
    statements = Statements(
        attestations=tuple(
            attestation(id=f"a{n}", practices=tuple(practices[n : n + 6])) for n in range(40)
        ),
        exceptions=tuple(
            exemption(
                "enduring-exception", id=f"e{n}", practices=(practices[n],), subjects=(f"s{n}-*",)
            )
            for n in range(12)
        ),
    )
    observed = [o.id for o in catalogue.objectives.values() if o.method == "observe"]
    rules = [
        Rule(id=f"rule-{n:02}", decides=(name,), providers=("aws", "entra", "linux"))
        for n, name in enumerate(observed)
    ]
    verdicts = ("pass", "pass", "pass", "pass", "fail", "unknown", "not-applicable")
    made = [
        finding(
            verdicts[n % 7],
            rule=rule.id,
            decides=rule.decides,
            target=target.id,
            subject=f"s{n}-{target.id}",
            reason="denied" if n % 7 == 5 else None,
        )
        for rule in rules
        for target in (CORP, PROD, BASTION)
        for n in range(40)
    ]
    start = time.process_time()
    result = assess(made, rules, catalogue, statements, 2, AS_OF, (CORP, PROD, BASTION))
    data = encode(result)
    took = time.process_time() - start
    assert len(made) == 11_400
    assert len(data) > 100_000
    assert took < 1, f"{took:.2f} s"
    assert (
        encode(assess(made, rules, catalogue, statements, 2, AS_OF, (CORP, PROD, BASTION))) == data
    )
