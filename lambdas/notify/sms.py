"""A text message to one person: by End User Messaging where an origination identity is configured, else by SNS.

Publish answers with a message id once the message is taken; whether the network delivered it is in the account's SMS
delivery logs only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.errors import ChannelError
from lambdas.notify.rows import Page
from lambdas.notify.words import sms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

    from lambdas.house import House
    from lambdas.incidents.model import Incident
    from lambdas.incidents.store import Claim

    type Attributes = Mapping[str, MessageAttributeValueTypeDef]


def send(house: House, claim: Claim, incident: Incident) -> str:
    """Tell one person. Returns the message's id."""
    page = Page.of(claim.post)
    text = sms(incident, page, house.settings)
    if origin := house.settings.channels.sms_from:
        sent = house.aws.pinpoint_sms_voice_v2.send_text_message(
            DestinationPhoneNumber=page.to, OriginationIdentity=origin, MessageBody=text, MessageType="TRANSACTIONAL"
        )
        reference = sent.get("MessageId", "")
    else:
        transactional: Attributes = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
        answer = house.aws.sns.publish(PhoneNumber=page.to, Message=text, MessageAttributes=transactional)
        reference = answer.get("MessageId", "")
    if not reference:
        raise ChannelError("the message was taken without an id", again=True)
    return reference
