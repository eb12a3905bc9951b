"""E-mail to one person by SES (sesv2 SendEmail), from an address of an identity that the environment has verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.errors import ChannelError
from lambdas.notify.rows import Page
from lambdas.notify.words import mail

if TYPE_CHECKING:
    from lambdas.house import House
    from lambdas.incidents.model import Incident
    from lambdas.incidents.store import Claim
    from lambdas.notify.words import Mail


def send(house: House, claim: Claim, incident: Incident) -> str:
    """Tell one person. Returns SES's message id."""
    page = Page.of(claim.post)
    return post(house, page.to, mail(incident, page, house.settings), claim.incident)


def post(house: House, to: str, written: Mail, incident: str) -> str:
    """Send one e-mail to one address. Returns SES's message id."""
    settings = house.settings
    if not settings.channels.email_from:
        raise ChannelError("no sender's address is configured any more (channels.email)", again=False)
    answer = house.aws.sesv2.send_email(
        FromEmailAddress=settings.channels.email_from,
        Destination={"ToAddresses": [to]},
        Content={
            "Simple": {
                "Subject": {"Data": written.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": written.text, "Charset": "UTF-8"},
                    "Html": {"Data": written.html, "Charset": "UTF-8"},
                },
            }
        },
        EmailTags=[{"Name": "incident", "Value": incident}],
    )
    if not answer.get("MessageId"):
        raise ChannelError("SES named no message id", again=True)
    return answer["MessageId"]
