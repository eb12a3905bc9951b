"""ECR: repositories and their images."""

from hashlib import sha256

from local.world.service import Filler, Item, Section, Service


def _repository(item: Item, fill: Filler) -> None:
    name = item["repositoryName"]
    item.setdefault("registryId", fill.arns.account)
    item.setdefault("repositoryArn", fill.arns.arn("ecr", f"repository/{name}"))
    item.setdefault("repositoryUri", f"{item['registryId']}.dkr.ecr.{fill.arns.region}.amazonaws.com/{name}")
    item.setdefault("imageTagMutability", "MUTABLE")
    item.setdefault("images", [])
    for image in item["images"]:
        image.setdefault("repositoryName", name)
        image.setdefault("registryId", item["registryId"])
        image.setdefault("imageDigest", "sha256:" + sha256(str(sorted(image.items(), key=str)).encode()).hexdigest())


service = Service(
    "ecr",
    {
        "repositories": Section(
            "Repository",
            {"images": [("ecr", "ImageDetail")], "policy": "any", "lifecyclePolicyText": "any"},
            _repository,
            ("repositoryName",),
        )
    },
)
