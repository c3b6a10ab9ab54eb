"""Security services of a platform: detection, baselines, contacts."""

from __future__ import annotations

from typing import Annotated

from scanner.facts.base import UNSET, Fact, Maybe, Sure


class Baseline(Fact, frozen=True, kw_only=True, tag="config.baseline"):
    """One configuration baseline or recorder on a set of assets."""

    system: Annotated[Sure[str], "what keeps it: config-recorder, policy, ..."] = UNSET
    recording: Annotated[Sure[bool], "changes of configuration are recorded"] = UNSET
    all_resources: Annotated[Sure[bool], "every kind of resource is recorded"] = UNSET
    enforced: Annotated[Sure[bool], "deviations are refused or mended"] = UNSET
    noncompliant: Annotated[Maybe[int], "assets that deviate"] = UNSET
    retention_days: Annotated[Maybe[int], "days that its history is kept; null: without end"] = (
        UNSET
    )


class Detection(Fact, frozen=True, kw_only=True, tag="detection.service"):
    """One threat detection service in one region."""

    service: Annotated[Sure[str], "its name"] = UNSET
    enabled: Annotated[Sure[bool], "it is switched on"] = UNSET
    features: Annotated[Sure[tuple[str, ...]], "features that are on"] = UNSET
    publishes: Annotated[Sure[bool], "its findings go somewhere by themselves"] = UNSET


class Contact(Fact, frozen=True, kw_only=True, tag="security.contact"):
    """Whom a provider writes to."""

    purpose: Annotated[Sure[str], "security, operations, billing"] = UNSET
    set: Annotated[Sure[bool], "an address is given"] = UNSET
