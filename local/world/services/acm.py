"""ACM: certificates."""

from local.world.service import Filler, Item, Section, Service


def _certificate(item: Item, fill: Filler) -> None:
    item.setdefault("CertificateArn", fill.arn(f"cert/{item['DomainName']}"))
    item.setdefault("Status", "ISSUED")
    item.setdefault("Type", "AMAZON_ISSUED")


service = Service("acm", {"certificates": Section("CertificateDetail", fill=_certificate, required=("DomainName",))})
