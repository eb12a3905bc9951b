"""Tasks for which there is no place: instances, Fargate capacity, addresses, quotas."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.failures import Failure, failures, unexplained
from lambdas.causes.ecs.image_pull import RUNBOOK
from lambdas.causes.ecs.related import changes_of
from lambdas.causes.ecs.stated import stated, who
from lambdas.causes.wording import count, some
from lambdas.checks import links
from lambdas.checks.ec2.network import Subnet
from lambdas.checks.ecs.cluster import ClusterState, ContainerInstance
from lambdas.checks.ecs.services import ServiceState
from lambdas.checks.ecs.task_definitions import TaskDefinition

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

READS = ("ecs.services", "ecs.stopped_tasks", "ecs.cluster", "ecs.task_definitions")
EFFECTS = (
    "ecs.autoscaling_failing",
    "ecs.autoscaling_at_max",
    "ecs.bad_deployment",
    "ecs.undersized",
    "change.configuration",
)
FEW = 8  # free addresses: fewer than a rolling deployment of a small service takes
_SUBNET = re.compile(r"subnet-[0-9a-f]{8,}")


def _mine(evidence: Evidence, id_: str) -> list[Failure]:
    return [f for f in failures(evidence) if f.kind == id_]


def _lacks(text: str) -> str:
    low = text.lower()
    for words, what in (
        (
            ("capacity is unavailable", "not have sufficient capacity", "spotcapacity"),
            "Fargate has no capacity in its zones",
        ),
        (("insufficient cpu", "resource:cpu"), "no instance has enough free CPU"),
        (("insufficient memory", "resource:memory"), "no instance has enough free memory"),
        (("insufficient gpu", "resource:gpu"), "no instance has a free GPU"),
        (("port",), "the host port is taken on every instance"),
        (("resource:eni", "network interface"), "no instance has a free network interface"),
        (("attribute", "constraint"), "no instance meets its placement constraints"),
        (("agent",), "the agents of the instances are disconnected"),
        (("no container instances were found",), "the cluster has no container instance"),
    ):
        if any(w in low for w in words):
            return what
    return "no container instance meets its requirements"


@cause(
    "ecs.placement_no_capacity",
    title="There is no place for the tasks",
    reads=READS,
    effects=EFFECTS,
    depth=3,
    runbook=RUNBOOK,
)
def placement_no_capacity(evidence: Evidence) -> Judgement:
    """Unable to place a task: instances' CPU, memory, ports, attributes; Fargate capacity."""
    mine = _mine(evidence, "ecs.placement_no_capacity")
    lacks = _lacks(mine[-1].text) if mine else ""
    need = next((d for d in evidence.of(TaskDefinition) if d.which == "current"), None)
    instances = [i for i in evidence.of(ContainerInstance) if i.status == "ACTIVE" and i.agent_connected]
    facts = []
    if instances:
        cpu = max((i.cpu_free or 0 for i in instances), default=0)
        memory = max((i.memory_free or 0 for i in instances), default=0)
        asks = f"; a task asks for {_asks(need)}" if need else ""
        text = f"{count(len(instances), 'instance')}: at most {cpu} CPU units and {memory} MiB free on one{asks}"
        facts.append(Fact(text=text, source=instances[0].source, link=instances[0].link))
    disconnected = [i for i in evidence.of(ContainerInstance) if not i.agent_connected]
    if disconnected:
        text = f"the agent of {some(i.ec2 or i.id for i in disconnected)} is disconnected"
        facts.append(Fact(text=text, source=disconnected[0].source, link=disconnected[0].link))
    cluster = next(iter(evidence.of(ClusterState)), None)
    service = next(iter(evidence.of(ServiceState)), None)
    fargate = "fargate" in lacks.lower() or bool(service and service.fargate)
    text = (
        "Try again, or add subnets in other availability zones, or FARGATE beside FARGATE_SPOT"
        if fargate
        else f"Scale cluster capacity of {cluster.name if cluster else 'the cluster'}, or lower what a task reserves"
    )
    return stated(
        evidence,
        "ecs.placement_no_capacity",
        summary=f"{who(evidence, mine)} cannot place tasks: {lacks}",
        support=(*facts, *changes_of(evidence, *(i.ec2 for i in evidence.of(ContainerInstance)))),
        actions=(Action(text=text, link=cluster.link if cluster else ""),),
    )


def _asks(need: TaskDefinition) -> str:
    cpu = need.cpu or sum(c.cpu or 0 for c in need.containers)
    memory = need.memory or sum(c.reservation or c.memory or 0 for c in need.containers)
    return f"{cpu} CPU units and {memory} MiB"


@cause(
    "ecs.subnet_ip_exhausted",
    title="The subnet has no free addresses",
    reads=("ecs.services", "ecs.stopped_tasks", "ec2.subnets"),
    effects=EFFECTS,
    depth=3,
    runbook=RUNBOOK,
)
def subnet_ip_exhausted(evidence: Evidence) -> Judgement:
    """Insufficient free addresses; the subnets' own count."""
    mine = _mine(evidence, "ecs.subnet_ip_exhausted")
    named = {s for f in mine for s in _SUBNET.findall(f.text)}
    subnets = evidence.of(Subnet)
    full = [s for s in subnets if s.free is not None and s.free < FEW]
    facts = [
        Fact(
            text=f"{s.id} ({s.cidr}, {s.zone}) has {count(s.free or 0, 'free address', 'free addresses')}",
            source=s.source,
            value=str(s.free),
            link=s.link,
        )
        for s in subnets
        if s in full or s.id in named
    ]
    enough = [s for s in subnets if s not in full]
    names = some(named or (s.id for s in full)) or "a subnet of the service"
    action = Action(
        text=f"Give the service subnets with free addresses beside {names}, or stop tasks there that nobody needs",
        link=full[0].link if full else "",
    )
    unseen = unexplained(evidence)
    if not mine and full and len(full) == len(subnets) and unseen:
        return Judgement(
            verdict="likely",
            summary=f"{unseen}, and {facts[0].text}",
            evidence=tuple(facts),
            actions=(action,),
            would_confirm="a service event about free addresses",
            score=0.5,
        )
    return stated(
        evidence,
        "ecs.subnet_ip_exhausted",
        summary=f"{who(evidence, mine)} cannot place tasks: {names} has no free addresses",
        support=facts,
        actions=(action,),
        against=[
            Fact(text=f"{s.id} has {s.free} free addresses", source=s.source)
            for s in enough[:2]
            if len(enough) == len(subnets)
        ],
    )


@cause(
    "ecs.quota_reached",
    title="A quota of the account is reached",
    reads=("ecs.services", "ecs.stopped_tasks"),
    effects=EFFECTS,
    depth=3,
    runbook=RUNBOOK,
)
def quota_reached(evidence: Evidence) -> Judgement:
    """The vCPU limit and similar."""
    mine = _mine(evidence, "ecs.quota_reached")
    vcpu = any("vcpu" in f.text.lower() for f in mine)
    code = "fargate" if vcpu and any(s.fargate for s in evidence.of(ServiceState)) else "ec2" if vcpu else "ecs"
    which = "vCPUs that may run at once" if vcpu else "ECS"
    return stated(
        evidence,
        "ecs.quota_reached",
        summary=f"{who(evidence, mine)} cannot place tasks: the account's quota of {which} is reached",
        actions=(
            Action(
                text=f"Request a higher quota of {which}, or stop tasks that nobody needs",
                command=f"aws service-quotas list-service-quotas --service-code {code}",
                link=links.quotas(evidence.alert.region, code),
            ),
        ),
    )
