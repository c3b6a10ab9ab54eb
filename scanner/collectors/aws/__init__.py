"""Amazon Web Services: one account, or all accounts of an organisation, in aws and aws-us-gov."""

from __future__ import annotations

from scanner.collectors.aws import (
    alerts,
    audit,
    authorization,
    compute,
    crypto,
    detection,
    governance,
    identity,
    keys,
    network,
    patches,
    records,
    remote,
    s3,
    software,
    storage,
)
from scanner.collectors.aws.session import OPTIONS, open_account
from scanner.collectors.base import Collector, Source

_SUBJECTS = (
    identity,
    authorization,
    audit,
    alerts,
    crypto,
    keys,
    s3,
    storage,
    network,
    remote,
    compute,
    software,
    patches,
    records,
    detection,
    governance,
)


def _sources() -> tuple[Source, ...]:
    return tuple(
        member
        for subject in _SUBJECTS
        for member in vars(subject).values()
        if isinstance(member, Source)
    )


COLLECTOR = Collector(
    provider="aws",
    about="AWS accounts and organisations",
    sources=_sources(),
    open=open_account,
    options=OPTIONS,
    concurrency=32,
)
