"""AWS Support: the plan's severities, the services' codes, cases that are opened and followed.

A world without a `support` section has no plan with the API: every call is refused, as AWS refuses it.
"""

from local.world.answer import Call
from local.world.errors import AwsError
from local.world.service import Filler, Item, Section, Service


def _service(item: Item, _fill: Filler) -> None:
    item.setdefault("categories", [{"code": "other", "name": "Other"}])


def _case(item: Item, _fill: Filler) -> None:
    item.setdefault("status", "opened")


service = Service(
    "support",
    {
        "severityLevels": Section("SeverityLevel", required=("code",)),
        "services": Section("Service", fill=_service, required=("code", "name")),
        "cases": Section("CaseDetails", fill=_case, required=("caseId", "displayId", "subject")),
    },
)


def _subscribed(call: Call) -> None:
    if not call.items("severityLevels"):
        text = "Amazon Web Services Premium Support Subscription is required to use this service."
        raise AwsError("SubscriptionRequiredException", text)


@service.answers("DescribeSeverityLevels")
def describe_severity_levels(call: Call) -> Item:
    """Those of the account's plan."""
    _subscribed(call)
    return {"severityLevels": call.items("severityLevels")}


@service.answers("DescribeServices")
def describe_services(call: Call) -> Item:
    """Codes, names and categories."""
    _subscribed(call)
    return {"services": call.items("services")}


@service.answers("CreateCase")
def create_case(call: Call) -> Item:
    """Opens one; its severity must be one of the plan, its service and category known."""
    _subscribed(call)
    params = call.params
    if params.get("severityCode") not in {level["code"] for level in call.items("severityLevels")}:
        raise AwsError("ValidationException", f"severityCode: {params.get('severityCode')} is not one of the plan")
    known = {(s["code"], c["code"]) for s in call.items("services") for c in s["categories"]}
    if (params.get("serviceCode"), params.get("categoryCode")) not in known:
        raise AwsError("ValidationException", "serviceCode and categoryCode do not fit")
    with call.world.lock:
        cases = call.world.body.setdefault("support", {}).setdefault("cases", [])
        number = len(cases) + 1
        identity = f"case-{call.world.head.account}-muen-2026-{number:016x}"
        cases.append(
            {
                "caseId": identity,
                "displayId": f"{17_000_000_000 + number}",
                "subject": params["subject"],
                "status": "unassigned",
                "severityCode": params["severityCode"],
                "serviceCode": params["serviceCode"],
                "categoryCode": params["categoryCode"],
                "timeCreated": call.now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            }
        )
    return {"caseId": identity}


@service.answers("DescribeCases")
def describe_cases(call: Call) -> Item:
    """By id, by number, or all since a time; those that are resolved only when asked for."""
    _subscribed(call)
    params, kept = call.params, call.items("cases")
    if wanted := params.get("caseIdList"):
        kept = [case for case in kept if case["caseId"] in wanted]
        if len(kept) < len(wanted):
            raise AwsError("CaseIdNotFound", "The requested CaseId could not be located.")
    if number := params.get("displayId"):
        kept = [case for case in kept if case["displayId"] == number]
    if after := params.get("afterTime"):
        kept = [case for case in kept if case.get("timeCreated", "") >= after]
    if not params.get("includeResolvedCases"):
        kept = [case for case in kept if case["status"] != "resolved"]
    page, more = call.page(kept, size=100, limit="maxResults")
    return {"cases": page, **more}
