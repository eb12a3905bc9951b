from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from lambdas.errors import SettingsError, SlackBusy, SlackError
from lambdas.slack.client import Slack
from local.slack.server import EmbeddedSlack


@pytest.fixture
def slack() -> Iterator[EmbeddedSlack]:
    with EmbeddedSlack(channels=("#alerts",)) as running:
        yield running


@pytest.fixture
def client(slack: EmbeddedSlack) -> Iterator[Slack]:
    made = Slack(lambda: slack.workspace.token, slack.url)
    yield made
    made.close()


HELLO = {"channel": "#alerts", "text": "hello"}


def test_a_message_gets_its_timestamp(client: Slack, slack: EmbeddedSlack) -> None:
    answer = client.call("chat.postMessage", HELLO)
    assert slack.messages("#alerts")[0]["ts"] == answer["ts"]


def test_slacks_own_code_is_kept(client: Slack) -> None:
    with pytest.raises(SlackError, match=r"chat\.postMessage: channel_not_found") as caught:
        client.call("chat.postMessage", HELLO | {"channel": "#nowhere"})
    assert caught.value.code == "channel_not_found"


def test_busy_carries_the_seconds(client: Slack, slack: EmbeddedSlack) -> None:
    slack.fail_next("chat.postMessage", status=429, retry_after=17)
    with pytest.raises(SlackBusy) as caught:
        client.call("chat.postMessage", HELLO)
    assert caught.value.retry_after == 17


def test_no_answer_is_unreachable_and_the_next_call_connects_again(client: Slack, slack: EmbeddedSlack) -> None:
    slack.lose_answer_next("chat.postMessage")
    with pytest.raises(SlackError) as caught:
        client.call("chat.postMessage", HELLO)
    assert caught.value.code == "unreachable"
    assert client.call("chat.postMessage", HELLO)["ok"] is True


def test_a_kept_connection_that_ended_meanwhile_costs_no_message(client: Slack, slack: EmbeddedSlack) -> None:
    client.call("chat.postMessage", HELLO)
    assert client._connection is not None
    client._connection.sock.shutdown(socket.SHUT_RD)  # what the other side's end looks like from here
    assert client.call("chat.postMessage", HELLO)["ok"] is True
    assert len(slack.messages("#alerts")) == 2


def test_what_only_reads_is_asked_once_more_on_a_new_connection(client: Slack, slack: EmbeddedSlack) -> None:
    client.call("chat.postMessage", HELLO)
    slack.lose_answer_next("conversations.list")
    assert client.call("conversations.list", {})["ok"] is True


def test_what_may_have_been_delivered_is_not_repeated(client: Slack, slack: EmbeddedSlack) -> None:
    client.call("chat.postMessage", HELLO)
    slack.lose_answer_next("chat.postMessage")
    with pytest.raises(SlackError, match="unreachable"):
        client.call("chat.postMessage", HELLO)
    assert len(slack.messages("#alerts")) == 2


def test_a_rotated_token_is_read_again(slack: EmbeddedSlack) -> None:
    tokens = iter(["xoxb-old", slack.workspace.token])
    client = Slack(lambda: next(tokens), slack.url)
    with pytest.raises(SlackError, match="invalid_auth"):
        client.call("chat.postMessage", HELLO)
    assert client.call("chat.postMessage", HELLO)["ok"] is True
    client.close()


def test_no_token_is_an_error_of_slack(slack: EmbeddedSlack) -> None:
    def none() -> str:
        raise SettingsError("the secret cannot be read")

    with pytest.raises(SlackError, match="no_token"):
        Slack(none, slack.url).call("chat.postMessage", HELLO)


@pytest.mark.parametrize("url", ["slack.com/api", "ftp://slack.com/", "https://"])
def test_a_wrong_address_says_what_is_allowed(url: str) -> None:
    with pytest.raises(SlackError, match="http"):
        Slack(lambda: "t", url)


def test_a_file_goes_where_slack_says_without_the_token(client: Slack, slack: EmbeddedSlack) -> None:
    place = client.call("files.getUploadURLExternal", {"filename": "a.png", "length": 3})
    client.upload(place["upload_url"], b"abc")
    assert slack.workspace.store.files[place["file_id"]].content == b"abc"
    with pytest.raises(SlackError, match="upload: http_400"):
        client.upload(place["upload_url"], b"not the length")


@pytest.mark.parametrize("url", ["http://files.slack.com/upload/1", "ftp://files.slack.com/1", "https:///x", ""])
def test_a_file_never_goes_to_a_place_less_safe_than_the_api(url: str) -> None:
    with pytest.raises(SlackError, match="upload: bad_url"):
        Slack(lambda: "xoxb-1", "https://slack.com/api/").upload(url, b"abc")
