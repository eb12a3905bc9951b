"""Compute Optimizer: whether the account is enrolled, and what it finds of services, databases and functions."""

from local.world.answer import Call, one_of
from local.world.errors import AwsError
from local.world.service import Filler, Item, Section, Service


def _enrollment(item: Item, fill: Filler) -> None:
    item.setdefault("status", "Active")
    item.setdefault("lastUpdatedTimestamp", fill.now)


def _recommendation(item: Item, fill: Filler) -> None:
    item.setdefault("accountId", fill.arns.account)
    item.setdefault("lookbackPeriodInDays", 14.0)
    item.setdefault("lastRefreshTimestamp", fill.now)
    for key in ("serviceArn", "resourceArn", "functionArn"):
        if key in item:
            item[key] = fill.arn(item[key])


service = Service(
    "compute-optimizer",
    {
        "enrollment": Section("GetEnrollmentStatusResponse", fill=_enrollment),  # at most one; none: not enrolled
        "ecsServices": Section("ECSServiceRecommendation", fill=_recommendation, required=("serviceArn", "finding")),
        "rdsDatabases": Section("RDSDBRecommendation", fill=_recommendation, required=("resourceArn",)),
        "functions": Section("LambdaFunctionRecommendation", fill=_recommendation, required=("functionArn", "finding")),
    },
)


@service.answers("GetEnrollmentStatus")
def get_enrollment_status(call: Call) -> Item:
    """Inactive unless the world says otherwise: nobody is enrolled by default."""
    return call.items("enrollment")[0] if call.items("enrollment") else {"status": "Inactive"}


def _enrolled(call: Call) -> None:
    if get_enrollment_status(call)["status"] != "Active":
        account = call.world.head.account
        raise AwsError("OptInRequiredException", f"AWS account {account} is not registered for recommendations.")


_FILTERS = {"Finding": "finding", "InstanceFinding": "instanceFinding", "StorageFinding": "storageFinding"}


def _kept(call: Call, section: str, key: str, asked: str) -> list[Item]:
    _enrolled(call)
    kept = one_of(call.items(section), key, call.params.get(asked))
    for one in call.params.get("filters", []):
        if one["name"] not in _FILTERS:
            raise call.world.failed(f"compute-optimizer: the World does not filter by {one['name']}")
        kept = [item for item in kept if item.get(_FILTERS[one["name"]]) in one["values"]]
    return kept


def _page(call: Call, key: str, items: list[Item]) -> Item:
    page, more = call.page(items, size=1000, limit="maxResults")
    return {key: page, "errors": [], **more}


@service.answers("GetECSServiceRecommendations")
def get_ecs_service_recommendations(call: Call) -> Item:
    """Findings on Fargate services (Compute Optimizer looks at no other kind)."""
    return _page(call, "ecsServiceRecommendations", _kept(call, "ecsServices", "serviceArn", "serviceArns"))


@service.answers("GetRDSDatabaseRecommendations")
def get_rds_database_recommendations(call: Call) -> Item:
    """Findings on DB instances and their storage."""
    return _page(call, "rdsDBRecommendations", _kept(call, "rdsDatabases", "resourceArn", "resourceArns"))


@service.answers("GetLambdaFunctionRecommendations")
def get_lambda_function_recommendations(call: Call) -> Item:
    """Findings on functions' memory."""
    _enrolled(call)
    page, more = call.page(call.items("functions"), size=1000, limit="maxResults")
    return {"lambdaFunctionRecommendations": page, **more}
