from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.stub import Stubber

from tests.unit.notify.scene import ID

if TYPE_CHECKING:
    from tests.unit.notify.conftest import Told

ORIGIN = "arn:aws:sms-voice:eu-west-1:123456789012:phone-number/phone-1"


def test_with_an_origination_identity_end_user_messaging_sends(told: Told) -> None:
    channels = replace(told.house.settings.channels, sms_from=ORIGIN)
    object.__setattr__(told.house, "settings", replace(told.house.settings, channels=channels))
    rows = [row for row in told.raised() if row.kind == "sms"]
    with Stubber(told.house.aws.pinpoint_sms_voice_v2) as stub:
        expected = {
            "DestinationPhoneNumber": "+41790000001",
            "OriginationIdentity": ORIGIN,
            "MessageBody": f"SEV1 acme-production checkout: 5XX error rate 31 % (alarm at 5 %). {ID}",
            "MessageType": "TRANSACTIONAL",
        }
        stub.add_response("send_text_message", {"MessageId": "m-7"}, expected)
        told.house.deliver(ID, rows)
        stub.assert_no_pending_responses()
    (row,) = told.house.store.rows(ID, "sms")
    assert (row.state, row.said) == ("SENT", "m-7")
    assert told.texts == []


def test_without_one_sns_sends(told: Told) -> None:
    told.house.deliver(ID, [row for row in told.raised() if row.kind == "sms"])
    assert told.texts == [("+41790000001", f"SEV1 acme-production checkout: 5XX error rate 31 % (alarm at 5 %). {ID}")]
