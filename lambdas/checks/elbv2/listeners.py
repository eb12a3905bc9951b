"""Listeners and their rules: which target groups traffic is sent to, by what condition and with what weight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambdas.checks.base import Allow, Finding, Look, check
from lambdas.checks.elbv2.balancers import Balancer

LISTENERS = 4  # whose rules are read


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener(Finding):
    """One listener."""

    arn: str
    balancer: str  # name
    port: int | None = None
    protocol: str = ""
    policy: str = ""  # TLS security policy
    certificates: tuple[str, ...] = ()  # ARNs of its default certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Finding):
    """A rule (or a default action) that forwards to a target group."""

    listener: str  # ARN
    port: int | None = None
    priority: str  # a number as text, or "default"
    conditions: str = ""  # e.g. "path /api/*; host a.example.com"
    group_arn: str
    weight: int | None = None  # None where the rule has one group without a weight
    of_weights: int = 0  # the sum of the rule's weights
    sticky: bool = False  # stickiness of the weighted rule itself

    @property
    def used(self) -> bool:
        """Whether the rule sends anything to the group."""
        return self.weight is None or self.weight > 0

    @property
    def text(self) -> str:
        """For people."""
        rule = "default action" if self.priority == "default" else f"rule {self.priority}"
        share = f", weight {self.weight} of {self.of_weights}" if self.weight is not None and self.of_weights else ""
        where = f" ({self.conditions})" if self.conditions else ""
        return f"listener :{self.port or '?'} {rule}{where}{share}"


@check(
    "elbv2.listeners",
    title="Listener rules and target group routing",
    yields=(Listener, Route),
    needs=(Balancer,),
    allow=(Allow("elasticloadbalancing:DescribeListeners"), Allow("elasticloadbalancing:DescribeRules")),
    calls=6,
)
def listeners(look: Look) -> Iterator[Finding]:
    """Rules of application balancers; the others have only a default action."""
    for balancer in look.found.of(Balancer):
        answer: Any = look.aws.elbv2.describe_listeners(LoadBalancerArn=balancer.arn)
        for index, raw in enumerate(answer.get("Listeners") or ()):
            listener = _listener(raw, balancer)
            yield listener
            rules: list[dict[str, Any]] = []
            if balancer.kind == "application" and index < LISTENERS and listener.arn:
                described: Any = look.aws.elbv2.describe_rules(ListenerArn=listener.arn)
                rules = described.get("Rules") or []
            if not any(rule.get("IsDefault") for rule in rules):
                rules.append({"Priority": "default", "Actions": raw.get("DefaultActions") or []})
            for rule in rules:
                yield from routes(rule, listener)


def _listener(raw: Mapping[str, Any], balancer: Balancer) -> Listener:
    return Listener(
        arn=raw.get("ListenerArn", ""),
        balancer=balancer.name,
        port=raw.get("Port"),
        protocol=raw.get("Protocol", ""),
        policy=raw.get("SslPolicy", ""),
        certificates=tuple(c["CertificateArn"] for c in raw.get("Certificates") or () if c.get("CertificateArn")),
        source="elasticloadbalancing:DescribeListeners",
        link=balancer.link,
    )


def routes(rule: Mapping[str, Any], listener: Listener) -> Iterator[Route]:
    """The groups that one rule of DescribeRules forwards to; none for redirects and fixed responses."""
    for action in rule.get("Actions") or ():
        forward = action.get("ForwardConfig") or {}
        weighted = [g for g in forward.get("TargetGroups") or () if g.get("TargetGroupArn")]
        if not weighted and action.get("TargetGroupArn"):
            weighted = [{"TargetGroupArn": action["TargetGroupArn"]}]
        for group in weighted:
            yield Route(
                listener=listener.arn,
                port=listener.port,
                priority=str(rule.get("Priority", "")),
                conditions="; ".join(_condition(c) for c in rule.get("Conditions") or ())[:200],
                group_arn=group["TargetGroupArn"],
                weight=group.get("Weight"),
                of_weights=sum(g.get("Weight") or 0 for g in weighted),
                sticky=bool((forward.get("TargetGroupStickinessConfig") or {}).get("Enabled")),
                source="elasticloadbalancing:DescribeRules",
                link=listener.link,
            )


def _condition(raw: Mapping[str, Any]) -> str:
    """A condition in words; its values stand in `Values` or in the config of its own kind."""
    values = list(raw.get("Values") or ())
    for key, config in raw.items():
        if key.endswith("Config") and isinstance(config, dict):
            values.extend(v for v in config.get("Values") or () if v not in values)
    texts = [f"{v.get('Key', '')}={v.get('Value', '')}" if isinstance(v, dict) else str(v) for v in values]
    return f"{str(raw.get('Field', '')).removesuffix('-pattern')} {', '.join(texts)}".strip()
