"""Amazon Web Services: one account, or all accounts of an organisation, in aws and aws-us-gov."""

from __future__ import annotations

from scanner.collectors.aws import audit, compute, crypto, identity, s3, software
from scanner.collectors.aws.session import OPTIONS, open_account
from scanner.collectors.base import Collector, Source

_SUBJECTS = (identity, audit, crypto, s3, software, compute)


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
