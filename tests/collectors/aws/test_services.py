"""Remote access, patches, records, alerts, detection and Config."""

from __future__ import annotations

import json
from typing import Any

from one_of_each import stop_alarm

from scanner.demo.aws import Emulator
from scanner.facts import UNSET

REGION = "us-gov-west-1"
ME = "123456789012"


def _managed(empty: Emulator, *names: str) -> None:
    for name in names:
        empty.put("ssm.instances", name, {"InstanceId": name, "PingStatus": "Online"})


def _preferences(client: Any, **inputs: Any) -> None:
    content = {"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": inputs}
    client("ssm").create_document(
        Name="SSM-SessionManagerRunShell", DocumentType="Session", Content=json.dumps(content)
    )


def test_sessions_have_the_service_s_defaults_until_preferences_are_set(
    empty: Emulator, client: Any, read: Any
) -> None:
    assert read("session-manager") == {}

    _managed(empty, "i-1")
    (access,) = read("session-manager").values()
    assert (access.logged, access.idle_minutes, access.max_minutes) == (False, 20, None)
    assert access.mfa_required is UNSET

    _preferences(
        client,
        idleSessionTimeout="10",
        maxSessionDuration="60",
        cloudWatchLogGroupName="g",
        kmsKeyId="k",
        s3BucketName="",
    )
    (access,) = read("session-manager").values()
    assert (access.logged, access.idle_minutes, access.max_minutes) == (True, 10, 60)
    assert access.encryption == ("TLS", "KMS")
    (times,) = read("session-manager-times").values()
    assert times.max_minutes == 60


def _vpn(**more: Any) -> dict[str, Any]:
    return {
        "ClientVpnEndpointId": "cvpn-1",
        "Status": {"Code": "available"},
        "SplitTunnel": True,
        "AuthenticationOptions": [{"Type": "certificate-authentication"}],
        "SessionTimeoutHours": 8,
        "ConnectionLogOptions": {"Enabled": True},
        **more,
    }


def test_client_vpns(empty: Emulator, read: Any) -> None:
    empty.put("ec2.client_vpns", "cvpn-1", _vpn())
    (vpn,) = read("client-vpns").values()
    assert (vpn.split_tunnel, vpn.mfa_required, vpn.logged) == (True, False, True)
    # It connects again by itself: its hours are no end.
    assert vpn.max_minutes is None

    federated = [{"Type": "federated-authentication"}]
    banner = {"Enabled": True, "BannerText": "CUI  inside"}
    empty.put(
        "ec2.client_vpns",
        "cvpn-1",
        _vpn(
            DisconnectOnSessionTimeout=True,
            AuthenticationOptions=federated,
            ClientLoginBannerOptions=banner,
        ),
    )
    empty.put(
        "ec2.client_vpn_rules",
        "1",
        {"ClientVpnEndpointId": "cvpn-1", "GroupId": "S-1", "AccessAll": False},
    )
    (vpn,) = read("client-vpns").values()
    assert vpn.max_minutes == 480
    assert vpn.unread == {"mfa_required": "not-supported"}
    assert vpn.restricted_to == ("S-1",)
    (shown,) = read("client-vpn-banners").values()
    assert shown.shown is True
    assert shown.text_hash is not None


def test_a_site_vpn_accepts_what_no_list_forbids(empty: Emulator, client: Any, read: Any) -> None:
    ec2 = client("ec2")
    ours = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    theirs = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="203.0.113.5", BgpAsn=65000)
    ec2.create_vpn_connection(
        Type="ipsec.1",
        CustomerGatewayId=theirs["CustomerGateway"]["CustomerGatewayId"],
        VpnGatewayId=ours,
    )
    (vpn,) = read("site-vpns").values()
    assert {"SHA1", "DH-2"} <= set(vpn.encryption)
    assert "PreSharedKey" not in repr(vpn)


def test_patch_states_and_a_machine_that_was_never_looked_at(empty: Emulator, read: Any) -> None:
    _managed(empty, "i-1", "i-2")
    empty.put(
        "ssm.patch_states",
        "i-1",
        {
            "InstanceId": "i-1",
            "PatchGroup": "",
            "BaselineId": "pb-1",
            "MissingCount": 2,
            "FailedCount": 1,
            "CriticalNonCompliantCount": 1,
            "SecurityNonCompliantCount": 0,
            "Operation": "Scan",
            "OperationStartTime": {"days_ago": 3},
            "OperationEndTime": {"days_ago": 3},
        },
    )
    found = read("patch-states")
    assert (found["i-1"].missing, found["i-1"].critical_missing) == (3, 1)
    assert found["i-1"].unread == {"last_install_days": "not-supported"}
    assert found["i-2"].last_scan_days is None
    assert found["i-2"].missing is UNSET


def _event(name: str, identity: dict[str, Any]) -> dict[str, Any]:
    return {
        "eventVersion": "1.09",
        "eventTime": "2026-11-24T07:00:00Z",
        "eventName": name,
        "eventSource": "iam.amazonaws.com",
        "sourceIPAddress": "203.0.113.9",
        "userIdentity": identity,
    }


def test_records_are_counted_and_never_copied(empty: Emulator, read: Any) -> None:
    assert read("recorded-events") == {}

    empty.put("cloudtrail.events", "1", _event("A", {"type": "IAMUser", "userName": "ann"}))
    empty.put(
        "cloudtrail.events",
        "2",
        _event("B", {"type": "AssumedRole", "principalId": "AROAX:i-0123456789abcdef0"}),
    )
    (record,) = read("recorded-events").values()
    assert (record.sampled, record.individual, record.has_origin) == (2, True, True)
    assert "ann" not in repr(record)

    empty.put("cloudtrail.events", "3", _event("C", {"type": "Root", "principalId": ME}))
    (record,) = read("recorded-events").values()
    assert record.individual is False


def test_an_alarm_counts_once_somebody_has_confirmed(
    empty: Emulator, client: Any, read: Any
) -> None:
    assert read("trail-alarms") == {}
    topic = stop_alarm(client)
    (alert,) = read("trail-alarms").values()
    assert (alert.enabled, alert.confirmed, alert.recipients) == (True, False, ())

    client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="soc@example.com")
    (alert,) = read("trail-alarms").values()
    assert alert.recipients == ("soc@example.com",)


def test_event_rules_on_the_stopping_of_a_trail(empty: Emulator, client: Any, read: Any) -> None:
    events = client("events")
    pattern = {"detail": {"eventName": ["StopLogging", "DeleteTrail", "UpdateTrail"]}}
    events.put_rule(Name="stopped", EventPattern=json.dumps(pattern))
    events.put_rule(Name="other", EventPattern=json.dumps({"source": ["aws.ec2"]}))
    (alert,) = read("trail-events").values()
    assert (alert.name, alert.confirmed) == ("stopped", False)

    queue = f"arn:aws-us-gov:sqs:{REGION}:{ME}:soc"
    events.put_targets(Rule="stopped", Targets=[{"Id": "1", "Arn": queue}])
    (alert,) = read("trail-events").values()
    assert (alert.confirmed, alert.recipients) == (True, (queue,))


def test_guardduty_by_region_with_its_features_and_where_findings_go(
    empty: Emulator, client: Any, read: Any
) -> None:
    (off,) = read("guardduty").values()
    assert (off.enabled, off.publishes, off.features) == (False, False, ())

    client("guardduty").create_detector(
        Enable=True, Features=[{"Name": "EBS_MALWARE_PROTECTION", "Status": "ENABLED"}]
    )
    (on,) = read("guardduty").values()
    assert on.enabled is True
    assert "EBS_MALWARE_PROTECTION" in on.features

    events = client("events")
    events.put_rule(Name="g", EventPattern=json.dumps({"source": ["aws.guardduty"]}))
    (mute,) = read("guardduty", "publishes").values()
    assert mute.publishes is False
    events.put_targets(Rule="g", Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:{REGION}:{ME}:q"}])
    (heard,) = read("guardduty", "publishes").values()
    assert heard.publishes is True
    (malware,) = read("malware-protection").values()
    assert malware.engine == "GuardDuty Malware Protection"


def test_a_hub_that_is_not_subscribed_is_off_and_a_refused_one_is_unknown(
    empty: Emulator, client: Any, read: Any
) -> None:
    import pytest

    from scanner.collectors.base import Refused

    (hub,) = read("security-hub").values()
    assert hub.enabled is False
    client("securityhub").enable_security_hub()
    (hub,) = read("security-hub").values()
    assert hub.enabled is True

    denied = empty.faults.injected(on="securityhub:DescribeHub", effect="denied")
    with denied, pytest.raises(Refused):
        read("security-hub")


def test_recorders_of_two_regions_with_one_name_are_two(
    empty: Emulator, client: Any, read: Any
) -> None:
    """A peer keys recorders by name and loses every region but one."""
    for region in (REGION, "us-gov-east-1"):
        config = client("config", region)
        config.put_configuration_recorder(
            ConfigurationRecorder={
                "name": "default",
                "roleARN": f"arn:aws-us-gov:iam::{ME}:role/config",
                "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
            }
        )
    config = client("config", REGION)
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "b"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    found = read("config-recorders", regions=[REGION, "us-gov-east-1"])

    assert {b.region: b.recording for b in found.values()} == {
        REGION: True,
        "us-gov-east-1": False,
    }
    assert {b.all_resources for b in found.values()} == {True}
    assert found[f"{ME}/{REGION}/config-recorder"].retention_days == 2557


def test_config_rules_count_what_deviates(empty: Emulator, read: Any) -> None:
    empty.put(
        "config.compliance",
        "volumes",
        {
            "ComplianceType": "NON_COMPLIANT",
            "ComplianceContributorCount": {"CappedCount": 4, "CapExceeded": False},
        },
    )
    empty.put("config.compliance", "fine", {"ComplianceType": "COMPLIANT"})
    empty.put("config.compliance", "new", {"ComplianceType": "INSUFFICIENT_DATA"})
    found = {b.name: b.noncompliant for b in read("config-rules").values()}
    assert found == {"volumes": 4, "fine": 0, "new": None}


def test_the_security_contact(empty: Emulator, client: Any, read: Any) -> None:
    (contact,) = read("security-contact").values()
    assert contact.set is False
    client("account").put_alternate_contact(
        AlternateContactType="SECURITY",
        EmailAddress="soc@example.com",
        Name="SOC",
        PhoneNumber="1",
        Title="SOC",
    )
    (contact,) = read("security-contact").values()
    assert contact.set is True
    assert "soc@example.com" not in repr(contact)
