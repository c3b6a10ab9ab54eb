"""Refusals and failures, each in the words and the shape of the service's own protocol.

Status and code differ by protocol: IAM (query) says 403 AccessDenied, EC2 403
UnauthorizedOperation, a json service 400 AccessDeniedException, S3 (rest-xml) 403 AccessDenied.
"""

from __future__ import annotations

import json
from typing import NamedTuple
from xml.sax.saxutils import escape

from scanner.demo.aws import models
from scanner.demo.aws.wire import Response


class Refusal(Exception):
    """An operation of ours says no, with the service's own error code."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


class Trouble(NamedTuple):
    """An error's HTTP status, code and message."""

    status: int
    code: str
    message: str


def refused(service: str, operation: str, account: str, region: str, why: str = "") -> Trouble:
    """No permission; `why` replaces the reason, as a service control policy's deny does."""
    reason = why or "because no identity-based policy allows the {action} action"
    action = action_name(service, operation)
    partition = models.partition_of(region)
    message = (
        f"User: arn:{partition}:iam::{account}:user/auditor is not authorized to perform: "
        f"{action} on resource: * {reason.format(action=action)}"
    )
    match protocol_of(service):
        case "ec2":
            return Trouble(
                403,
                "UnauthorizedOperation",
                f"You are not authorized to perform this operation. {message}",
            )
        case "query" | "rest-xml":
            return Trouble(403, "AccessDenied", message)
        case "json":
            return Trouble(400, "AccessDeniedException", message)
        case _:
            return Trouble(403, "AccessDeniedException", message)


SCP_DENY = "with an explicit deny in a service control policy"


def throttled(service: str) -> Trouble:
    match protocol_of(service):
        case "ec2":
            return Trouble(503, "RequestLimitExceeded", "Request limit exceeded.")
        case "query":
            return Trouble(400, "Throttling", "Rate exceeded")
        case "rest-xml":
            return Trouble(503, "SlowDown", "Please reduce your request rate.")
        case "json":
            return Trouble(400, "ThrottlingException", "Rate exceeded")
        case _:
            return Trouble(429, "TooManyRequestsException", "Rate exceeded")


def expired(service: str) -> Trouble:
    text = "The security token included in the request is expired"
    match protocol_of(service):
        case "ec2":
            return Trouble(400, "RequestExpired", "Request has expired.")
        case "query":
            return Trouble(403, "ExpiredToken", text)
        case "rest-xml":
            return Trouble(400, "ExpiredToken", "The provided token has expired.")
        case "json":
            return Trouble(400, "ExpiredTokenException", text)
        case _:
            return Trouble(403, "ExpiredTokenException", text)


def unrecognized(service: str) -> Trouble:
    """Bad credentials, and what a region answers that the account has not opted in to."""
    text = "The security token included in the request is invalid."
    match protocol_of(service):
        case "ec2":
            return Trouble(
                401, "AuthFailure", "AWS was not able to validate the provided access credentials"
            )
        case "query":
            return Trouble(403, "InvalidClientTokenId", text)
        case "rest-xml":
            return Trouble(
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            )
        case "json":
            return Trouble(400, "UnrecognizedClientException", text)
        case _:
            return Trouble(403, "UnrecognizedClientException", text)


def failed(service: str, status: int) -> Trouble:
    if status == 503:
        return Trouble(503, "ServiceUnavailable", "The service is unavailable. Try again later.")
    code = "InternalError" if protocol_of(service) in {"rest-xml", "ec2"} else "InternalFailure"
    return Trouble(status, code, "An internal error has occurred")


def error_response(service: str, trouble: Trouble, request_id: str) -> Response:
    """The error as the service's protocol writes it."""
    status, code, message = trouble
    headers = {"x-amzn-RequestId": request_id}
    protocol = protocol_of(service)
    if protocol in {"json", "rest-json"}:
        headers["Content-Type"] = "application/json"
        headers["x-amzn-ErrorType"] = code
        body = {"message": message}
        if protocol == "json":
            body["__type"] = code
        return Response(status, headers, json.dumps(body).encode())
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if protocol == "ec2":
        text = (
            f"<Response><Errors><Error>{error}</Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
    elif service == "s3":
        text = f"<Error>{error}<RequestId>{request_id}</RequestId></Error>"
    else:
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    headers["Content-Type"] = "text/xml"
    return Response(status, headers, f'<?xml version="1.0"?>\n{text}'.encode())


def protocol_of(service: str) -> str:
    """The protocol, or rest-json for a service that botocore does not know."""
    try:
        return models.protocol(service)
    except LookupError:
        return "rest-json"


_ACTION_PREFIX = {
    "accessanalyzer": "access-analyzer",
    "cloudhsmv2": "cloudhsm",
    "efs": "elasticfilesystem",
    "elbv2": "elasticloadbalancing",
    "elb": "elasticloadbalancing",
    "opensearch": "es",
    "s3control": "s3",
    "sso-admin": "sso",
}
# S3 operations whose permission has another name.
_S3_ACTION = {
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListBuckets": "ListAllMyBuckets",
    "ListObjectsV2": "ListBucket",
}


def action_name(service: str, operation: str) -> str:
    """The IAM action that an AWS message names for an operation."""
    if service in {"apigateway", "apigatewayv2"}:
        return "apigateway:GET" if operation.startswith("Get") else "apigateway:POST"
    if service == "s3":
        operation = _S3_ACTION.get(operation, operation)
    if service == "s3control" and operation == "GetPublicAccessBlock":
        operation = "GetAccountPublicAccessBlock"
    return f"{_ACTION_PREFIX.get(service, service)}:{operation}"
