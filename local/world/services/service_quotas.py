"""Service Quotas."""

from local.world.answer import Call
from local.world.errors import AwsError
from local.world.service import Item, Section, Service

service = Service("service-quotas", {"quotas": Section("ServiceQuota", required=("ServiceCode", "QuotaCode", "Value"))})


@service.answers("GetServiceQuota")
def get_service_quota(call: Call) -> Item:
    """A quota of the world."""
    for item in call.items("quotas"):
        if (item["ServiceCode"], item["QuotaCode"]) == (call.params["ServiceCode"], call.params["QuotaCode"]):
            return {"Quota": item}
    raise AwsError("NoSuchResourceException", "The request failed because the specified service quota does not exist.")


@service.answers("ListServiceQuotas")
def list_service_quotas(call: Call) -> Item:
    """The quotas of a service."""
    kept = [item for item in call.items("quotas") if item["ServiceCode"] == call.params["ServiceCode"]]
    page, more = call.page(kept, size=100, limit="MaxResults", marker="NextToken")
    return {"Quotas": page, **more}
