"""What is recorded, where the records are kept, who is told, and by which clock."""

from __future__ import annotations

from typing import Annotated

from scanner.facts.base import PERSONAL, UNSET, Fact, Maybe, Sure


class Trail(Fact, frozen=True, kw_only=True, tag="log.trail"):
    """One source of audit records, and whether they arrive."""

    system: Annotated[Sure[str], "what records: cloudtrail, auditd, journald, flow-log, ..."] = (
        UNSET
    )
    enabled: Annotated[Sure[bool], "it is switched on"] = UNSET
    delivering: Annotated[Sure[bool], "records reach their destination"] = UNSET
    last_error: Annotated[Maybe[str], "the last delivery error; null: none"] = UNSET
    all_regions: Annotated[Sure[bool], "it records every region"] = UNSET
    admin_writes: Annotated[Sure[bool], "administrative changes are recorded"] = UNSET
    identity_events: Annotated[Sure[bool], "sign-ins and account changes are recorded"] = UNSET
    data_events: Annotated[Sure[bool], "reads and writes of data are recorded"] = UNSET
    privileged_commands: Annotated[Sure[bool], "privileged commands are recorded"] = UNSET
    immutable_config: Annotated[Sure[bool], "its rules cannot be changed without a restart"] = UNSET
    validated: Annotated[Sure[bool], "records are signed or hashed against change"] = UNSET
    encrypted: Annotated[Sure[bool], "records are encrypted with a key of the organisation"] = UNSET
    destination: Annotated[Maybe[str], "subject of the store that receives it; null: none"] = UNSET
    central: Annotated[
        Sure[bool], "it records for the whole organisation, or another account keeps it"
    ] = UNSET
    failure_action: Annotated[Maybe[str], "what happens when records cannot be written"] = UNSET


class Record(Fact, frozen=True, kw_only=True, tag="log.record"):
    """What the latest records of one source really contain; counted, never copied."""

    system: Annotated[Sure[str], "what recorded them: auditd, journald, ..."] = UNSET
    sampled: Annotated[Sure[int], "records that were looked at"] = UNSET
    has_time: Annotated[Sure[bool], "every one of them says when"] = UNSET
    has_event: Annotated[Sure[bool], "every one of them says what happened"] = UNSET
    has_outcome: Annotated[Sure[bool], "those of actions say whether they succeeded"] = UNSET
    has_origin: Annotated[
        Sure[bool], "those of actions say which process or place they are from"
    ] = UNSET
    individual: Annotated[
        Sure[bool], "those of people's sessions name the account that signed in"
    ] = UNSET


class Store(Fact, frozen=True, kw_only=True, tag="log.store"):
    """One place where audit records are kept."""

    system: Annotated[
        Sure[str], "log-group, bucket, event-data-store, journal, auditd, logrotate, ..."
    ] = UNSET
    bucket: Annotated[
        Maybe[str], "subject of the bucket or storage account that holds it, where one does"
    ] = UNSET
    organization: Annotated[
        Sure[bool], "a trail of the whole organisation fills it, which its keeper sees as well"
    ] = UNSET
    retention_days: Annotated[
        Maybe[int], "days that the configuration keeps records; null: kept without end"
    ] = UNSET
    time_bound: Annotated[Sure[bool], "retention is a time, not only a size"] = UNSET
    oldest_record_days: Annotated[
        Maybe[int], "age of the oldest record that is still there; null: it holds none"
    ] = UNSET
    persistent: Annotated[Sure[bool], "records survive a restart"] = UNSET
    immutable: Annotated[Sure[bool], "nobody can change or delete records before their time"] = (
        UNSET
    )
    delete_protected: Annotated[
        Sure[bool], "neither the store nor its records can be deleted in one step"
    ] = UNSET
    searchable: Annotated[
        Sure[bool], "its records can be searched, reduced and reported on where they are"
    ] = UNSET
    public: Annotated[Sure[bool], "anybody can read it"] = UNSET
    encrypted: Annotated[Sure[bool], "it is encrypted with a key of the organisation"] = UNSET
    world_readable: Annotated[Sure[bool], "every account of the host can read it"] = UNSET
    central: Annotated[Sure[bool], "records leave the machine or account that made them"] = UNSET


class Alert(Fact, frozen=True, kw_only=True, tag="log.alert"):
    """One alert on logging or on security events."""

    watches: Annotated[Sure[tuple[str, ...]], "what it watches, for example audit-failure"] = UNSET
    enabled: Annotated[Sure[bool], "it is switched on"] = UNSET
    recipients: Annotated[Sure[tuple[str, ...]], "who is told", PERSONAL] = UNSET
    confirmed: Annotated[Sure[bool], "at least one recipient has confirmed"] = UNSET


class TimeSource(Fact, frozen=True, kw_only=True, tag="time.source"):
    """The clock of one host."""

    service: Annotated[Maybe[str], "chronyd, systemd-timesyncd, ntpd; null: none"] = UNSET
    enabled: Annotated[Sure[bool], "the service starts with the host"] = UNSET
    servers: Annotated[Sure[tuple[str, ...]], "the servers that it asks"] = UNSET
    synced: Annotated[Sure[bool], "the clock is synchronised now"] = UNSET
    offset_ms: Annotated[Maybe[int], "milliseconds away from the source; null: not known to it"] = (
        UNSET
    )
