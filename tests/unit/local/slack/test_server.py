"""The embedded Slack over real HTTP on loopback, mostly through Slack's own client."""

import http.client
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from local.slack import sample
from local.slack.rules import problems
from local.slack.server import EmbeddedSlack

TOKEN = "xoxb-embedded"


@pytest.fixture
def slack() -> Iterator[EmbeddedSlack]:
    with EmbeddedSlack(processing=0.0) as running:
        yield running


def client(slack: EmbeddedSlack, token: str = TOKEN) -> WebClient:
    return WebClient(token=token, base_url=slack.url)


def raw(slack: EmbeddedSlack, method: str, path: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
    """One request by hand; the answer's body is read before the connection closes."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(slack.url).port or 0, timeout=5)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.content = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


def body(answer: http.client.HTTPResponse) -> Any:
    return json.loads(answer.content)  # type: ignore[attr-defined]


def test_addresses(slack: EmbeddedSlack) -> None:
    assert slack.url.startswith("http://127.0.0.1:")
    assert slack.url == f"{slack.page_url}api/"


def test_slacks_own_client_posts_updates_and_reads(slack: EmbeddedSlack) -> None:
    web = client(slack)
    assert web.auth_test()["user_id"] == slack.workspace.bot.user
    root = web.chat_postMessage(channel="#alerts", **sample.ALERT)
    channel, ts = str(root["channel"]), str(root["ts"])
    web.chat_postMessage(channel=channel, thread_ts=ts, **sample.DIAGNOSIS)
    web.chat_update(channel=channel, ts=ts, **sample.RESOLVED)
    replies = web.conversations_replies(channel=channel, ts=ts, include_all_metadata=True)
    first, second = list(replies["messages"])
    assert first["text"] == sample.RESOLVED["text"]
    assert first["metadata"] == sample.ALERT["metadata"]
    assert second["thread_ts"] == ts
    assert [m["text"] for m in slack.messages("#alerts")] == [sample.RESOLVED["text"]]
    assert [m["text"] for m in slack.thread("#alerts", ts)] == [sample.RESOLVED["text"], sample.DIAGNOSIS["text"]]
    link = str(web.chat_getPermalink(channel=channel, message_ts=ts)["permalink"])
    with urllib.request.urlopen(link) as page:
        assert b"INCIDENT RESOLVED" in page.read()
    assert [call.method for call in slack.calls][:4] == [
        "auth.test",
        "chat.postMessage",
        "chat.postMessage",
        "chat.update",
    ]


def test_the_sample_keeps_every_rule_and_uploads_its_chart(slack: EmbeddedSlack) -> None:
    ts = sample.post(slack, "#alerts")
    assert [call.error for call in slack.calls] == [None] * len(slack.calls)
    thread = slack.thread("#alerts", ts)
    assert [file["title"] for message in thread for file in message.get("files", [])] == ["Running tasks"]
    for call in slack.calls:
        if call.method.startswith("chat."):
            assert problems(call.payload) == []


def test_a_refusal_reaches_the_client_with_its_reason(slack: EmbeddedSlack) -> None:
    with pytest.raises(SlackApiError) as caught:
        client(slack).chat_postMessage(channel="#alerts", text="x", blocks=[{"type": "header"}])
    answer = caught.value.response
    assert (answer.status_code, answer["error"]) == (200, "invalid_blocks")
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: text [json-pointer:/blocks/0]"]


def test_tokens(slack: EmbeddedSlack) -> None:
    with pytest.raises(SlackApiError, match="invalid_auth"):
        client(slack, "xoxb-other").auth_test()
    assert body(raw(slack, "POST", "/api/auth.test"))["error"] == "not_authed"
    assert body(raw(slack, "POST", "/api/auth.test", Authorization=f"Basic {TOKEN}"))["error"] == "not_authed"
    form: dict[str, Any] = {"Content_Type": "application/x-www-form-urlencoded"}
    assert body(raw(slack, "POST", "/api/auth.test", f"token={TOKEN}".encode(), **form))["ok"]
    assert body(raw(slack, "GET", "/api/auth.test", Authorization=f"Bearer {TOKEN}"))["ok"]
    assert TOKEN not in str([call.as_json() for call in slack.calls])


def test_bodies_that_cannot_be_read_are_answered_and_recorded(slack: EmbeddedSlack) -> None:
    answer = raw(slack, "POST", "/api/chat.postMessage", b"{", Content_Type="application/json")
    assert body(answer)["error"] == "invalid_json"
    assert [(call.method, call.error) for call in slack.calls] == [("chat.postMessage", "invalid_json")]


def test_json_is_overlooked_where_slack_overlooks_it(slack: EmbeddedSlack) -> None:
    channel = slack.workspace.store.channels()[0].id
    headers: dict[str, Any] = {"Authorization": f"Bearer {TOKEN}"}
    given = json.dumps({"channel": channel}).encode()
    as_json = raw(slack, "POST", "/api/conversations.history", given, Content_Type="application/json", **headers)
    assert body(as_json)["error"] == "invalid_arguments"
    assert body(raw(slack, "GET", f"/api/conversations.history?channel={channel}", **headers))["ok"]


def test_a_rate_limit_on_demand(slack: EmbeddedSlack) -> None:
    slack.fail_next("chat.postMessage", "ratelimited", retry_after=30)
    with pytest.raises(SlackApiError) as caught:
        client(slack).chat_postMessage(channel="#alerts", text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "30"
    assert slack.messages("#alerts") == []


def test_slacks_retry_handler_gets_through_a_rate_limit(slack: EmbeddedSlack) -> None:
    slack.fail_next("chat.postMessage", "ratelimited", retry_after=0)
    web = client(slack)
    web.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    assert web.chat_postMessage(channel="#alerts", text="x")["ok"]
    assert [call.error for call in slack.calls] == ["ratelimited", None]


def test_an_outage_on_demand(slack: EmbeddedSlack) -> None:
    slack.fail_next("*", status=503, times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            client(slack).auth_test()
        assert caught.value.response.status_code == 503
    assert client(slack).auth_test()["ok"]


def test_a_lost_answer_leaves_the_message_to_be_found_by_its_metadata(slack: EmbeddedSlack) -> None:
    slack.lose_answer_next("chat.postMessage")
    web = client(slack)
    web.retry_handlers.clear()
    with pytest.raises(http.client.RemoteDisconnected):
        web.chat_postMessage(channel="#alerts", **sample.ALERT)
    (message,) = slack.messages("#alerts")
    assert message["metadata"] == sample.ALERT["metadata"]
    assert [(call.ok, call.answered) for call in slack.calls] == [(True, False)]
    assert web.chat_postMessage(channel="#alerts", text="again")["ok"]


def test_many_clients_at_once_are_stored_in_the_order_of_the_calls(slack: EmbeddedSlack) -> None:
    def post(number: int) -> None:
        web = client(slack)
        for step in range(5):
            web.chat_postMessage(channel="#alerts", text=f"{number}.{step}")

    threads = [threading.Thread(target=post, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [m["ts"] for m in slack.messages("#alerts")] == [call.ts for call in slack.calls]
    assert len(slack.calls) == 30


def test_an_upload_in_three_steps_by_hand(slack: EmbeddedSlack) -> None:
    web = client(slack)
    given = web.files_getUploadURLExternal(filename="notes.txt", length=5)
    path = urlsplit(str(given["upload_url"])).path
    assert raw(slack, "POST", path, b"four").status == 400
    boundary = b'--x\r\nContent-Disposition: form-data; name="file"; filename="n"\r\n\r\nhello\r\n--x--\r\n'
    assert raw(slack, "POST", path, boundary, Content_Type="multipart/form-data; boundary=x").status == 200
    assert raw(slack, "GET", f"/files/{given['file_id']}").status == 404
    web.files_completeUploadExternal(files=[{"id": str(given["file_id"])}])
    answer = raw(slack, "GET", f"/files/{given['file_id']}")
    assert (answer.status, answer.getheader("Content-Disposition")) == (200, "attachment")


def test_a_page_elsewhere_cannot_reach_in(slack: EmbeddedSlack) -> None:
    assert raw(slack, "GET", "/", Host="evil.example:80").status == 403
    assert raw(slack, "POST", "/api/auth.test", Host="evil.example").status == 403


def test_odd_requests(slack: EmbeddedSlack) -> None:
    assert raw(slack, "GET", "/c/nowhere").status == 404
    assert raw(slack, "GET", "/c/alerts/t/1.2").status == 404
    assert raw(slack, "GET", "/files/F1").status == 404
    assert raw(slack, "POST", "/c/alerts").status == 404
    assert raw(slack, "POST", "/api/auth.test", Content_Length="99999999").status == 413
    assert body(raw(slack, "POST", "/api/", Authorization=f"Bearer {TOKEN}"))["error"] == "unknown_method"


def test_the_page_is_not_sent_again_until_something_changes(slack: EmbeddedSlack) -> None:
    tag = raw(slack, "GET", "/").getheader("ETag") or ""
    assert raw(slack, "GET", "/", If_None_Match=tag).status == 304
    client(slack).chat_postMessage(channel="#alerts", text="x")
    assert raw(slack, "GET", "/", If_None_Match=tag).status == 200


def test_two_slacks_beside_each_other() -> None:
    with EmbeddedSlack(("#a",), "xoxb-a") as one, EmbeddedSlack(("#b",), "xoxb-b") as other:
        client(one, "xoxb-a").chat_postMessage(channel="#a", text="x")
        assert other.calls == []
        with pytest.raises(KeyError):
            other.messages("#a")


def test_nothing_listens_after_the_end() -> None:
    with EmbeddedSlack() as slack:
        address = slack.page_url
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address)
