"""Tasks that stop before their containers start: secrets, the logger, volumes, the role."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lambdas.causes.base import Action, Fact, Judgement, cause
from lambdas.causes.ecs.failures import Failure, failures, unexplained
from lambdas.causes.ecs.image_pull import EFFECTS, RUNBOOK, roll_back
from lambdas.causes.ecs.network import on_the_way
from lambdas.causes.ecs.related import changes_of
from lambdas.causes.ecs.stated import stated, who
from lambdas.causes.wording import some
from lambdas.checks.ec2.network import SecurityGroup
from lambdas.checks.ecs.task_definitions import TaskDefinition
from lambdas.checks.efs.mount_targets import MountTarget
from lambdas.checks.iam.roles import RoleState
from lambdas.checks.logs.groups import LogGroup
from lambdas.checks.secretsmanager.secrets import SecretState

if TYPE_CHECKING:
    from lambdas.causes.base import Evidence

READS = ("ecs.stopped_tasks", "ecs.services", "ecs.task_definitions", "cloudtrail.changes")
_ARN = re.compile(r"arn:aws[\w-]*:(?:secretsmanager|ssm):[\w-]*:\d*:[\w/+=.@:-]+?(?=[\s,:]*(?:from|$|\s|: ))")
_PARAMETER = re.compile(r"invalid ssm parameters:?\s*([\w/.\-, ]+)", re.IGNORECASE)
_ROLE = re.compile(r"role '?(arn:[^'\s]+)'?")
_FILE_SYSTEM = re.compile(r"fs-[0-9a-f]{8,}")


def _mine(evidence: Evidence, id_: str) -> list[Failure]:
    return [f for f in failures(evidence) if f.kind == id_]


def _likely(evidence: Evidence, facts: list[Fact], actions: tuple[Action, ...], confirm: str) -> Judgement | None:
    unseen = unexplained(evidence)
    if not facts or not unseen:
        return None
    return Judgement(
        verdict="likely",
        summary=f"{unseen}: {facts[0].text}",
        evidence=tuple(facts),
        actions=actions,
        score=0.5,
        would_confirm=confirm,
        missing=(f"ecs.stopped_tasks: {evidence.gap('ecs.stopped_tasks') or 'none left to see'}",),
    )


@cause(
    "ecs.secret_unavailable",
    title="A secret or parameter cannot be read",
    reads=(*READS, "secretsmanager.secrets", "ssm.parameters", "iam.roles"),
    effects=EFFECTS,
    depth=3,
    runbook=RUNBOOK,
)
def secret_unavailable(evidence: Evidence) -> Judgement:
    """ResourceInitializationError on secrets or parameters: denied, not found, or unreachable."""
    mine = _mine(evidence, "ecs.secret_unavailable")
    gone = [s for s in evidence.of(SecretState) if s.exists is False]
    text = mine[-1].text if mine else ""
    name = _secret(text) or (gone[0].name if gone else "a secret")
    how = _how(text, gone)
    role = next((r for r in evidence.of(RoleState) if r.use == "execution"), None)
    facts = [Fact(text=f"{s.variable} comes from {s.name}: {s.why}", source=s.source, link=s.link) for s in gone]
    facts += changes_of(evidence, _short(name), role.name if role else "")
    if how == "cannot be reached":
        facts += on_the_way(evidence, ("secretsmanager", "ssm"))
    actions = [Action(text=f"Check application configuration and dependencies: {_advice(how, name)}", link=_link(gone))]
    if role and how == "is denied":
        actions.append(
            Action(
                text=f"Let the execution role {role.name} read {name}",
                command=f"aws iam list-attached-role-policies --role-name {role.name}",
                link=role.link,
            )
        )
    actions += roll_back(evidence)
    if not mine and (judged := _likely(evidence, facts[: len(gone)], tuple(actions), "a stopped task that says so")):
        return judged
    return stated(
        evidence,
        "ecs.secret_unavailable",
        summary=f"{who(evidence, mine)} cannot start: {name} {how}",
        support=facts,
        actions=actions,
        against=[Fact(text="every secret of the task definition exists", source="secretsmanager:DescribeSecret")]
        if evidence.looked("secretsmanager.secrets") and evidence.of(SecretState) and not gone
        else (),
    )


def _secret(text: str) -> str:
    if found := _ARN.search(text):
        return found[0].rstrip(":")
    if found := _PARAMETER.search(text):
        return found[1].strip(" ,.")
    return ""


def _short(name: str) -> str:
    """A secret's own name: what CloudTrail writes, without the six characters that its ARN ends with."""
    last = name.rpartition(":secret:")[2] if ":secret:" in name else name.rpartition(":parameter")[2] or name
    return re.sub(r"-[A-Za-z0-9]{6}$", "", last)


def _how(text: str, gone: list[SecretState]) -> str:
    low = text.lower()
    if any(w in low for w in ("accessdenied", "not authorized", "access denied", "403")):
        return "is denied"
    if any(w in low for w in ("can't find", "cannot find", "resourcenotfound", "not found", "invalid ssm")) or gone:
        return "does not exist"
    if any(w in low for w in ("marked for deletion", "scheduled for deletion", "marked deleted")):
        return "is scheduled for deletion"
    if any(w in low for w in ("timeout", "timed out", "deadline", "dial tcp", "connection issue", "canceled")):
        return "cannot be reached"
    return "cannot be read"


def _advice(how: str, name: str) -> str:
    if how == "is denied":
        return f"the execution role must be allowed to read {name}"
    if how == "cannot be reached":
        return "the tasks' subnets need a way to Secrets Manager or Parameter Store (NAT gateway or endpoint)"
    return f"create or restore {name}, or correct `valueFrom` in the task definition"


def _link(gone: list[SecretState]) -> str:
    return gone[0].link if gone else ""


@cause(
    "ecs.log_driver_failed",
    title="The container's log driver does not start",
    reads=(*READS, "logs.groups"),
    effects=EFFECTS,
    depth=3,
    runbook=RUNBOOK,
)
def log_driver_failed(evidence: Evidence) -> Judgement:
    """ResourceInitializationError on the logger; the log group does not exist."""
    mine = _mine(evidence, "ecs.log_driver_failed")
    gone = [g for g in evidence.of(LogGroup) if not g.exists]
    facts = [Fact(text=f"the log group {g.name} does not exist", source=g.source, link=g.link) for g in gone]
    facts += changes_of(evidence, *(g.name for g in evidence.of(LogGroup)))
    why = f"the log group {gone[0].name} does not exist" if gone else "its log driver cannot be set up"
    actions = tuple(
        Action(
            text=f"Create the log group {g.name}, or correct the log configuration of the task definition",
            command=f"aws logs create-log-group --log-group-name {g.name}",
            link=g.link,
        )
        for g in gone
    ) or (Action(text="Check the log configuration of the task definition and the execution role's rights to logs"),)
    if not mine and (judged := _likely(evidence, facts[: len(gone)], actions, "a stopped task that says so")):
        return judged
    there = [g for g in evidence.of(LogGroup) if g.exists]
    return stated(
        evidence,
        "ecs.log_driver_failed",
        summary=f"{who(evidence, mine)} cannot start: {why}",
        support=facts,
        actions=actions,
        against=[Fact(text=f"the log group {there[0].name} exists", source=there[0].source)]
        if there and not gone
        else (),
    )


@cause(
    "ecs.volume_mount_failed",
    title="A volume cannot be mounted",
    reads=(*READS, "efs.mount_targets", "ec2.security_groups"),
    effects=EFFECTS,
    depth=3,
    runbook=RUNBOOK,
)
def volume_mount_failed(evidence: Evidence) -> Judgement:
    """ResourceInitializationError on EFS: no mount target, security groups, access denied."""
    mine = _mine(evidence, "ecs.volume_mount_failed")
    named = next((f[0] for m in mine if (f := _FILE_SYSTEM.search(m.text))), "")
    systems = [named] if named else sorted({f for d in evidence.of(TaskDefinition) for f in d.file_systems})
    targets = evidence.of(MountTarget)
    facts = [Fact(text=f"{t.file_system}: {t.state}", source=t.source) for t in targets if not t.id]
    facts += [
        Fact(text=f"the mount target {t.id} of {t.file_system} is {t.state}", source=t.source)
        for t in targets
        if t.id and t.state not in ("available", "")
    ]
    groups = {g.id: g for g in evidence.of(SecurityGroup)}
    for target in targets:
        known = [groups[g] for g in target.security_groups if g in groups]
        if known and not any(rule.covers(2049) for g in known for rule in g.inbound):
            text = f"the security group of the mount target {target.id} lets no NFS (TCP 2049) in"
            facts.append(Fact(text=text, source="ec2:DescribeSecurityGroups", link=known[0].link))
    facts += changes_of(evidence, *systems, *(n for t in targets for n in (t.id, *t.security_groups)))
    return stated(
        evidence,
        "ecs.volume_mount_failed",
        summary=(
            f"{who(evidence, mine)} cannot start: the file system {some(systems) or 'of the task'} cannot be mounted"
        ),
        support=facts,
        actions=(
            Action(
                text="Verify security group and network ACL configurations: TCP 2049 from tasks to mount targets"
                f" of {some(systems) or 'the file system'}, and a mount target in every zone the service uses",
                command=f"aws efs describe-mount-targets --file-system-id {systems[0]}" if systems else "",
            ),
        ),
    )


@cause(
    "ecs.role_not_assumable",
    title="ECS cannot assume the task's role",
    reads=("ecs.services", "ecs.stopped_tasks", "iam.roles", "cloudtrail.changes"),
    effects=EFFECTS,
    depth=3,
    runbook=RUNBOOK,
)
def role_not_assumable(evidence: Evidence) -> Judgement:
    """Service event: unable to assume the role; its trust policy."""
    mine = _mine(evidence, "ecs.role_not_assumable")
    named = next((r[1].rstrip(".") for m in mine if (r := _ROLE.search(m.text))), "")
    roles = evidence.of(RoleState)
    facts = [
        Fact(text=f"the {r.use} role {r.name} does not exist", source=r.source, link=r.link)
        if not r.exists
        else Fact(
            text=f"the trust policy of {r.name} does not let ecs-tasks.amazonaws.com in", source=r.source, link=r.link
        )
        for r in roles
        if not r.exists or r.trusts_tasks is False
    ]
    facts += changes_of(evidence, named.rpartition("/")[2], *(r.name for r in roles))
    name = named.rpartition("/")[2] or (roles[0].name if roles else "the task's role")
    return stated(
        evidence,
        "ecs.role_not_assumable",
        summary=f"{who(evidence, mine)} cannot start: ECS may not assume the role {name}",
        support=facts,
        actions=(
            Action(
                text=f"Let ecs-tasks.amazonaws.com assume {name} in its trust policy",
                command=f"aws iam get-role --role-name {name} --query Role.AssumeRolePolicyDocument",
                link=next((r.link for r in roles if r.name == name), ""),
            ),
        ),
    )
