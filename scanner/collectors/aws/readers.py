"""Who may read the records that show what people did: inside the account, and outside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from scanner.collectors.aws.access import Policies, may, speaking_of
from scanner.collectors.aws.audit import event_data_store_list
from scanner.collectors.aws.authorization import brings_tags, trusted
from scanner.collectors.aws.callers import Caller
from scanner.collectors.aws.client import Aws
from scanner.collectors.aws.grants import outside
from scanner.collectors.aws.holders import OF_AWS, OPERATION, Holder, details, unread
from scanner.collectors.aws.record_stores import (
    CALLS,
    STORE_POLICY,
    Lock,
    RecordStore,
    record_stores,
    store_policy,
)
from scanner.collectors.aws.rights import Rights, mask, reading
from scanner.collectors.base import Partial, Refused, source
from scanner.facts.identity import RoleGrant
from scanner.facts.sharing import Sharing

_DECRYPT = mask(["kms:Decrypt"])
_UNWEIGHED = Refused(
    "not-supported", OPERATION, "a condition on who may read records is not weighed"
)
_OPEN = reading({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*"}})


@source(
    RoleGrant,
    fields=["reads_records"],
    calls={OPERATION: OPERATION, **CALLS},
    lists=False,
)
def record_readers(aws: Aws) -> Iterator[RoleGrant | Partial]:
    """Who of the account may read what trails and flow logs record, by every policy at play."""
    everybody = details(aws)
    stores, hidden = record_stores(aws)

    def answer(holder: Holder, *, is_role: bool) -> bool | Refused:
        rights, missing = everybody.of(holder)
        if missing is not None:
            # It may give, deny or bound.
            return unread(missing)
        brings = is_role and brings_tags(holder.trust)
        caller = Caller(holder.arn, aws.account, is_role, holder.unique_id, holder.tags, brings)
        found = _reads_any(caller, rights, stores)
        return hidden if found is False and hidden is not None else found

    for user in everybody.users:
        subject, name = f"{user.arn}#rights", f"rights of {user.name}"
        yield _fact(aws, subject, name, answer(user, is_role=False))
    for role in everybody.roles:
        if role.path.startswith(OF_AWS):
            continue
        reads = answer(role, is_role=True)
        for _, principal, _ in sorted(trusted(role.trust)):
            name = f"{principal} as {role.name}"
            yield _fact(aws, f"{role.arn}#{principal}", name, reads)


def _fact(aws: Aws, subject: str, name: str, reads: bool | Refused) -> RoleGrant | Partial:
    facts: dict[str, Any] = {**aws.here(OPERATION), "subject": subject, "name": name}
    if isinstance(reads, Refused):
        return Partial(RoleGrant(**facts), {"reads_records": reads})
    return RoleGrant(**facts, reads_records=reads)


def _reads_any(caller: Caller, rights: Rights, stores: list[RecordStore]) -> bool | Refused:
    """Whether the caller may read any store; a refusal: that hangs on what is not known."""
    doubt: Refused | None = None
    for store in stores:
        found = _reads(caller, rights, store)
        if found is True:
            return True
        if found is not False:
            doubt = doubt or found
    return False if doubt is None else doubt


def _reads(caller: Caller, rights: Rights, store: RecordStore) -> bool | Refused:
    own = speaking_of(rights.reads, store.mask, store.place)
    if not own and not store.policy and store.refused is None:
        return False
    policies = Policies(own, rights.limit, store.policy)
    if store.refused is not None and not _barred(caller, policies, store):
        return store.refused
    answers = _answers(caller, policies, store)
    if answers == {False}:
        return False
    opened = True if store.lock is None else _opens(caller, rights, store.lock)
    if opened is not True:
        return opened
    return True if True in answers else _UNWEIGHED


def _answers(caller: Caller, policies: Policies, store: RecordStore) -> set[bool | None]:
    return {may(caller, action, store.place, policies) for action in store.actions}


def _barred(caller: Caller, policies: Policies, store: RecordStore) -> bool:
    """Whether the caller's own policies deny it, whatever the store's policy says."""
    return _answers(caller, replace(policies, resource=_OPEN), store) == {False}


def _opens(caller: Caller, rights: Rights, lock: Lock) -> bool | Refused:
    if lock.refused is not None:
        # A key of another account opens for nobody whose own policies do not say so as well.
        alone = may(caller, _DECRYPT, lock.place, Policies(rights.reads, rights.limit))
        return False if lock.foreign and alone is False else lock.refused
    policies = Policies(rights.reads, rights.limit, lock.policy, only_by_resource=True)
    found = may(caller, _DECRYPT, lock.place, policies)
    if found is None:
        return _UNWEIGHED
    if found is False and not lock.sure:
        words = "whether records are encrypted with the bucket's own key is not known"
        return Refused("not-supported", "s3:GetBucketEncryption", words)
    return found


_LINKS = "oam:ListLinks"
_LINK = "oam:GetLink"
_SHARED = ["service", "parties"]


@source(
    Sharing,
    fields=_SHARED,
    calls=[_LINKS, _LINK],
    always={"service": "log-groups"},
    per="region",
)
def log_group_links(aws: Aws) -> Iterator[Sharing | Partial]:
    """Accounts that see the log groups of a region, by links of CloudWatch's observability."""
    parties: set[str] = set()
    narrowed: str | None = None
    for page in aws.pages(_LINKS):
        for link in page.get("Items") or ():
            if "AWS::Logs::LogGroup" not in link["ResourceTypes"]:
                continue
            found = aws.call(_LINK, Identifier=link["Arn"]).get("LinkConfiguration") or {}
            if (found.get("LogGroupConfiguration") or {}).get("Filter"):
                narrowed = narrowed or link["Label"]
            else:
                parties.add(link["SinkArn"].split(":")[4])
    facts: dict[str, Any] = {
        **aws.here(_LINKS),
        "subject": f"{aws.account}/{aws.region}/log-group-links",
        "name": f"log groups of {aws.region}",
        "service": "log-groups",
    }
    if narrowed is not None:
        words = f"link {narrowed} shares log groups by a filter, which is not weighed"
        yield Partial(Sharing(**facts), {"parties": Refused("not-supported", _LINK, words)})
    else:
        yield Sharing(**facts, parties=tuple(sorted(parties)))


@source(
    Sharing,
    fields=["service"],
    calls=["cloudtrail:ListEventDataStores"],
    always={"service": "event-data-store"},
    per="region",
)
def event_data_store_shares(aws: Aws) -> Iterator[Sharing]:
    """Event data stores, whose own policies may let others query them."""
    for each in event_data_store_list(aws, aws.region):
        yield Sharing(
            **aws.here("cloudtrail:ListEventDataStores"),
            subject=f"{each['EventDataStoreArn']}#policy",
            name=each["Name"],
            service="event-data-store",
        )


@event_data_store_shares.detail(fields=["parties"], calls=[STORE_POLICY])
def event_data_store_parties(aws: Aws, shared: Sharing) -> dict[str, object]:
    arn = shared.subject.removesuffix("#policy")
    document = store_policy(aws, arn, aws.region)
    return {"parties": outside(document, aws.account)}
