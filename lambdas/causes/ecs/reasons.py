"""AWS's own sentences about a task that did not start or stopped, told apart by cause. Pure.

Sources: Amazon ECS Developer Guide, "Amazon ECS stopped tasks error messages", "CannotPullContainer task errors",
"ResourceInitializationError", "Service event messages"; Amazon ECS API Reference, StopCode. Each sentence has several
wordings across agents and platform versions, so that patterns look for what is specific and ignore the rest.
"""

from __future__ import annotations

import re


def _any(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_PULL = _any(r"CannotPull|pull(ing)? (image|container)|failed to (resolve ref|copy|pull)|image.?pull|manifest")
_AUTH = _any(r"(ecr|registry) auth|registry authentication|GetAuthorizationToken|api\.ecr")
_SECRET = _any(
    r"\basm\b|secrets? ?manager|\bssm\b|ssm parameter|get ?parameters|unable to (retrieve|pull) secret|"
    r"fetch(ing)? secret|unexpected secret|invalid.{0,20}parameter.{0,10}arn:|"
    r"retrieve secret|kms|did not contain json key"
)
_DENIED = _any(
    r"\b403\b|forbidden|access ?denied|not authorized|no basic auth|unauthorized|\b401\b|authentication required|"
    r"authorization (token|failed)|incorrect username or password|credentials"
)
_MISSING = _any(
    r"manifest unknown|not ?found|no such (image|manifest|repository)|does not exist|name unknown|\b404\b|"
    r"manifest for .* not|requested image not"
)
_GONE = _any(r"manifest unknown|\bnot found\b|\b404\b|name unknown|no such manifest|requested image not")
_DISK = _any(r"no space left|disk")
_NETWORK = _any(
    r"i/o timeout|dial (tcp|udp)|context deadline exceeded|request canceled|"
    r"timed? ?out|connection issue|no such host|"
    r"no route to host|connection (refused|reset)|network is unreachable|tls handshake|\beof\b|server misbehaving|"
    r"send request failed|cannot reach|unable to reach"
)
_RATE = _any(r"toomanyrequests|too many requests|pull rate limit|\b429\b")
_PLATFORM = _any(
    r"descriptor matching platform|no matching manifest for|exec format error|image operating system|"
    r"does not match the (specified|host) platform|platform.{0,30}mismatch|incompatible (platform|architecture)"
)
_LOGGER = _any(
    r"logger args|logging driver|log driver|log group|log ?stream|awslogs|"
    r"failed to create cloudwatch|splunk|firelens|fluentd"
)
_VOLUME = _any(
    r"\befs\b|mount\.nfs|nfs4|\bfs-[0-9a-f]{8,}|file ?system|access point|"
    r"volume.{0,30}(mount|attach|create|plugin)|"
    r"failed to (mount|create) volume|CannotCreateVolume|EBS volume"
)
_ASSUME = _any(r"unable to assume|assume the (service-linked )?role|proper trust relationship|AssumeRole")
_ADDRESSES = _any(
    r"insufficient.{0,4}free.{0,4}(ip )?address|not have enough free (ip )?addresses|InsufficientFreeAddresses|"
    r"no (free|available) (ip )?addresses|insufficient ip|InsufficientIpAddress|run out of.{0,20}ip addresses"
)
_QUOTA = _any(
    r"vcpu limit|limit on the number of (vcpus|tasks)|(quota|limit).{0,40}(reached|exceeded)|reached the limit|"
    r"exceed(s|ed).{0,30}(quota|limit)|VcpuLimitExceeded|LimitExceeded|maximum number of tasks"
)
_PLACEMENT = _any(
    r"unable to place|capacity is unavailable|no container instance|"
    r"insufficient (cpu|memory|gpu)|closest matching|"
    r"RESOURCE:(CPU|MEMORY|PORTS?|ENI|GPU|FARGATE)|already using a port|missing an attribute|AGENT|"
    r"placement constraint|SpotCapacity|not have sufficient capacity|"
    r"CapacityProvider.{0,40}(unavailable|insufficient)"
)
_OOM = _any(r"OutOfMemory|out of memory|OOM.?kill")
_ELB = _any(r"failed elb health checks|is unhealthy in \(?(target-group|elb|load-balancer)|failed load balancer")
_HEALTH = _any(r"failed container health checks|container health check")
_SPOT = _any(r"spot interruption|SpotInterruption|host (maintenance|retire)|underlying (hardware|host)")
_WANTED = _any(
    r"scaling activity initiated|deployment ecs-svc|task stopped by|stopped by user|user ?initiated|replaced by|"
    r"desired count|service.{0,20}(deleted|scaled)"
)

IMAGE = (
    "ecs.image_missing",
    "ecs.image_pull_denied",
    "ecs.image_pull_network",
    "ecs.image_pull_rate_limited",
    "ecs.image_wrong_platform",
)


def kind(text: str) -> str:
    """The id of the cause that a stop reason, container reason or service event states; empty if it states none.

    The order matters: a pull error is told before the words 'unable to place a task' around it, a logger's error before
    the 'not found' in it.
    """
    if not text:
        return ""
    if _PLATFORM.search(text):
        return "ecs.image_wrong_platform"
    if _RATE.search(text) and _PULL.search(text):
        return "ecs.image_pull_rate_limited"
    if _ASSUME.search(text) and not _SECRET.search(text):
        return "ecs.role_not_assumable"
    if "ResourceInitializationError" in text or "CannotStartContainer" in text or "CannotCreateVolume" in text:
        return _initialisation(text)
    if _PULL.search(text) or (_AUTH.search(text) and not _SECRET.search(text)):
        return _pull(text)
    if _LOGGER.search(text) and re.search(r"fail|error|not exist|cannot", text, re.IGNORECASE):
        return "ecs.log_driver_failed"
    if _ADDRESSES.search(text):
        return "ecs.subnet_ip_exhausted"
    if _QUOTA.search(text):
        return "ecs.quota_reached"
    if _ELB.search(text):
        return "ecs.elb_health_check_failed"
    if _HEALTH.search(text):
        return "ecs.container_health_check_failed"
    if _PLACEMENT.search(text):
        return "ecs.placement_no_capacity"
    if _OOM.search(text):
        return "ecs.container_oom"
    return ""


def _initialisation(text: str) -> str:
    if _LOGGER.search(text):
        return "ecs.log_driver_failed"
    if _ADDRESSES.search(text):
        return "ecs.subnet_ip_exhausted"
    if _SECRET.search(_without_heading(text)):
        return "ecs.secret_unavailable"
    if _VOLUME.search(text):
        return "ecs.volume_mount_failed"
    if _AUTH.search(_without_heading(text)) or _PULL.search(text):
        return _pull(text)
    if "registry auth" in text.lower():
        return "ecs.secret_unavailable" if "secret" in _without_heading(text).lower() else _pull(text)
    return ""


def _without_heading(text: str) -> str:
    """ECS opens errors of either kind with 'unable to pull secrets or registry auth': that says nothing of which."""
    return re.sub(r"unable to pull secrets or registry auth:?", "", text, flags=re.IGNORECASE)


def _pull(text: str) -> str:
    """Which kind of pull error. Docker Hub says 'access denied' of what does not exist: that is either, so denied."""
    if _RATE.search(text):
        return "ecs.image_pull_rate_limited"
    if _DISK.search(text):
        return ""  # the instance's disk is full: none of the catalogue's causes
    if re.search(
        r"manifest unknown|\[?\bnot found\b|\b404\b|name unknown|no such manifest|requested image not",
        text,
        re.IGNORECASE,
    ):
        return "ecs.image_missing"
    if _DENIED.search(text) or "pull access denied" in text:
        return "ecs.image_pull_denied"
    if _NETWORK.search(text):
        return "ecs.image_pull_network"
    return "ecs.image_missing" if _MISSING.search(text) else ""


def wanted(text: str) -> bool:
    """Whether somebody, or a scaling or deployment, meant the task to stop."""
    return bool(_WANTED.search(text))


def interrupted(text: str) -> bool:
    """Whether AWS took the machine away: Spot, retirement."""
    return bool(_SPOT.search(text))
