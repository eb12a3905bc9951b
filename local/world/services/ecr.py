"""ECR: repositories and their images."""

import json
from dataclasses import replace
from hashlib import sha256

from local.world.answer import Call
from local.world.errors import AwsError
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


def _repository_of(call: Call) -> Item:
    name = call.params["repositoryName"]
    registry = call.params.get("registryId", call.world.head.account)
    for item in call.items("repositories"):
        if item["repositoryName"] == name and item["registryId"] == registry:
            return item
    raise AwsError(
        "RepositoryNotFoundException",
        f"The repository with name '{name}' does not exist in the registry with id '{registry}'",
    )


def _named(repository: Item, image: Item) -> Item | None:
    images: list[Item] = repository["images"]
    for known in images:
        if image.get("imageDigest") not in (None, known["imageDigest"]):
            continue
        if "imageTag" in image and image["imageTag"] not in known.get("imageTags", []):
            continue
        return known
    return None


def _id(image: Item) -> str:
    return f"imageDigest:'{image.get('imageDigest', 'null')}', imageTag:'{image.get('imageTag', 'null')}'"


@service.answers("DescribeImages")
def describe_images(call: Call) -> Item:
    """Images of a repository, by tag or digest. Raises ImageNotFoundException for one that is not there."""
    repository = _repository_of(call)
    wanted = call.params.get("imageIds")
    if wanted:
        found = []
        for image in wanted:
            known = _named(repository, image)
            if known is None:
                raise AwsError(
                    "ImageNotFoundException",
                    f"The image with imageId {{{_id(image)}}} does not exist within the repository with name "
                    f"'{repository['repositoryName']}' in the registry with id '{repository['registryId']}'",
                )
            found.append(known)
        return {"imageDetails": found}
    status = call.params.get("filter", {}).get("tagStatus", "ANY")
    kept = [i for i in repository["images"] if status in ("ANY", "TAGGED" if i.get("imageTags") else "UNTAGGED")]
    page, more = call.page(kept, size=100)
    return {"imageDetails": page, **more}


@service.answers("ListImages")
def list_images(call: Call) -> Item:
    """Image ids of a repository."""
    ids: list[Item] = []
    for image in _repository_of(call)["images"]:
        tags = [{"imageTag": tag} for tag in image.get("imageTags", [])] or [{}]
        ids.extend({"imageDigest": image["imageDigest"]} | tag for tag in tags)
    page, more = call.page(ids, size=100)
    return {"imageIds": page, **more}


@service.answers("BatchGetImage")
def batch_get_image(call: Call) -> Item:
    """Images with a manifest; an image that is not there is a failure, ImageNotFound."""
    repository = _repository_of(call)
    images, failures = [], []
    for wanted in call.params["imageIds"]:
        known = _named(repository, wanted)
        if known is None:
            failures.append(
                {"imageId": wanted, "failureCode": "ImageNotFound", "failureReason": "Requested image not found"}
            )
            continue
        kind = known.get("imageManifestMediaType", "application/vnd.docker.distribution.manifest.v2+json")
        images.append(
            {
                "registryId": repository["registryId"],
                "repositoryName": repository["repositoryName"],
                "imageId": wanted | {"imageDigest": known["imageDigest"]},
                "imageManifest": json.dumps({"schemaVersion": 2, "mediaType": kind}),
                "imageManifestMediaType": kind,
            }
        )
    return {"images": images, "failures": failures}


@service.answers("DescribeRepositories")
def describe_repositories(call: Call) -> Item:
    """Repositories by name. Raises RepositoryNotFoundException for one that is not there."""
    kept = call.items("repositories")
    if wanted := call.params.get("repositoryNames"):
        registry = call.params.get("registryId", call.world.head.account)
        kept = [_repository_of(replace(call, params={"repositoryName": n, "registryId": registry})) for n in wanted]
    page, more = call.page(call.public("repositories", kept), size=100)
    return {"repositories": page, **more}


def _policy(call: Call, key: str, error: str, what: str) -> Item:
    repository = _repository_of(call)
    ids = {"registryId": repository["registryId"], "repositoryName": repository["repositoryName"]}
    if key not in repository:
        raise AwsError(
            error,
            f"{what} does not exist for the repository with name '{ids['repositoryName']}' in the registry with id "
            f"'{ids['registryId']}'",
        )
    text = repository[key]
    return ids | {"text": text if isinstance(text, str) else json.dumps(text)}


@service.answers("GetRepositoryPolicy")
def get_repository_policy(call: Call) -> Item:
    """The repository's resource policy."""
    answer = _policy(call, "policy", "RepositoryPolicyNotFoundException", "Repository policy")
    return {("policyText" if key == "text" else key): value for key, value in answer.items()}


@service.answers("GetLifecyclePolicy")
def get_lifecycle_policy(call: Call) -> Item:
    """The repository's lifecycle policy."""
    answer = _policy(call, "lifecyclePolicyText", "LifecyclePolicyNotFoundException", "Lifecycle policy")
    return {("lifecyclePolicyText" if key == "text" else key): value for key, value in answer.items()}
