"""ACM: certificates."""

from local.world.answer import Call, one_of
from local.world.errors import AwsError
from local.world.service import Filler, Item, Section, Service


def _certificate(item: Item, fill: Filler) -> None:
    item.setdefault("CertificateArn", fill.arn(f"cert/{item['DomainName']}"))
    item.setdefault("Status", "ISSUED")
    item.setdefault("Type", "AMAZON_ISSUED")


service = Service("acm", {"certificates": Section("CertificateDetail", fill=_certificate, required=("DomainName",))})


@service.answers("DescribeCertificate")
def describe_certificate(call: Call) -> Item:
    """One certificate."""
    for item in call.items("certificates"):
        if item["CertificateArn"] == call.params["CertificateArn"]:
            return {"Certificate": item}
    raise AwsError("ResourceNotFoundException", f"Could not find certificate {call.params['CertificateArn']}.")


@service.answers("ListCertificates")
def list_certificates(call: Call) -> Item:
    """Certificates by status."""
    keys = (
        "CertificateArn",
        "DomainName",
        "Status",
        "Type",
        "NotBefore",
        "NotAfter",
        "RenewalEligibility",
        "CreatedAt",
    )
    kept = one_of(call.items("certificates"), "Status", call.params.get("CertificateStatuses"))
    listed = [{key: item[key] for key in keys if key in item} | {"InUse": bool(item.get("InUseBy"))} for item in kept]
    page, more = call.page(listed, size=1000, limit="MaxItems", marker="NextToken")
    return {"CertificateSummaryList": page, **more}
