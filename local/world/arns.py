"""Short names of a world file → ARNs, as AWS would have written them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

_IDS = re.compile(r"(?:targetgroup|app|net|gwy)/([\w-]+)/([0-9a-f]{8,})")

# The key of a field → the prefix of the short name that may be left out.
IMPLIED = {
    "clusterarn": "cluster",
    "cluster": "cluster",
    "taskdefinition": "task-definition",
    "taskdefinitionarn": "task-definition",
    "targetgrouparn": "tg",
    "targetgrouparns": "tg",
    "loadbalancerarn": "lb",
    "loadbalancerarns": "lb",
    "rolearn": "role",
    "executionrolearn": "role",
    "taskrolearn": "role",
    "certificatearn": "cert",
    "secretarn": "secret",
    "tablearn": "table",
    "dbinstancearn": "db",
    "dbclusterarn": "dbcluster",
    "alarmarn": "alarm",
    "serviceregistryarn": "registry",
}


def identifier(name: str, length: int = 16) -> str:
    """The same hexadecimal id for the same name, always."""
    return sha256(name.encode()).hexdigest()[:length]


def uuid(name: str) -> str:
    """The same UUID-shaped id for the same name, always."""
    h = identifier(name, 32)
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


@dataclass(frozen=True)
class Arns:
    """Expands short names for one account and region.

    Load balancers and target groups carry a random id in their ARN and in their metric dimensions: an id that the file
    writes anywhere (`app/prod/50dc6c495c0c9188`) is used everywhere for that name, else one is derived.
    """

    account: str
    region: str
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, account: str, region: str, text: str) -> Arns:
        """For a file whose whole text is given."""
        return cls(account, region, dict(_IDS.findall(text)))

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`, by the region."""
        return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(self.region.rpartition("-")[0].rpartition("-")[0], "aws")

    def arn(self, service: str, resource: str, *, region: bool = True, account: bool = True) -> str:
        """arn:partition:service:region:account:resource."""
        where = f"{self.region if region else ''}:{self.account if account else ''}"
        return f"arn:{self.partition}:{service}:{where}:{resource}"

    def lb_suffix(self, name: str) -> str:
        """`NAME/ID` of a load balancer or target group; a name that already has its id stays."""
        return name if "/" in name else f"{name}/{self.ids.get(name) or identifier(name)}"

    def expand(self, text: str, key: str = "") -> str | None:
        """A short name → its ARN; an ARN stays; None when it is neither. `key` is the field's name."""
        if text.startswith("arn:"):
            return text
        prefix, slash, rest = text.partition("/")
        if slash and prefix in _FORMS:
            return _FORMS[prefix](self, rest)
        implied = IMPLIED.get(key.lower())
        return _FORMS[implied](self, text) if implied else None


_ELB = "elasticloadbalancing"
_FORMS: dict[str, Callable[[Arns, str], str]] = {
    "cluster": lambda a, n: a.arn("ecs", f"cluster/{n}"),
    "service": lambda a, n: a.arn("ecs", f"service/{n}"),
    "task": lambda a, n: a.arn("ecs", f"task/{n}"),
    "task-definition": lambda a, n: a.arn("ecs", f"task-definition/{n}"),
    "container-instance": lambda a, n: a.arn("ecs", f"container-instance/{n}"),
    "capacity-provider": lambda a, n: a.arn("ecs", f"capacity-provider/{n}"),
    "service-deployment": lambda a, n: a.arn("ecs", f"service-deployment/{n}"),
    "service-revision": lambda a, n: a.arn("ecs", f"service-revision/{n}"),
    "tg": lambda a, n: a.arn(_ELB, f"targetgroup/{a.lb_suffix(n)}"),
    "targetgroup": lambda a, n: a.arn(_ELB, f"targetgroup/{a.lb_suffix(n)}"),
    "lb": lambda a, n: a.arn(_ELB, f"loadbalancer/app/{a.lb_suffix(n)}"),
    "alb": lambda a, n: a.arn(_ELB, f"loadbalancer/app/{a.lb_suffix(n)}"),
    "app": lambda a, n: a.arn(_ELB, f"loadbalancer/app/{a.lb_suffix(n)}"),
    "nlb": lambda a, n: a.arn(_ELB, f"loadbalancer/net/{a.lb_suffix(n)}"),
    "net": lambda a, n: a.arn(_ELB, f"loadbalancer/net/{a.lb_suffix(n)}"),
    "listener": lambda a, n: a.arn(_ELB, f"listener/app/{a.lb_suffix(n.split('/')[0])}/{identifier('listener/' + n)}"),
    "rule": lambda a, n: a.arn(
        _ELB, f"listener-rule/app/{a.lb_suffix(n.split('/')[0])}/{identifier('rule/' + n)}/{identifier(n)}"
    ),
    "role": lambda a, n: a.arn("iam", f"role/{n}", region=False),
    "policy": lambda a, n: a.arn("iam", f"policy/{n}", region=False),
    "user": lambda a, n: a.arn("iam", f"user/{n}", region=False),
    "profile": lambda a, n: a.arn("iam", f"instance-profile/{n}", region=False),
    "cert": lambda a, n: a.arn("acm", f"certificate/{uuid(n)}"),
    "certificate": lambda a, n: a.arn("acm", f"certificate/{uuid(n)}"),
    "secret": lambda a, n: a.arn("secretsmanager", f"secret:{n}-{identifier(n, 6)}"),
    "param": lambda a, n: a.arn("ssm", f"parameter/{n}"),
    "parameter": lambda a, n: a.arn("ssm", f"parameter/{n}"),
    "db": lambda a, n: a.arn("rds", f"db:{n}"),
    "dbcluster": lambda a, n: a.arn("rds", f"cluster:{n}"),
    "snapshot": lambda a, n: a.arn("rds", f"snapshot:{n}"),
    "table": lambda a, n: a.arn("dynamodb", f"table/{n}"),
    "topic": lambda a, n: a.arn("sns", n),
    "sns": lambda a, n: a.arn("sns", n),
    "alarm": lambda a, n: a.arn("cloudwatch", f"alarm:{n}"),
    "log-group": lambda a, n: a.arn("logs", f"log-group:{n}"),
    "function": lambda a, n: a.arn("lambda", f"function:{n}"),
    "key": lambda a, n: a.arn("kms", f"key/{n}"),
    "fs": lambda a, n: a.arn("elasticfilesystem", f"file-system/{n}"),
    "registry": lambda a, n: a.arn("servicediscovery", f"service/{n}"),
    "repository": lambda a, n: a.arn("ecr", f"repository/{n}"),
    "asg": lambda a, n: a.arn("autoscaling", f"autoScalingGroup:{uuid(n)}:autoScalingGroupName/{n}"),
    "scaling-policy": lambda a, n: a.arn("autoscaling", f"scalingPolicy:{uuid(n)}:{n}"),
    "trail": lambda a, n: a.arn("cloudtrail", f"trail/{n}"),
    "bucket": lambda a, n: a.arn("s3", n, region=False, account=False),
}

PREFIXES = ", ".join(f"{prefix}/" for prefix in _FORMS)
