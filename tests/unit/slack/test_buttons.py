"""What a button says about itself comes back from Slack as it went."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.errors import PayloadError
from lambdas.incidents.orders import stamp
from lambdas.slack.buttons import Press, button, confirm, read, select
from tests.unit.incidents.test_orders import INCIDENT


def pressed(element: dict[str, Any], option: int | None = None) -> dict[str, Any]:
    """The action of a block_actions payload, as Slack makes it from an element."""
    action = {"type": element["type"], "action_id": element["action_id"], "block_id": "b", "action_ts": "1.0"}
    if option is None:
        return action | {"value": element["value"], "text": element["text"]}
    return action | {"selected_option": element["options"][option], "placeholder": element["placeholder"]}


@pytest.mark.parametrize(
    ("verb", "argument"),
    [("acknowledge", ""), ("remedy.approve", "scale_out"), ("notice.decline", "customer"), ("escalate", "")],
)
def test_a_pressed_button_says_what_it_was_about(verb: str, argument: str) -> None:
    shown = button("Do it", verb, INCIDENT, argument)
    assert read(pressed(shown)) == Press(
        verb=verb, incident=INCIDENT.id, argument=argument, stamp=stamp(INCIDENT, verb, argument)
    )


def test_a_chosen_option_says_what_it_was_about() -> None:
    shown = select("Severity", "severity", INCIDENT, [("Severity 1", "1"), ("Severity 3", "3")])
    assert read(pressed(shown, 1)) == Press(verb="severity", incident=INCIDENT.id, argument="3", stamp="0")
    assert all(len(option["value"]) <= 150 for option in shown["options"])


@given(st.dictionaries(st.sampled_from(["cause", "prevention"]), st.text(max_size=4000), min_size=1))
def test_extras_always_fit_and_never_look_like_a_mention(extras: dict[str, str]) -> None:
    shown = button("Resolve…", "resolve", INCIDENT, extras=extras)
    assert len(shown["value"]) <= 2000
    assert "<" not in shown["value"]
    back = read(pressed(shown))
    assert set(back.extras) == set(extras)
    for name, text in extras.items():
        if len(text) < 300 and text.isascii() and text.isprintable() and not set(text) & set('<"\\'):
            assert back.extras[name] == text


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"type": "button"},
        {"type": "button", "action_id": "tocsin.acknowledge", "value": "INC-1"},
        {"type": "button", "action_id": "tocsin.acknowledge", "value": "[1, 2, 3]"},
        {"type": "button", "action_id": "tocsin.acknowledge", "value": '["INC-1", "", "0", []]'},
        {"type": "button", "action_id": "tocsin.launch", "value": '["INC-1", "", "0"]'},
        {"type": "button", "action_id": "tocsin.command", "value": '["INC-1", "", "0"]'},
        {"type": "static_select", "action_id": "tocsin.severity", "selected_option": None},
        {"type": "static_select", "action_id": "tocsin.severity", "selected_option": "x"},
    ],
)
def test_what_is_none_of_ours_is_refused(action: dict[str, Any]) -> None:
    with pytest.raises(PayloadError):
        read(action)


def test_a_confirm_dialog_is_plain_text_within_slacks_limits() -> None:
    shown = confirm("t" * 200, "<!channel> " * 100, "y" * 50, style="danger")
    assert [len(shown[part]["text"]) for part in ("title", "text", "confirm")] == [100, 300, 30]
    assert {shown[part]["type"] for part in ("title", "text", "confirm", "deny")} == {"plain_text"}
    assert json.dumps(shown)
