"""botocore's service models, loaded once a process: what an operation takes and gives."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def _loader() -> Any:
    from botocore.loaders import Loader

    return Loader()


@cache
def service_model(service: str) -> Any:
    """The botocore `ServiceModel` of a client name such as `elbv2`.

    Raises:
        LookupError: botocore knows no such service.
    """
    from botocore.exceptions import UnknownServiceError
    from botocore.model import ServiceModel

    try:
        return ServiceModel(_loader().load_service_model(service, "service-2"), service)
    except UnknownServiceError as error:
        raise LookupError(service) from error


@cache
def operation_model(service: str, operation: str) -> Any:
    """The botocore `OperationModel`; raises LookupError where the service has none."""
    from botocore.model import OperationNotFoundError

    try:
        return service_model(service).operation_model(operation)
    except OperationNotFoundError as error:
        raise LookupError(f"{service}:{operation}") from error


def protocol(service: str) -> str:
    """json, query, ec2, rest-json or rest-xml: what botocore speaks to this service."""
    return str(service_model(service).resolved_protocol)


@cache
def paginator(service: str, operation: str) -> dict[str, Any]:
    """The paginator that botocore ships for an operation.

    Raises:
        LookupError: it ships none, though the operation may page.
    """
    from botocore.exceptions import UnknownServiceError

    try:
        pages = _loader().load_service_model(service, "paginators-1")["pagination"]
    except UnknownServiceError as error:
        raise LookupError(service) from error
    return dict(pages[operation])


@cache
def partition_of(region: str) -> str:
    """aws, aws-us-gov, ...: by the patterns of botocore's partitions."""
    import re

    for partition in _loader().load_data("partitions")["partitions"]:
        if region in partition["regions"] or re.match(partition["regionRegex"], region):
            return str(partition["id"])
    return "aws"


@cache
def regions_of(partition: str) -> tuple[str, ...]:
    """The regions of a partition, without its pseudo region (`aws-global`)."""
    for candidate in _loader().load_data("partitions")["partitions"]:
        if candidate["id"] == partition:
            return tuple(sorted(r for r in candidate["regions"] if not r.endswith("-global")))
    return ()
