"""What AWS Compute Optimizer finds, as values: read once for all parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lambdas.checks.base import Allow

if TYPE_CHECKING:
    from lambdas.reviews.base import Tour

# None of them takes a resource (Service Authorization Reference, AWS Compute Optimizer).
ALLOW = (
    Allow("compute-optimizer:GetECSServiceRecommendations"),
    Allow("compute-optimizer:GetRDSDatabaseRecommendations"),
    Allow("compute-optimizer:GetLambdaFunctionRecommendations"),
    # Compute Optimizer checks these of its caller too (User Guide, "Controlling access with IAM").
    Allow("ecs:ListServices"),
    Allow("ecs:ListClusters"),
    Allow("rds:DescribeDBInstances", "arn:{partition}:rds:{region}:{account}:db:*"),
    Allow("rds:DescribeDBClusters", "arn:{partition}:rds:{region}:{account}:cluster:*"),
    Allow("lambda:ListFunctions"),
    Allow("lambda:ListProvisionedConcurrencyConfigs"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One resource that is not optimal. `saving` is AWS's estimate, USD a month; None where AWS gives none."""

    kind: str  # "ecs", "rds", "storage", "function"
    finding: str  # "over", "under", "idle"
    arn: str
    name: str
    now: str
    then: str
    why: str
    saving: float | None = None
    risk: str = ""
    days: float = 14


def findings(tour: Tour) -> list[Found]:
    """All findings. Raises AWS's OptInRequiredException where the account is not enrolled. Needs ALLOW."""
    return tour.inventory.once("compute optimizer", lambda: [*_services(tour), *_databases(tour), *_functions(tour)])


def _pages(ask: Any, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        answer = ask(maxResults=1000, **token)
        found += answer.get(key) or ()
        if not answer.get("nextToken"):
            return found
        token = {"nextToken": answer["nextToken"]}


_WORDS = {"Overprovisioned": "over", "Underprovisioned": "under", "NotOptimized": "over"}


def _saving(option: dict[str, Any]) -> float | None:
    """After the account's discounts where AWS knows them. Only US dollars are added up."""
    for key in ("savingsOpportunityAfterDiscounts", "savingsOpportunity"):
        estimate = (option.get(key) or {}).get("estimatedMonthlySavings") or {}
        if estimate.get("value") is not None and estimate.get("currency", "USD") == "USD":
            return float(estimate["value"])
    return None


def _services(tour: Tour) -> list[Found]:
    found = []
    for raw in _pages(tour.aws.compute_optimizer.get_ecs_service_recommendations, "ecsServiceRecommendations"):
        finding = _WORDS.get(raw.get("finding", ""))
        if finding is None:
            continue
        now = raw.get("currentServiceConfiguration") or {}
        option: dict[str, Any] = next(iter(raw.get("serviceRecommendationOptions") or ()), {})
        found.append(
            Found(
                kind="ecs",
                finding=finding,
                arn=raw["serviceArn"],
                name=raw["serviceArn"].rpartition("/")[2],
                now=_task(now),
                then=_task(option),
                why=", ".join(raw.get("findingReasonCodes") or ()),
                saving=_saving(option),
                risk=raw.get("currentPerformanceRisk", ""),
                days=raw.get("lookbackPeriodInDays", 14),
            )
        )
    return found


def _task(size: dict[str, Any]) -> str:
    cpu, memory = size.get("cpu"), size.get("memory")
    return f"{cpu / 1024:g} vCPU / {memory / 1024:g} GB" if cpu and memory else ""


def _databases(tour: Tour) -> list[Found]:
    found = []
    for raw in _pages(tour.aws.compute_optimizer.get_rds_database_recommendations, "rdsDBRecommendations"):
        arn, name = raw["resourceArn"], raw["resourceArn"].rpartition(":")[2]
        days = raw.get("lookbackPeriodInDays", 14)
        if raw.get("idle") == "True":
            found.append(
                Found(
                    kind="rds",
                    finding="idle",
                    arn=arn,
                    name=name,
                    now=raw.get("currentDBInstanceClass", ""),
                    then="",
                    why="no connection in the period",
                    saving=_best(raw, "instance"),
                    days=days,
                )
            )
            continue
        for kind, key, current in (
            ("rds", "instance", raw.get("currentDBInstanceClass", "")),
            ("storage", "storage", _volume(raw.get("currentStorageConfiguration") or {})),
        ):
            finding = _WORDS.get(raw.get(f"{key}Finding", ""))
            if finding is None:
                continue
            options = raw.get(f"{key}RecommendationOptions") or ()
            option: dict[str, Any] = min(options, key=lambda one: one.get("rank", 99), default={})
            then = option.get("dbInstanceClass") or _volume(option.get("storageConfiguration") or {})
            found.append(
                Found(kind=kind, finding=finding, arn=arn, name=name, now=current, then=then,
                      why=", ".join(raw.get(f"{key}FindingReasonCodes") or ()), saving=_saving(option),
                      risk=raw.get("currentInstancePerformanceRisk", "") if key == "instance" else "", days=days)
            )  # fmt: skip
    return found


def _best(raw: dict[str, Any], key: str) -> float | None:
    options = raw.get(f"{key}RecommendationOptions") or ()
    return _saving(min(options, key=lambda one: one.get("rank", 99))) if options else None


def _volume(config: dict[str, Any]) -> str:
    if not config:
        return ""
    iops = f", {config['iops']} IOPS" if config.get("iops") else ""
    return f"{config.get('storageType', '')} {config.get('allocatedStorage', '?')} GiB{iops}"


def _functions(tour: Tour) -> list[Found]:
    found = []
    for raw in _pages(tour.aws.compute_optimizer.get_lambda_function_recommendations, "lambdaFunctionRecommendations"):
        codes = raw.get("findingReasonCodes") or ()
        if raw.get("finding") != "NotOptimized":
            continue
        options = raw.get("memorySizeRecommendationOptions") or ()
        option: dict[str, Any] = min(options, key=lambda one: one.get("rank", 99), default={})
        found.append(
            Found(
                kind="function",
                finding="under" if "MemoryUnderprovisioned" in codes else "over",
                arn=raw["functionArn"],
                name=raw["functionArn"].split(":")[6],
                now=f"{raw.get('currentMemorySize', '?')} MB",
                then=f"{option['memorySize']} MB" if option.get("memorySize") else "",
                why=", ".join(codes),
                saving=_saving(option),
                days=raw.get("lookbackPeriodInDays", 14),
            )
        )
    return found
