"""Amazon Web Services: one account, or all accounts of an organisation, in aws and aws-us-gov."""

from __future__ import annotations

from functools import partial

from scanner.collectors.aws import (
    alerts,
    analyzer,
    audit,
    authorization,
    boundaries,
    brokers,
    caches,
    clock,
    compute,
    databases,
    desktops,
    detection,
    directories,
    disks,
    edge,
    fips,
    gateways,
    governance,
    identity,
    inspector,
    interfaces,
    keys,
    listeners,
    notebooks,
    organization,
    patches,
    policies,
    readers,
    records,
    s3,
    search,
    segments,
    serverless_search,
    session_manager,
    software,
    storage,
    streams,
    transfer,
    usage_logs,
    vpns,
    warehouses,
)
from scanner.collectors.aws.limits import AT_ONCE
from scanner.collectors.aws.regions import faults
from scanner.collectors.aws.role import GRANTS
from scanner.collectors.aws.session import OPTIONS, open_account
from scanner.collectors.base import Collector, Source

_SUBJECTS = (
    identity,
    authorization,
    audit,
    alerts,
    listeners,
    gateways,
    interfaces,
    search,
    keys,
    s3,
    disks,
    databases,
    storage,
    warehouses,
    caches,
    streams,
    brokers,
    serverless_search,
    notebooks,
    boundaries,
    segments,
    session_manager,
    vpns,
    compute,
    software,
    patches,
    records,
    detection,
    analyzer,
    inspector,
    governance,
    organization,
    directories,
    fips,
    desktops,
    transfer,
    edge,
    policies,
    readers,
    usage_logs,
    clock,
)


def _sources() -> tuple[Source, ...]:
    return tuple(
        member
        for subject in _SUBJECTS
        for member in vars(subject).values()
        if isinstance(member, Source)
    )


_SOURCES = _sources()

COLLECTOR = Collector(
    provider="aws",
    about="AWS accounts and organisations",
    sources=_SOURCES,
    open=partial(open_account, sources=_SOURCES),
    options=OPTIONS,
    faults=faults,
    grants=GRANTS,
    concurrency=AT_ONCE,
    divides=lambda target: "accounts" in target.options,
)
