"""STS: who is asking."""

from local.world.answer import Call
from local.world.service import Item, Service

service = Service("sts", writes_pass=True)


@service.answers("GetCallerIdentity")
def get_caller_identity(call: Call) -> Item:
    """An identity in the world's account."""
    arn = call.world.arns.arn("sts", "assumed-role/tocsin/session", region=False)
    return {"UserId": "AROAEXAMPLE:session", "Account": call.world.head.account, "Arn": arn}
