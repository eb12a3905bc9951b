"""Slack's methods, without HTTP."""

from typing import Any

import pytest

from local.slack import sample
from local.slack.workspace import Workspace

TOKEN = "xoxb-embedded"
BLOCK = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}
META = {"event_type": "tocsin", "event_payload": {"key": "k"}}


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 1_795_488_600.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A workspace, its clock, and a short way to call it."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.workspace = Workspace(
            channels=("#alerts", "#storm"), outside=("#general",), clock=self.clock, monotonic=self.clock, **options
        )
        self.channel = self.workspace.store.channels()[0].id

    def call(self, method: str, token: Any = TOKEN, **payload: Any) -> dict[str, Any]:
        return self.workspace.call(method, payload, token)

    def post(self, **payload: Any) -> str:
        answer = self.call("chat.postMessage", **{"channel": self.channel, "text": "x", **payload})
        assert answer["ok"], answer
        return str(answer["ts"])

    def message(self, ts: str) -> dict[str, Any]:
        answer = self.call("conversations.replies", channel=self.channel, ts=ts, include_all_metadata="true")
        found: dict[str, Any] = next(message for message in answer["messages"] if message["ts"] == ts)
        return found


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    ("method", "token", "payload", "error"),
    [
        ("auth.test", None, {}, "not_authed"),
        ("auth.test", "xoxb-wrong", {}, "invalid_auth"),
        ("auth.test", "xoxb-\u00e9", {}, "invalid_auth"),
        ("chat.shout", TOKEN, {}, "unknown_method"),
        ("chat.postMessage", TOKEN, {"text": "x"}, "invalid_arguments"),
        ("chat.postMessage", TOKEN, {"channel": "#nowhere", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", TOKEN, {"channel": "#general", "text": "x"}, "not_in_channel"),
        ("chat.postMessage", TOKEN, {"channel": "alerts"}, "no_text"),
        ("chat.postMessage", TOKEN, {"channel": "alerts", "text": ""}, "no_text"),
        ("chat.postMessage", TOKEN, {"channel": "alerts", "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", TOKEN, {"channel": "alerts", "text": "x", "blocks": "[{}]"}, "invalid_blocks_format"),
        ("chat.postMessage", TOKEN, {"channel": "alerts", "text": "x", "blocks": [{"type": "x"}]}, "invalid_blocks"),
        ("chat.postMessage", TOKEN, {"channel": "alerts", "text": "x", "thread_ts": "1.2"}, "thread_not_found"),
        (
            "chat.postMessage",
            TOKEN,
            {"channel": "alerts", "text": "x", "metadata": {"a": 1}},
            "invalid_metadata_format",
        ),
        ("chat.update", TOKEN, {"channel": "#alerts", "ts": "1.2", "text": "x"}, "channel_not_found"),
        ("conversations.history", TOKEN, {"channel": "#alerts"}, "channel_not_found"),
        ("conversations.info", TOKEN, {"channel": "C1"}, "channel_not_found"),
        ("files.info", TOKEN, {"file": "F1"}, "file_not_found"),
        ("files.getUploadURLExternal", TOKEN, {"filename": "a", "length": "many"}, "invalid_arguments"),
        ("files.completeUploadExternal", TOKEN, {"files": [{"id": "F1"}]}, "file_not_found"),
        ("views.open", TOKEN, {"trigger_id": "1.2", "view": {"type": "modal"}}, "invalid_arguments"),
    ],
)
def test_refusals_carry_slacks_own_codes(
    bench: Bench, method: str, token: str | None, payload: dict[str, Any], error: str
) -> None:
    answer = bench.call(method, token, **payload)
    assert (answer["ok"], answer["error"]) == (False, error)
    assert bench.workspace.store.revision == 0


def test_missing_and_unknown_message_codes(bench: Bench) -> None:
    for method, payload, error in (
        ("chat.update", {"ts": "1.2", "text": "x"}, "message_not_found"),
        ("chat.getPermalink", {"message_ts": "1.2"}, "message_not_found"),
        ("conversations.replies", {"ts": "1.2"}, "thread_not_found"),
        ("reactions.add", {"timestamp": "1.2", "name": "eyes"}, "message_not_found"),
    ):
        assert bench.call(method, channel=bench.channel, **payload)["error"] == error


def test_a_refused_block_says_which_one_and_why(bench: Bench) -> None:
    blocks = [BLOCK, {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]
    answer = bench.call("chat.postMessage", channel="#alerts", text="x", blocks=blocks)
    sentence = "must be less than 151 characters [json-pointer:/blocks/1/text/text]"
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {sentence}"]
    assert answer["errors"] == [sentence]


@pytest.mark.parametrize("payload", [{"text": "1 < 2"}, {"blocks": [BLOCK]}, {"text": "x", "thread": "1"}])
def test_strict_refuses_what_slack_would_show_wrongly_and_lenient_does_not(payload: dict[str, Any]) -> None:
    assert Bench().call("chat.postMessage", channel="#alerts", **payload)["error"] == "invalid_arguments"
    assert Bench(strict=False).call("chat.postMessage", channel="#alerts", **payload)["ok"]


def test_a_message_keeps_metadata_and_shows_it_only_on_request(bench: Bench) -> None:
    ts = bench.post(metadata=META)
    for flag, expected in ((None, None), ("false", None), ("true", META), (True, META), ("1", META)):
        extra = {} if flag is None else {"include_all_metadata": flag}
        for method, more in (("conversations.history", {}), ("conversations.replies", {"ts": ts})):
            answer = bench.call(method, channel=bench.channel, **more, **extra)
            assert answer["messages"][0].get("metadata") == expected


def test_an_update_follows_slacks_rules_for_what_is_not_given(bench: Bench) -> None:
    ts = bench.post(blocks=[BLOCK], attachments=[{"text": "a"}], metadata=META)
    place = {"channel": bench.channel, "ts": ts}
    assert bench.call("chat.update", **place, text="y", blocks=[BLOCK, BLOCK])["ok"]
    message = bench.message(ts)
    assert (len(message["blocks"]), message["attachments"][0]["text"], message["metadata"]) == (2, "a", META)
    assert message["edited"]["user"] == bench.workspace.bot.user
    assert bench.call("chat.update", **place, metadata={})["ok"]
    assert "metadata" not in bench.message(ts)
    assert len(bench.message(ts)["blocks"]) == 2
    assert bench.call("chat.update", **place, text="only text")["ok"]
    message = bench.message(ts)
    assert (message["text"], "blocks" in message, "attachments" in message) == ("only text", False, False)


def test_an_update_uses_new_block_ids_unless_it_is_a_retry(bench: Bench) -> None:
    first = BLOCK | {"block_id": "a"}
    other = {"type": "divider", "block_id": "a"}
    ts = bench.post(blocks=[first])
    place = {"channel": bench.channel, "ts": ts, "text": "x"}
    assert bench.call("chat.update", **place, blocks=[first])["ok"]
    assert bench.call("chat.update", **place, blocks=[other])["error"] == "invalid_arguments"
    assert bench.call("chat.update", **place, blocks=[other | {"block_id": "b"}])["ok"]


def test_only_its_own_messages_and_only_in_time() -> None:
    bench = Bench(edit_window=60)
    theirs = bench.workspace.say("#alerts", "hello")
    assert bench.call("chat.update", channel=bench.channel, ts=theirs, text="x")["error"] == "cant_update_message"
    ours = bench.post()
    assert bench.call("chat.update", channel=bench.channel, ts=ours, text="y")["ok"]
    bench.clock.now += 61
    assert bench.call("chat.update", channel=bench.channel, ts=ours, text="z")["error"] == "edit_window_closed"
    assert bench.message(ours)["text"] == "y"


def test_threads(bench: Bench) -> None:
    root = bench.post()
    replies = [bench.post(thread_ts=root, text=str(number)) for number in range(5)]
    nested = bench.call("chat.postMessage", channel=bench.channel, text="x", thread_ts=replies[0])
    assert nested["error"] == "cannot_reply_to_message"
    history = bench.call("conversations.history", channel=bench.channel)
    assert [(m["ts"], m["reply_count"]) for m in history["messages"]] == [(root, 5)]
    place = {"channel": bench.channel, "ts": root}
    first = bench.call("conversations.replies", **place, limit=4)
    assert [m["ts"] for m in first["messages"]] == [root, *replies[:3]]
    rest = bench.call("conversations.replies", **place, limit=4, cursor=first["response_metadata"]["next_cursor"])
    assert ([m["ts"] for m in rest["messages"]], rest["has_more"]) == (replies[3:], False)
    later = bench.call("conversations.replies", **place, oldest=replies[2])
    assert [m["ts"] for m in later["messages"]] == [root, *replies[3:]]
    assert bench.call("conversations.replies", **place, oldest="soon")["error"] == "invalid_ts_oldest"
    assert bench.call("conversations.replies", **place, cursor="x")["error"] == "invalid_cursor"
    assert bench.call("conversations.replies", **place, limit=1001)["error"] == "invalid_limit"


def test_history_is_newest_first_between_its_bounds(bench: Bench) -> None:
    stamps = [bench.post(text=str(number)) for number in range(4)]

    def history(**more: Any) -> list[str]:
        answer = bench.call("conversations.history", channel=bench.channel, **more)
        return [message["ts"] for message in answer["messages"]]

    assert history() == stamps[::-1]
    assert history(oldest=stamps[1]) == [stamps[3], stamps[2]]
    assert history(oldest=stamps[1], latest=stamps[3], inclusive=True) == stamps[1:][::-1]


def test_a_broadcast_reply_is_seen_in_the_channel(bench: Bench) -> None:
    root = bench.post()
    reply = bench.post(thread_ts=root, reply_broadcast=True)
    shown = bench.call("conversations.history", channel=bench.channel)["messages"]
    assert [m["ts"] for m in shown] == [reply, root]
    assert shown[0]["subtype"] == "thread_broadcast"


def test_channels(bench: Bench) -> None:
    listed = bench.call("conversations.list")["channels"]
    assert [(c["name"], c["is_member"]) for c in listed] == [("alerts", True), ("storm", True), ("general", False)]
    assert bench.call("conversations.info", channel=bench.channel)["channel"]["name"] == "alerts"
    page = bench.call("conversations.list", limit=2)
    assert [
        c["name"] for c in bench.call("conversations.list", cursor=page["response_metadata"]["next_cursor"])["channels"]
    ] == ["general"]


def test_a_file_is_not_ready_until_a_moment_later(bench: Bench) -> None:
    content = sample.chart(16, 16)
    given = bench.call("files.getUploadURLExternal", filename="a.png", length=str(len(content)))
    identity = given["file_id"]
    assert not bench.workspace.receive(identity, content[:-1])
    assert bench.call("files.completeUploadExternal", files=[{"id": identity}])["error"] == "file_not_found"
    assert bench.workspace.receive(identity, content)
    image = {"type": "image", "slack_file": {"id": identity}, "alt_text": "x"}
    root = bench.post()
    done = bench.call(
        "files.completeUploadExternal", files=[{"id": identity, "title": "T"}], channel_id=bench.channel, thread_ts=root
    )
    assert done["files"] == [{"id": identity, "title": "T"}]
    refused = bench.call("chat.postMessage", channel="#alerts", text="x", blocks=[BLOCK, image])
    assert refused["error"] == "invalid_blocks"
    assert refused["response_metadata"]["messages"] == [
        "[ERROR] invalid slack file [json-pointer:/blocks/1/slack_file]"
    ]
    assert bench.call("files.info", file=identity)["file"]["mimetype"] == ""
    bench.clock.now += 1
    bench.post(blocks=[BLOCK, image])
    file = bench.call("files.info", file=identity)["file"]
    assert (file["mimetype"], file["original_w"], file["original_h"]) == ("image/png", 16, 16)
    thread = bench.call("conversations.replies", channel=bench.channel, ts=root)["messages"]
    assert thread[1]["files"][0]["title"] == "T"
    assert not bench.workspace.receive(identity, content)


@pytest.mark.parametrize("place", [{"channel_id": "#alerts"}, {"channel_id": "C0"}])
def test_a_file_is_shared_by_channel_id_only(bench: Bench, place: dict[str, str]) -> None:
    identity = bench.call("files.getUploadURLExternal", filename="a", length="1")["file_id"]
    bench.workspace.receive(identity, b"x")
    assert bench.call("files.completeUploadExternal", files=[{"id": identity}], **place)["error"] == "invalid_channel"


def test_reactions(bench: Bench) -> None:
    target = {"channel": bench.channel, "timestamp": bench.post(), "name": "eyes"}
    assert bench.call("reactions.remove", **target)["error"] == "no_reaction"
    assert bench.call("reactions.add", **target)["ok"]
    assert bench.call("reactions.add", **target)["error"] == "already_reacted"
    assert bench.message(target["timestamp"])["reactions"] == [
        {"name": "eyes", "users": [bench.workspace.bot.user], "count": 1}
    ]
    assert bench.call("reactions.remove", **target)["ok"]
    assert "reactions" not in bench.message(target["timestamp"])
    assert bench.call("reactions.add", **target | {"name": ":eyes:"})["error"] == "invalid_name"


def test_a_trigger_lives_three_seconds_and_serves_once(bench: Bench) -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "Resolve"}, "blocks": [BLOCK]}
    trigger = bench.workspace.issue_trigger("U1")
    assert bench.call("views.open", trigger_id=trigger, view=view)["view"]["type"] == "modal"
    assert bench.call("views.open", trigger_id=trigger, view=view)["error"] == "exchanged_trigger_id"
    late = bench.workspace.issue_trigger("U1")
    bench.clock.now += 3.1
    assert bench.call("views.open", trigger_id=late, view=view)["error"] == "expired_trigger_id"
    assert bench.call("views.open", trigger_id="1.2", view=view)["error"] == "invalid_trigger_id"
    assert [opened["user"] for opened in bench.workspace.views] == ["U1"]


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"blocks": [BLOCK]}, None),
        ({"message": {"text": "x", "blocks": [BLOCK]}}, None),
        ({"view": {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": [BLOCK]}}, None),
        ({"blocks": [{"type": "x"}]}, "invalid_blocks"),
        ({"message": {"blocks": [BLOCK]}}, "invalid_message"),
        ({"view": {"type": "modal"}}, "invalid_view"),
        ({}, "invalid_arguments"),
        ({"message": []}, "invalid_arguments"),
        ({"blocks": [BLOCK], "message": {"text": "x"}}, "invalid_arguments"),
    ],
)
def test_blocks_validate_needs_no_token(bench: Bench, payload: dict[str, Any], error: str | None) -> None:
    assert bench.call("blocks.validate", None, **payload).get("error") == error


def test_blocks_validate_points_at_what_is_wrong(bench: Bench) -> None:
    answer = bench.call("blocks.validate", blocks=[BLOCK, {"type": "x"}])
    assert answer["errors"] == [{"pointer": "/1/type", "code": "unknown_type", "message": "unsupported type: x"}]


def test_every_call_is_recorded_in_order_without_its_token(bench: Bench) -> None:
    bench.post(text="first")
    bench.call("auth.test", "xoxb-secret")
    calls = bench.workspace.calls
    assert [(call.method, call.ok, call.error) for call in calls] == [
        ("chat.postMessage", True, None),
        ("auth.test", False, "invalid_auth"),
    ]
    assert calls[0].ts == "1795488600.000000"
    assert calls[0].at.isoformat() == "2026-11-24T02:50:00+00:00"
    assert "xoxb" not in str([call.as_json() for call in calls])


def test_the_rate_limit_is_per_channel_by_whatever_name() -> None:
    bench = Bench(rate_limit=True)
    for name in ("alerts", "#alerts", bench.channel):
        bench.post(channel=name)
    reply = bench.workspace.handle("chat.postMessage", {"channel": "alerts", "text": "x"}, TOKEN)
    assert (reply.status, reply.headers, reply.body["error"]) == (429, {"Retry-After": "1"}, "ratelimited")
    bench.post(channel="#storm")
    bench.clock.now += 1
    bench.post()


@pytest.mark.parametrize(("method", "more"), [("conversations.history", {}), ("conversations.replies", {"ts": "1.2"})])
def test_a_channel_that_the_bot_is_not_in_cannot_be_read(bench: Bench, method: str, more: dict[str, str]) -> None:
    general = bench.workspace.store.channels()[2].id
    assert bench.call(method, channel=general, **more)["error"] == "not_in_channel"


def test_a_description_of_a_picture_has_its_own_limit(bench: Bench) -> None:
    given = {"filename": "a.png", "length": 1}
    assert bench.call("files.getUploadURLExternal", **given, alt_txt="x" * 1000)["ok"]
    assert bench.call("files.getUploadURLExternal", **given, alt_txt="x" * 1001)["error"] == "alt_txt_too_large"
