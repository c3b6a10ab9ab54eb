"""What a collector is made of: sources that declare what they yield and what they call.

Everything else is derived from the declarations: the plan for a selection of rules, the
least-privilege policy, the gap that a refusal makes, the progress bar's length, the tables in the
documentation.

    @source(Store, fields=["category"], calls={"s3:ListBuckets": "s3:ListAllMyBuckets"},
            always={"category": "bucket"})
    def buckets(aws: Aws) -> Iterator[Store]:
        for page in aws.pages("s3:ListBuckets"):
            for bucket in page["Buckets"]:
                yield Store(subject=..., name=bucket["Name"], **aws.here("s3:ListBuckets"))

    @buckets.detail(fields=["encrypted"],
                    calls={"s3:GetBucketEncryption": "s3:GetEncryptionConfiguration"})
    def bucket_encryption(aws: Aws, bucket: Store) -> dict[str, object]:
        return {"encrypted": ...}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from scanner.errors import Defect
from scanner.facts import COMMON, Fact, kind_of
from scanner.facts.base import fields_of_type
from scanner.facts.ledger import Reason

Scalar = str | bool | int


class Refused(Exception):
    """A read that gave nothing. Raised by a place's calls; the runner makes a gap of it."""

    def __init__(
        self,
        reason: Reason,
        operation: str,
        detail: str = "",
        *,
        permission: str | None = None,
        fatal: bool = False,
    ) -> None:
        self.reason: Reason = reason
        self.operation = operation
        self.permission = permission
        self.detail = " ".join(detail.split())[:300]
        self.fatal = fatal
        """Nothing else of this scope can be read either (an expired token)."""
        super().__init__(f"{operation}: {reason}: {self.detail}")


@dataclass(frozen=True)
class Partial:
    """A fact of a listing with the fields that this same listing could not read."""

    fact: Fact
    refused: Mapping[str, Refused]


@dataclass(frozen=True)
class Detail:
    """A read for one fact of a listing; it fills fields of that fact."""

    name: str
    fields: frozenset[str]
    calls: Mapping[str, str]
    read: Callable[[Any, Any], Mapping[str, Any]]
    """(place, fact) -> field values; a value that is a Refused marks that field unread."""


@dataclass
class Source:
    """One listing with what it declares. Made by `source`."""

    name: str
    fact: type[Fact]
    fields: frozenset[str]
    calls: Mapping[str, str]
    """Operation -> permission (or, on a host, what reading it takes)."""
    always: Mapping[str, Scalar]
    lists: bool
    per: Literal["scope", "region"]
    run: Callable[[Any], Iterable[Fact | Partial]]
    details: list[Detail] = field(default_factory=list)
    provider: str = ""
    about: str = ""

    @property
    def id(self) -> str:
        """`aws.buckets`: stable, since gaps and the ledger name it."""
        return f"{self.provider}.{self.name}"

    @property
    def kind(self) -> str:
        return kind_of(self.fact)

    @property
    def serves(self) -> frozenset[str]:
        """Every field that this source and its details can fill."""
        return self.fields.union(*(d.fields for d in self.details))

    def needs(self, wanted: frozenset[str]) -> Iterator[tuple[str, str]]:
        """The (operation, permission) pairs that it makes to fill the wanted fields."""
        yield from self.calls.items()
        for each in self.details:
            if each.fields & wanted:
                yield from each.calls.items()

    def detail(
        self, *, fields: Sequence[str], calls: Mapping[str, str] | Sequence[str]
    ) -> Callable[[Callable[..., Mapping[str, Any]]], Callable[..., Mapping[str, Any]]]:
        """Declare a read for one fact of this listing."""
        _check_fields(self.fact, fields)

        def register(read: Callable[..., Mapping[str, Any]]) -> Callable[..., Mapping[str, Any]]:
            name = read.__name__.replace("_", "-")
            self.details.append(Detail(name, frozenset(fields), _calls(calls), read))
            return read

        return register


def _calls(calls: Mapping[str, str] | Sequence[str]) -> Mapping[str, str]:
    return dict(calls) if isinstance(calls, Mapping) else {call: call for call in calls}


def _check_fields(fact: type[Fact], fields: Iterable[str]) -> None:
    known = fields_of_type(fact)
    for name in fields:
        if name not in known and name not in COMMON:
            raise Defect(f"{kind_of(fact)} has no field {name!r}")


def source(
    fact: type[Fact],
    *,
    fields: Sequence[str],
    calls: Mapping[str, str] | Sequence[str],
    always: Mapping[str, Scalar] | None = None,
    lists: bool = True,
    per: Literal["scope", "region"] = "scope",
) -> Callable[[Callable[[Any], Iterable[Fact | Partial]]], Source]:
    """Declare a listing: the function becomes a Source named after it.

    fields: what the listing itself fills. calls: each operation with its permission, or a plain
    list where they have one name. always: field values that all of its facts share; rules whose
    `when` they contradict do not need it. lists: False if it only fills fields of facts that
    another source lists. per: once a scope, or once in each of its regions.
    """
    _check_fields(fact, (*fields, *(always or {})))

    def register(run: Callable[[Any], Iterable[Fact | Partial]]) -> Source:
        about = (run.__doc__ or "").strip().split("\n")[0]
        return Source(
            name=run.__name__.replace("_", "-"),
            fact=fact,
            fields=frozenset(fields) | frozenset(always or {}),
            calls=_calls(calls),
            always=dict(always or {}),
            lists=lists,
            per=per,
            run=run,
            about=about,
        )

    return register


Selection = Sequence[tuple[Source, frozenset[str]]]
"""Sources with the fields that are wanted of each."""


@dataclass(frozen=True)
class Scope:
    """One account, tenant, subscription or machine that a target leads to."""

    id: str
    name: str
    regions: tuple[str, ...] = ()
    refused: Refused | None = None
    """Set where the scope is known but cannot be entered (an account whose role is missing)."""
    regions_refused: Refused | None = None
    """Set where it cannot be told which regions there are: what is read once a scope still is."""
    leave: Callable[[], None] = field(default=lambda: None, compare=False, repr=False)
    """Called once everything in the scope has been read, to let go of what it held."""


@dataclass(frozen=True)
class Target:
    """One entry of the configuration's `targets`, checked; options are the provider's own."""

    id: str
    provider: str
    options: Mapping[str, Any]
    where: str = ""
    """file:line of the entry, for messages and SARIF."""
    line: int = 0
    part: tuple[int, int] = (1, 1)
    """(n, m): only the nth of m parts of its scopes; see `Collector.divides`."""


@dataclass(frozen=True)
class Job:
    """One source at one place, with the fields that are wanted of it."""

    target: str
    scope: Scope
    region: str | None
    source: Source
    wanted: frozenset[str]
    now: Callable[[], str]
    """The clock, as UTC text to the second."""

    def here(self, operation: str) -> dict[str, Any]:
        """The fields that tell where a fact comes from; a source spreads them into its facts."""
        return {
            "provider": self.source.provider,
            "target": self.target,
            "scope": self.scope.id,
            "region": self.region,
            "source": self.source.id,
            "operation": operation,
            "observed_at": self.now(),
        }


class Session(Protocol):
    """An open way into one target. Its methods may be called from several threads."""

    def scopes(self) -> Iterable[Scope]:
        """The scopes that the target leads to. Raises Refused if none can be found."""
        ...

    def place(self, job: Job) -> Any:
        """What the job's source and details are called with; it sends declared calls only."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Collector:
    """A plug-in: one provider. Registered as an entry point of `cmmc_scan.collectors`."""

    provider: str
    about: str
    sources: tuple[Source, ...]
    open: Callable[[Target], Session]
    """Raises Refused (credentials, unreachable) or InputError (a wrong option)."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schema `properties` of the provider's own keys in a target."""
    faults: Callable[[Mapping[str, Any]], Iterable[tuple[tuple[str | int, ...], str]]] = (
        lambda options: ()
    )
    """What is wrong with options that fit their schema: path in the target, and what to do."""
    grants: Mapping[str, Callable[[Selection], str]] = field(default_factory=dict)
    """How the permissions of a selection are written for this provider: format -> text."""
    concurrency: int = 16
    """Reads that may be under way at once for this provider."""
    divides: Callable[[Target], bool] = lambda target: False
    """Whether a target leads to many scopes, of which a shard takes a part (`Target.part`)."""

    def __post_init__(self) -> None:
        names: set[str] = set()
        for each in self.sources:
            if each.name in names:
                raise Defect(f"collector {self.provider} has two sources named {each.name}")
            names.add(each.name)
            each.provider = self.provider
