"""Our reading and writing of the five protocols, held against botocore's own."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.serialize import create_serializer
from samples import sample

from scanner.demo.aws import inputs, models, outputs, paging, registry, shapes
from scanner.demo.aws.identify import UNKNOWN, identify
from scanner.demo.aws.wire import Request

registry.load()
OWN = sorted({*registry.OURS, *registry.OVERLAYS, *paging.PAGED})
REST = {
    "accessanalyzer": "access-analyzer",
    "account": "account",
    "apigateway": "apigateway",
    "apigatewayv2": "apigateway",
    "backup": "backup",
    "cloudfront": "cloudfront",
    "efs": "elasticfilesystem",
    "eks": "eks",
    "guardduty": "guardduty",
    "inspector2": "inspector2",
    "lambda": "lambda",
    "opensearch": "es",
    "route53": "route53",
    "s3": "s3",
    "s3control": "s3",
    "securityhub": "securityhub",
}


def _request(service: str, operation: str, params: dict[str, Any], signed_as: str) -> Request:
    """The request that botocore makes of a call."""
    from urllib.parse import urlencode

    model = models.operation_model(service, operation)
    made = create_serializer(models.protocol(service)).serialize_to_request(params, model)
    path, _, query = made["url_path"].partition("?")
    more = made["query_string"]
    query = "&".join(
        filter(None, (query, more if isinstance(more, str) else urlencode(more, True)))
    )
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    scope = f"AKIA/20261124/us-gov-west-1/{signed_as}/aws4_request"
    headers = {name.lower(): value for name, value in made["headers"].items()}
    headers |= {"authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host"}
    data = body if isinstance(body, bytes) else str(body).encode()
    return Request(made["method"], path, query, headers, data)


def _signing_name(service: str) -> str:
    return str(models.service_model(service).signing_name)


@pytest.mark.parametrize("name", OWN)
def test_what_we_write_botocore_reads_back(name: str) -> None:
    service, operation = name.split(":")
    shape = models.operation_model(service, operation).output_shape
    if shape is None:
        pytest.skip("nothing is returned")
    output = sample(shape)
    assert shapes.problems(shape, output) == []
    written = outputs.answer(service, operation, output, "request-1")
    assert outputs.parsed(service, operation, written) == output


@pytest.mark.parametrize("name", sorted({*registry.OURS, *paging.PAGED}))
def test_what_botocore_writes_we_read_back(name: str) -> None:
    service, operation = name.split(":")
    shape = models.operation_model(service, operation).input_shape
    params = sample(shape) if shape is not None else {}
    if models.protocol(service) == "rest-xml":  # our S3 operations look at the path alone
        params = {n: v for n, v in params.items() if n == "Bucket"}
    request = _request(service, operation, params, _signing_name(service))
    asked = identify(request)
    assert (asked.service, asked.operation) == (service, operation)
    found = inputs.parameters(service, operation, request, asked.labels)
    assert found == params


@pytest.mark.parametrize("service", sorted(REST))
def test_every_rest_operation_is_told_by_method_and_path(service: str) -> None:
    mistaken = []
    for operation in models.service_model(service).operation_names:
        model = models.operation_model(service, operation)
        if model.deprecated:  # S3's old names share method and path with the new ones
            continue
        shape = model.input_shape
        params = sample(shape, required_only=True) if shape is not None else {}
        asked = identify(_request(service, operation, params, REST[service]))
        if (asked.service, asked.operation) != (service, operation):
            mistaken.append(f"{operation} as {asked.name}")
    # Directory buckets have a host of their own, which a loopback endpoint has not.
    assert [m for m in mistaken if not m.startswith("ListDirectoryBuckets")] == []


def test_the_other_protocols_and_the_unknown() -> None:
    scope = "Credential=AKIA/20261124/eu-west-1/{}/aws4_request"
    form = {"content-type": "application/x-www-form-urlencoded"}

    def asked(signed_as: str, path: str = "/", body: bytes = b"", **headers: str) -> str:
        given = {n.replace("_", "-"): v for n, v in headers.items()}
        given["authorization"] = scope.format(signed_as)
        return identify(Request("POST", path, "", given, body)).name

    assert asked("logs", x_amz_target="Logs_20140328.DescribeLogGroups") == "logs:DescribeLogGroups"
    v1, v2 = b"Action=DescribeTags&Version=2012-06-01", b"Action=DescribeTags&Version=2015-12-01"
    assert asked("elasticloadbalancing", body=v1, content_type=form["content-type"])[:4] == "elb:"
    assert asked("elasticloadbalancing", body=v2, content_type=form["content-type"])[:6] == "elbv2:"
    path = "/service/GraniteServiceVersion20100801/operation/DescribeAlarms"
    assert asked("monitoring", path) == "cloudwatch:DescribeAlarms"
    assert asked("lambda", "/nowhere/at/all") == f"lambda:{UNKNOWN}"
    assert asked("no-such-service", "/x") == f"no-such-service:{UNKNOWN}"
    unsigned = Request("GET", "/", "", {"host": "ec2.us-gov-east-1.amazonaws.com"}, b"")
    assert identify(unsigned)[:3] == ("ec2", UNKNOWN, "us-gov-east-1")


def test_a_wrong_output_is_named() -> None:
    shape = models.operation_model("ssm", "DescribeInstanceInformation").output_shape
    wrong = {
        "InstanceInformationList": [
            {"InstanceId": 7, "PingStatus": "Asleep", "LastPingDateTime": "today", "Colour": "red"}
        ],
        "Tokens": [],
    }
    at = "$.InstanceInformationList[0]"
    assert shapes.problems(shape, wrong) == [
        "$: unknown member 'Tokens'",
        f"{at}: unknown member 'Colour'",
        f"{at}.InstanceId: int where string (InstanceId) belongs",
        f"{at}.PingStatus: 'Asleep' is none of Online, ConnectionLost, Inactive",
        f"{at}.LastPingDateTime: str where timestamp (DateTime) belongs",
    ]
    listed = models.operation_model("accessanalyzer", "ListAnalyzers").output_shape
    assert shapes.problems(listed, {}) == ["$: required member 'analyzers' missing"]
