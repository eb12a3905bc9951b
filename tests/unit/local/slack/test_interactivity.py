"""The embedded Slack's interactions without a browser: what an app gets, what it may answer, and for how long."""

from __future__ import annotations

from typing import Any

import pytest

from local.slack.errors import SlackError
from local.slack.interactivity import Place
from local.slack.people import ON_CALL
from local.slack.workspace import Workspace

ANA, KIM = "U0ANAWEBER", "U0STRANGER"


class Time:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def workspace(clock: Time) -> Workspace:
    made = Workspace(monotonic=clock, clock=clock)
    made.page_url = "http://127.0.0.1:1/"
    return made


def call(workspace: Workspace, method: str, **payload: Any) -> dict[str, Any]:
    return workspace.call(method, payload, workspace.token)


def key(workspace: Workspace) -> str:
    channel = workspace.store.channels()[0].id
    return workspace.new_response_url("actions", ANA, channel, None).rpartition("/")[2]


def test_a_user_group_has_its_members() -> None:
    workspace = Workspace()
    assert call(workspace, "usergroups.users.list", usergroup=ON_CALL)["users"] == [ANA, "U0BENFREY1"]
    assert call(workspace, "usergroups.users.list", usergroup="S0NOBODY00")["error"] == "no_such_subteam"
    assert call(workspace, "usergroups.users.list")["error"] == "invalid_arguments"


def test_an_ephemeral_message_is_for_one_person_and_in_no_history(workspace: Workspace) -> None:
    channel = workspace.store.channels()[0]
    assert call(workspace, "chat.postEphemeral", channel="#alerts", user=ANA, text="for you")["ok"]
    assert [(w.user, w.text) for w in workspace.store.whispers] == [(ANA, "for you")]
    assert call(workspace, "conversations.history", channel=channel.id)["messages"] == []
    assert call(workspace, "chat.postEphemeral", channel="#none", user=ANA, text="x")["error"] == "channel_not_found"
    assert (
        call(workspace, "chat.postEphemeral", channel="#alerts", user="U1", text="x")["error"] == "user_not_in_channel"
    )
    assert not call(workspace, "chat.postEphemeral", channel="#alerts", user=ANA, text="<!here")["ok"]


def test_a_response_url_takes_five_answers_in_half_an_hour(workspace: Workspace, clock: Time) -> None:
    mine = key(workspace)
    assert [workspace.respond(mine, {"text": str(n)}) for n in range(6)] == [None] * 5 + ["used_url"]
    late = key(workspace)
    clock.now += 30 * 60 + 1
    assert workspace.respond(late, {"text": "late"}) == "expired_url"
    assert workspace.respond("guessed", {"text": "x"}) == "expired_url"
    assert workspace.respond(key(workspace), {"text": "<!here"}) is not None
    assert workspace.respond(key(workspace), {"text": "all", "response_type": "in_channel"}) is None
    assert [message.text for message in workspace.store.roots(workspace.store.channels()[0].id)] == ["all"]


def test_a_dialog_belongs_to_its_person(workspace: Workspace) -> None:
    title = {"type": "plain_text", "text": "Sure?"}
    view = {"type": "modal", "title": title, "blocks": [{"type": "divider"}]}
    call(workspace, "views.open", trigger_id=workspace.issue_trigger(ANA), view=view)
    assert set(workspace.modals) == {ANA}
    with pytest.raises(SlackError, match="view_not_found"):
        workspace.interactivity.submit(KIM, {})
    workspace.close_modal(ANA)
    assert workspace.modals == {}


def test_only_what_is_there_can_be_pressed_and_only_by_somebody(workspace: Workspace) -> None:
    at = Place("#alerts", "1.0", "b", "a")
    for user, code in ((ANA, "message_not_found"), ("U1", "user_not_found")):
        with pytest.raises(SlackError, match=code):
            workspace.interactivity.press(user, at)
    ts = call(workspace, "chat.postMessage", channel="#alerts", text="x")["ts"]
    with pytest.raises(SlackError, match="action_not_found"):
        workspace.interactivity.press(ANA, Place("#alerts", ts, "b", "a"))


def test_an_app_that_is_not_there_is_said(workspace: Workspace) -> None:
    workspace.interactivity.url = "http://127.0.0.1:9/"
    shown = workspace.interactivity.command(ANA, "#alerts", "/tocsin status")
    assert "operation_timeout" in shown.trouble
    assert workspace.interactivity.sent[0].status == 0
