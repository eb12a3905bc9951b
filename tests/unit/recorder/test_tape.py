"""What the tape hears of real clients."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber

from lambdas.aws import Aws
from lambdas.recorder.tape import Tape, listening


@pytest.fixture
def aws() -> Aws:
    return Aws("eu-west-1", session=boto3.session.Session("x", "y", region_name="eu-west-1"))


def test_it_hears_answers_and_errors_in_order_while_it_listens(aws: Aws) -> None:
    with Stubber(aws.ecs) as stub:
        clusters = {"clusterArns": ["arn:aws:ecs:eu-west-1:1:cluster/prod"]}
        stub.add_response("list_clusters", clusters)
        stub.add_response("list_clusters", clusters)
        stub.add_client_error("list_services", "ClusterNotFoundException", "Cluster not found.", 400)
        stub.add_response("list_clusters", clusters)
        aws.ecs.list_clusters()
        with listening(aws) as tape:
            aws.ecs.list_clusters(maxResults=7)
            with pytest.raises(ClientError):
                aws.ecs.list_services(cluster="prod")
        aws.ecs.list_clusters()
    assert [(h.service, h.operation, h.params) for h in tape.heard] == [
        ("ecs", "ListClusters", {"maxResults": 7}),
        ("ecs", "ListServices", {"cluster": "prod"}),
    ]
    answer, error = (heard.answer for heard in tape.heard)
    assert isinstance(answer, dict)
    assert answer["clusterArns"] == ["arn:aws:ecs:eu-west-1:1:cluster/prod"]
    assert isinstance(error, dict)
    assert error["Error"]["Code"] == "ClusterNotFoundException"
    assert aws.listener is None


def test_calls_complete_in_the_order_of_their_answers() -> None:
    tape = Tape()
    tape.asked(1, "ecs", "A", {})
    tape.asked(2, "ecs", "B", {})
    tape.answered(2, {"b": 1})
    tape.answered(1, ReadTimeoutError(endpoint_url="https://ecs"))
    tape.answered(3, {"never": "asked"})
    tape.stop()
    assert [heard.operation for heard in tape.heard] == ["B", "A"]
    assert isinstance(tape.heard[1].answer, ReadTimeoutError)


def test_what_is_open_at_the_end_or_never_ended_has_no_answer() -> None:
    tape = Tape()
    tape.asked(1, "ecs", "Lost", {})
    tape.asked(1, "ecs", "Hangs", {})  # the same key again: the first call ended without a word
    tape.stop()
    tape.answered(1, {"too": "late"})
    tape.asked(2, "ecs", "Late", {})
    assert [(heard.operation, heard.answer) for heard in tape.heard] == [("Lost", None), ("Hangs", None)]


def test_it_stops_listening_when_the_examination_fails(aws: Aws) -> None:
    with pytest.raises(RuntimeError, match="a defect"), listening(aws):
        raise RuntimeError("a defect")
    assert aws.listener is None
