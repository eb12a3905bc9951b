"""Whether the images of the task definition exist in ECR."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lambdas.checks import links
from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.ecs.task_definitions import TaskDefinition

if TYPE_CHECKING:
    from mypy_boto3_ecr.type_defs import ImageIdentifierTypeDef

IMAGES = 4
_ECR = re.compile(
    r"^(?P<account>\d{12})\.dkr[.-]ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.(amazonaws\.com(\.cn)?|on\.aws)/(?P<rest>.+)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRef:
    """An image's name, taken apart. `account` is empty for registries other than ECR."""

    image: str
    registry: str
    repository: str
    tag: str = ""
    digest: str = ""
    account: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageState(Finding):
    """What ECR says of an image. `exists` is None where we could not know, and `why` says so. `at` is its push."""

    ref: ImageRef
    service: str
    exists: bool | None
    why: str = ""
    repository_exists: bool | None = None
    newest: str = ""  # the newest tag that does exist
    newest_at: datetime | None = None
    media_type: str = ""


def parse(image: str) -> ImageRef:
    """Take an image's name apart: `registry/repository:tag` or `…@sha256:…`."""
    name, _, digest = image.partition("@")
    path, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        path, tag = name, ""
    first, slash, rest = path.partition("/")
    has_registry = bool(slash) and ("." in first or ":" in first or first == "localhost")
    ecr = _ECR.match(path)
    return ImageRef(
        image=image,
        registry=first if has_registry else "docker.io",
        repository=rest if has_registry else path,
        tag=tag or ("" if digest else "latest"),
        digest=digest,
        account=ecr["account"] if ecr else "",
        region=ecr["region"] if ecr else "",
    )


@check(
    "ecr.images",
    title="Container image availability: does the tag or digest exist in ECR",
    yields=(ImageState,),
    needs=(TaskDefinition,),
    allow=(Allow("ecr:DescribeImages", "arn:{partition}:ecr:{region}:{account}:repository/*"),),
    calls=8,
)
def images(look: Look) -> Iterator[Finding]:
    """Images of the current revision. Other accounts, regions and registries are named as such, not guessed at."""
    wanted = {
        c.image: d.service
        for d in look.found.of(TaskDefinition)
        if d.which == "current"
        for c in d.containers
        if c.image
    }
    for image, service in list(wanted.items())[:IMAGES]:
        ref = parse(image)
        if not ref.account:
            yield ImageState(ref=ref, service=service, exists=None, why=f"the image is in {ref.registry}, not in ECR")
        elif ref.account != look.alert.account:
            yield ImageState(ref=ref, service=service, exists=None, why=f"the repository is in account {ref.account}")
        elif ref.region != look.aws.region:
            yield ImageState(ref=ref, service=service, exists=None, why=f"the repository is in {ref.region}")
        else:
            yield _ask(look, ref, service)


def _ask(look: Look, ref: ImageRef, service: str) -> ImageState:
    """ECR's 'not found' is an answer, not a failure."""
    link = links.repository(look.aws.region, ref.account, ref.repository)
    source = "ecr:DescribeImages"
    id_: ImageIdentifierTypeDef = {"imageDigest": ref.digest} if ref.digest else {"imageTag": ref.tag}
    try:
        answer: Any = look.aws.ecr.describe_images(
            registryId=ref.account, repositoryName=ref.repository, imageIds=[id_]
        )
    except look.aws.ecr.exceptions.RepositoryNotFoundException:
        return ImageState(
            ref=ref,
            service=service,
            exists=False,
            repository_exists=False,
            source=source,
            link=link,
            why=f"the repository {ref.repository} does not exist",
        )
    except look.aws.ecr.exceptions.ImageNotFoundException:
        newest = _newest(look, ref)
        return ImageState(
            ref=ref,
            service=service,
            exists=False,
            repository_exists=True,
            source=source,
            link=link,
            why=f"the repository {ref.repository} has no {'image ' + ref.digest if ref.digest else 'tag ' + ref.tag}",
            newest=next(iter(newest.get("imageTags") or ()), ""),
            newest_at=newest.get("imagePushedAt"),
        )
    found: dict[str, Any] = next(iter(answer.get("imageDetails") or ()), {})
    if not found:
        return ImageState(ref=ref, service=service, exists=None, why="ECR answered without details", source=source)
    return ImageState(
        at=found.get("imagePushedAt"),
        ref=ref,
        service=service,
        exists=True,
        repository_exists=True,
        media_type=found.get("imageManifestMediaType", ""),
        source=source,
        link=link,
    )


def _newest(look: Look, ref: ImageRef) -> dict[str, Any]:
    answer: Any = look.aws.ecr.describe_images(
        registryId=ref.account, repositoryName=ref.repository, filter={"tagStatus": "TAGGED"}, maxResults=100
    )
    found: list[dict[str, Any]] = [d for d in answer.get("imageDetails") or () if d.get("imagePushedAt")]
    return max(found, key=lambda d: d["imagePushedAt"], default={})
