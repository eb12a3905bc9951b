"""SNS, what is observed of it: topics of the world and who listens. Publishing is our own plane's."""

from local.world.answer import Call
from local.world.arns import uuid
from local.world.errors import AwsError
from local.world.service import Item, Section, Service

service = Service(
    "sns",
    {
        "topics": Section(kind="any"),  # names or ARNs
        "missingTopics": Section(kind="any"),  # names of topics that an alarm tells and that do not exist
        "subscriptions": Section(kind="any"),  # {topic, protocol, endpoint, confirmed: false for a pending one}
    },
)


def _arn(call: Call, name: object) -> str:
    """A topic's ARN from its name."""
    text = str(name)
    return call.arn(text if "/" in text or text.startswith("arn:") else f"topic/{text}")


def _topics(call: Call, section: str) -> list[str]:
    """The ARNs of the topics of a section."""
    return [_arn(call, name) for name in call.items(section)]


def _known(call: Call) -> bool:
    """A call is the World's when it names a topic that the world speaks of."""
    arn = call.params.get("TopicArn", "")
    return arn in _topics(call, "topics") or arn in _topics(call, "missingTopics")


service.split = _known


@service.answers("ListSubscriptionsByTopic")
def list_subscriptions_by_topic(call: Call) -> Item:
    """A topic's subscriptions, 100 on a page; an unconfirmed one has `PendingConfirmation` for its ARN."""
    arn = call.params["TopicArn"]
    if arn in _topics(call, "missingTopics"):
        raise AwsError("NotFound", "Topic does not exist", 404)
    found = []
    for number, one in enumerate(call.items("subscriptions")):
        if _arn(call, one["topic"]) != arn:
            continue
        confirmed = one.get("confirmed", True)
        found.append(
            {
                "SubscriptionArn": f"{arn}:{uuid(str(number))}" if confirmed else "PendingConfirmation",
                "Owner": call.world.head.account,
                "Protocol": str(one.get("protocol", "sqs")),
                "Endpoint": str(one.get("endpoint", "arn:aws:sqs:eu-west-1:123456789012:inbox")),
                "TopicArn": arn,
            }
        )
    page, more = call.page(found, size=100, limit="", marker="NextToken")
    return {"Subscriptions": page, **more}
