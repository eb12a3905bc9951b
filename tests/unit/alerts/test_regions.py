from __future__ import annotations

import pytest
from botocore.session import Session

from lambdas.alerts.regions import alarm_arn, code, partition


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("EU (Ireland)", "eu-west-1"),
        ("Europe (Ireland)", "eu-west-1"),
        ("EU - Ireland", "eu-west-1"),
        ("eu-west-1", "eu-west-1"),
        ("US East (N. Virginia)", "us-east-1"),
        ("US - N. Virginia", "us-east-1"),
        ("US West (Northern California)", "us-west-1"),
        ("Asia Pacific (Osaka-Local)", "ap-northeast-3"),
        ("Canada (Central)", "ca-central-1"),
        ("South America (São Paulo)", "sa-east-1"),
        ("China (Beijing)", "cn-north-1"),
        ("AWS GovCloud (US)", "us-gov-west-1"),
        ("AWS GovCloud (US-East)", "us-gov-east-1"),
        ("Moon (Tranquility Base)", ""),
        ("", ""),
        ("(((", ""),
    ],
)
def test_display_name_becomes_a_code(name: str, expected: str) -> None:
    assert code(name) == expected


def test_every_public_region_that_botocore_describes_is_known() -> None:
    data = Session().get_data("endpoints")
    named = {
        description["description"]: region
        for item in data["partitions"]
        if "iso" not in item["partition"]
        for region, description in item["regions"].items()
    }
    assert {name: code(name) for name in named} == named


def test_partition_of_every_region_that_botocore_knows() -> None:
    session = Session()
    known = {r: p for p in session.get_available_partitions() for r in session.get_available_regions("cloudwatch", p)}
    assert {region: partition(region) for region in known} == known


def test_arn_needs_all_its_parts() -> None:
    assert alarm_arn("cn-north-1", "1", "a:b") == "arn:aws-cn:cloudwatch:cn-north-1:1:alarm:a:b"
    assert alarm_arn("", "1", "a") == alarm_arn("eu-west-1", "", "a") == alarm_arn("eu-west-1", "1", "") == ""
