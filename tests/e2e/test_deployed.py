"""The synthesised stack, really deployed: an alarm on a topic becomes an incident in Slack, under the real policies."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.deploy import DeployError, deploy
from tests.e2e.conftest import alarm, eventually, roots

if TYPE_CHECKING:
    from local.stage import Stage

pytestmark = pytest.mark.e2e

EVENTS = Path(__file__).parents[2] / "events"


@pytest.mark.parametrize("number", [0, 1])
def test_an_alarm_on_each_topic_is_posted(staged: Stage, number: int) -> None:
    service = f"shop-{number}"
    staged.publish(alarm(f"cpu-{number}", service), topic=staged.topics()[number])
    (root,) = eventually(lambda: roots(staged, service), "the first post", staged)
    assert "INCIDENT ALERT" in root["text"]


def test_the_same_alarm_by_three_roads_is_one_incident(staged: Stage) -> None:
    message = alarm("three-roads", "parcel")
    for topic in staged.topics():
        staged.publish(message, topic=topic)
    staged.publish(message)
    eventually(lambda: roots(staged, "parcel"), "the first post", staged)
    eventually(lambda: _queue_is_empty(staged), "the queue runs empty", staged)
    assert len(roots(staged, "parcel")) == 1


def _queue_is_empty(staged: Stage) -> bool:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    (url,) = [url for url in staged.deployed.of("AWS::SQS::Queue") if "Inbox" in url and "Dead" not in url]
    found = staged.emulator.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return all(found[name] == "0" for name in names)


def test_an_alarm_may_call_respond_directly(staged: Stage) -> None:
    event = json.loads((EVENTS / "sns" / "ecs-cpu-lambda-event.json").read_text())
    assert staged.invoke("respond", event) == {"batchItemFailures": []}


def test_the_clock_runs_as_its_own_role(staged: Stage) -> None:
    answer = staged.invoke("pulse", {"time": (datetime.now(UTC) - timedelta(minutes=1)).isoformat()})
    assert answer["failed"] == 0
    assert any("PulseLag" in line for line in staged.logged("pulse"))


def test_a_function_is_denied_what_its_role_does_not_allow(staged: Stage) -> None:
    """The embedded AWS enforces the synthesised policies, so what passed above passed under them."""
    import boto3
    from botocore.exceptions import ClientError

    aws = staged.emulator
    role = next(arn for name, arn in staged.deployed.resources.items() if name.startswith("PulseRole") and arn)
    account_role = f"arn:aws:iam::{aws.account}:role/{role.rsplit('/', 1)[-1]}"
    keys = aws.client("sts").assume_role(RoleArn=account_role, RoleSessionName="test")["Credentials"]
    table = boto3.client(
        "dynamodb",
        endpoint_url=aws.url,
        region_name=aws.region,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    (name,) = staged.deployed.of("AWS::DynamoDB::Table")
    with pytest.raises(ClientError, match="not authorized"):
        table.scan(TableName=name)


def test_a_template_that_is_refused_says_why(staged: Stage, tmp_path: Path) -> None:
    asset = {
        "source": {"path": "bad.template.json", "packaging": "file"},
        "destinations": {"here": {"bucketName": "assets", "objectKey": "bad.json"}},
    }
    (tmp_path / "bad.assets.json").write_text(json.dumps({"files": {"template": asset}}))
    wrong = {"Type": "AWS::Nowhere::Thing", "Properties": {}}
    (tmp_path / "bad.template.json").write_text(json.dumps({"Resources": {"Wrong": wrong}}))
    with pytest.raises(DeployError, match=r"bad is refused: .*AWS::Nowhere::Thing"):
        deploy(tmp_path, "bad", staged.emulator.client)
