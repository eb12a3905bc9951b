"""Region names as CloudWatch writes them for people, their codes, and the partition that each belongs to.

SNS alarm messages name the region for people ('EU (Ireland)'), and the older ones carry no ARN: the ARN is rebuilt from
that name and the account. Source: 'Regional endpoints' in the AWS General Reference; the names before 2021 said 'EU'
where they now say 'Europe', and the first ones 'EU - Ireland'.
"""

from __future__ import annotations

import re

_BY_PLACE = {
    "n. virginia": "us-east-1",
    "northern virginia": "us-east-1",
    "ohio": "us-east-2",
    "n. california": "us-west-1",
    "northern california": "us-west-1",
    "oregon": "us-west-2",
    "cape town": "af-south-1",
    "hong kong": "ap-east-1",
    "taipei": "ap-east-2",
    "tokyo": "ap-northeast-1",
    "seoul": "ap-northeast-2",
    "osaka": "ap-northeast-3",
    "osaka-local": "ap-northeast-3",
    "mumbai": "ap-south-1",
    "hyderabad": "ap-south-2",
    "singapore": "ap-southeast-1",
    "sydney": "ap-southeast-2",
    "jakarta": "ap-southeast-3",
    "melbourne": "ap-southeast-4",
    "malaysia": "ap-southeast-5",
    "new zealand": "ap-southeast-6",
    "thailand": "ap-southeast-7",
    "canada central": "ca-central-1",
    "calgary": "ca-west-1",
    "frankfurt": "eu-central-1",
    "zurich": "eu-central-2",
    "stockholm": "eu-north-1",
    "milan": "eu-south-1",
    "spain": "eu-south-2",
    "ireland": "eu-west-1",
    "london": "eu-west-2",
    "paris": "eu-west-3",
    "tel aviv": "il-central-1",
    "uae": "me-central-1",
    "bahrain": "me-south-1",
    "mexico central": "mx-central-1",
    "sao paulo": "sa-east-1",
    "são paulo": "sa-east-1",
    "beijing": "cn-north-1",
    "ningxia": "cn-northwest-1",
    "us-east": "us-gov-east-1",
    "us-west": "us-gov-west-1",
    "us": "us-gov-west-1",  # 'AWS GovCloud (US)', from when there was one
    "germany": "eusc-de-east-1",
}
_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
)
_CODE = re.compile(r"^[a-z]{2,4}(-[a-z]+)+-\d+$")
_NAME = re.compile(r"^(?P<area>[^(\-]*?)\s*(?:\(|\s-\s)\s*(?P<place>[^()]+?)\s*\)?$")


def code(name: str) -> str:
    """Translate a region's display name to its code; a code stays one; empty where it is not known."""
    name = name.strip()
    if _CODE.match(name.lower()):
        return name.lower()
    if not (parts := _NAME.match(name)):
        return ""
    place = parts["place"].lower()
    return _BY_PLACE.get(place) or _BY_PLACE.get(f"{parts['area'].lower()} {place}", "")


def partition(region: str) -> str:
    """Name the partition of a region code: aws, aws-cn, aws-us-gov and so on."""
    return next((name for prefix, name in _PARTITIONS if region.startswith(prefix)), "aws")


def alarm_arn(region: str, account: str, name: str) -> str:
    """Build an alarm's ARN; empty where a part is missing."""
    return f"arn:{partition(region)}:cloudwatch:{region}:{account}:alarm:{name}" if region and account and name else ""
