"""ECS: clusters, services, tasks, task definitions, container instances, deployments."""

from datetime import UTC, datetime, timedelta

from local.world.answer import Call, short
from local.world.arns import identifier
from local.world.errors import AwsError
from local.world.remedied import STARTS, changed, moved_since, stamp
from local.world.service import Filler, Item, Section, Service


def _cluster(item: Item, fill: Filler) -> None:
    item.setdefault("clusterArn", fill.arn(f"cluster/{item['clusterName']}"))
    item.setdefault("status", "ACTIVE")


def _service(item: Item, fill: Filler) -> None:
    cluster, name = item["cluster"], item["serviceName"]
    item.setdefault("serviceArn", fill.arn(f"service/{cluster}/{name}"))
    item.setdefault("clusterArn", fill.arn(f"cluster/{cluster}"))
    item.setdefault("status", "ACTIVE")
    item.setdefault("schedulingStrategy", "REPLICA")
    item.setdefault("deploymentController", {"type": "ECS"})
    for key in ("desiredCount", "runningCount", "pendingCount"):
        item.setdefault(key, 0)
    for key in (
        "loadBalancers",
        "serviceRegistries",
        "events",
        "deployments",
        "placementConstraints",
        "placementStrategy",
    ):
        item.setdefault(key, [])
    item["events"].sort(key=lambda event: event.get("createdAt", fill.now), reverse=True)
    for number, event in enumerate(item["events"]):
        event.setdefault("id", identifier(f"{name}{number}{event.get('message')}"))
    for deployment in item["deployments"]:
        deployment.setdefault("updatedAt", deployment.get("createdAt", fill.now))
        deployment.setdefault("id", f"ecs-svc/{int(identifier(name + str(deployment.get('createdAt'))), 16) % 10**19}")


def _task(item: Item, fill: Filler) -> None:
    cluster = item["cluster"]
    task = item.get("taskId") or short(item.get("taskArn", "")) or identifier(str(sorted(item.items(), key=str)), 32)
    item["taskId"] = task
    item.setdefault("taskArn", fill.arn(f"task/{cluster}/{task}"))
    item.setdefault("clusterArn", fill.arn(f"cluster/{cluster}"))
    if "taskDefinition" in item:
        item.setdefault("taskDefinitionArn", fill.arn(f"task-definition/{item['taskDefinition']}"))
    item.setdefault("lastStatus", "RUNNING")
    item.setdefault("desiredStatus", "STOPPED" if item["lastStatus"] == "STOPPED" else "RUNNING")
    item.setdefault("containers", [])
    for container in item["containers"]:
        container.setdefault("taskArn", item["taskArn"])
        container.setdefault("lastStatus", item["lastStatus"])
        name = f"{cluster}/{task}/{identifier(container.get('name', ''), 8)}"
        container.setdefault("containerArn", fill.arns.arn("ecs", f"container/{name}"))


def _task_definition(item: Item, fill: Filler) -> None:
    name = f"{item['family']}:{item['revision']}"
    item.setdefault("taskDefinitionArn", fill.arn(f"task-definition/{name}"))
    item.setdefault("status", "ACTIVE")
    item.setdefault("containerDefinitions", [])


def _container_instance(item: Item, fill: Filler) -> None:
    name = item.get("ec2InstanceId") or identifier(str(sorted(item.items(), key=str)), 32)
    item.setdefault("containerInstanceArn", fill.arn(f"container-instance/{item['cluster']}/{identifier(name, 32)}"))
    item.setdefault("status", "ACTIVE")
    item.setdefault("agentConnected", True)


def _deployment(item: Item, fill: Filler) -> None:
    cluster, service = item["cluster"], item["service"]
    key = identifier(str(sorted(item.items(), key=str)), 21)
    item.setdefault("serviceDeploymentArn", fill.arn(f"service-deployment/{cluster}/{service}/{key}"))
    item.setdefault("serviceArn", fill.arn(f"service/{cluster}/{service}"))
    item.setdefault("clusterArn", fill.arn(f"cluster/{cluster}"))


def _revision(item: Item, fill: Filler) -> None:
    cluster, service = item["cluster"], item["service"]
    key = identifier(str(sorted(item.items(), key=str)), 19)
    item.setdefault("serviceRevisionArn", fill.arn(f"service-revision/{cluster}/{service}/{key}"))
    item.setdefault("serviceArn", fill.arn(f"service/{cluster}/{service}"))
    item.setdefault("clusterArn", fill.arn(f"cluster/{cluster}"))


_IN_CLUSTER = {"cluster": "string"}
service = Service(
    "ecs",
    {
        "clusters": Section("Cluster", fill=_cluster, required=("clusterName",)),
        "services": Section("Service", _IN_CLUSTER, _service, ("cluster", "serviceName")),
        "tasks": Section(
            "Task",
            {"cluster": "string", "taskId": "string", "taskDefinition": "string"},
            _task,
            ("cluster",),
        ),
        "taskDefinitions": Section(
            "TaskDefinition", {"tags": [("ecs", "Tag")]}, _task_definition, ("family", "revision")
        ),
        "containerInstances": Section("ContainerInstance", _IN_CLUSTER, _container_instance, ("cluster",)),
        "serviceDeployments": Section(
            "ServiceDeployment", {"cluster": "string", "service": "string"}, _deployment, ("cluster", "service")
        ),
        "serviceRevisions": Section(
            "ServiceRevision", {"cluster": "string", "service": "string"}, _revision, ("cluster", "service")
        ),
        "capacityProviders": Section("CapacityProvider", required=("name",)),
    },
)


@service.answers("DescribeServices")
def describe_services(call: Call) -> Item:
    """Services by name or ARN in a cluster; what is not there is a failure, MISSING."""
    cluster = _wanted_cluster(call)
    found, failures = [], []
    here = [item for item in call.items("services") if item["cluster"] == cluster]
    for name in call.params.get("services", []):
        match = [item for item in here if name in (item["serviceName"], item["serviceArn"])]
        for item in match:
            _settle(call, item)
        found.extend(match)
        if not match:
            arn = name if name.startswith("arn:") else call.arn(f"service/{cluster}/{name}")
            failures.append({"arn": arn, "reason": "MISSING"})
    return {"services": _tags(call, call.public("services", found)), "failures": failures}


@service.answers("UpdateService")
def update_service(call: Call) -> Item:
    """Set the desired count, the task definition, or start all tasks anew; tasks follow after a while."""
    cluster, wanted = _wanted_cluster(call), call.params["service"]
    found = [
        i for i in call.items("services") if i["cluster"] == cluster and wanted in (i["serviceName"], i["serviceArn"])
    ]
    if not found:
        raise AwsError("ServiceNotFoundException", "Service not found.")
    known = {"cluster", "service", "desiredCount", "taskDefinition", "forceNewDeployment"}
    if unknown := sorted(set(call.params) - known):
        raise call.world.failed(f"ecs:UpdateService: the World does not change {', '.join(unknown)}")
    item, key = found[0], ("ecs", cluster, found[0]["serviceName"])
    with call.world.lock:
        _settle(call, item)
        if (count := call.params.get("desiredCount")) is not None:
            changed(call.world, (*key, "count"), item["desiredCount"], count)
            item["desiredCount"] = count
            for deployment in item["deployments"][:1]:
                deployment["desiredCount"] = count
        name = call.params.get("taskDefinition")
        if name or call.params.get("forceNewDeployment"):
            _deploy(call, item, _revision_name(name or item["taskDefinition"]), key)
        stamp(call.world, key)
    return {"service": _tags(call, call.public("services", [item]))[0]}


def _deploy(call: Call, item: Item, name: str, key: tuple[str, ...]) -> None:
    """A new deployment, which has replaced the former ones a while later."""
    arn = call.arn(f"task-definition/{name}")
    if not any(f"{d['family']}:{d['revision']}" == name for d in call.items("taskDefinitions")):
        raise AwsError("ClientException", "Unable to describe task definition.")
    before = _revision_name(item["taskDefinition"])
    again = call.params.get("forceNewDeployment") and before == name
    changed(call.world, (*key, "deployment"), before, f"{name} anew" if again else name)
    number = int(identifier(f"{key}{call.now}"), 16) % 10**19
    for former in item["deployments"]:
        former["status"] = "ACTIVE"
    item["taskDefinition"] = arn
    item["deployments"].insert(
        0,
        {
            "id": f"ecs-svc/{number}",
            "status": "PRIMARY",
            "taskDefinition": arn,
            "desiredCount": item["desiredCount"],
            "runningCount": 0,
            "pendingCount": item["desiredCount"],
            "failedTasks": 0,
            "createdAt": call.now,
            "updatedAt": call.now,
            "rolloutState": "IN_PROGRESS",
        },
    )


def _revision_name(given: str) -> str:
    """`family:revision`, of that or of its ARN."""
    return given.rpartition("/")[2]


def _settle(call: Call, item: Item) -> None:
    """Of a service that was changed: its tasks run once they have had the time to start."""
    since = moved_since(call.world, ("ecs", item["cluster"], item["serviceName"]))
    if since is None:
        return
    count = item["desiredCount"]
    if since < STARTS:
        item["pendingCount"] = max(count - item["runningCount"], 0)
        return
    item["runningCount"], item["pendingCount"] = count, 0
    del item["deployments"][1:]
    for deployment in item["deployments"]:
        deployment |= {"runningCount": count, "pendingCount": 0, "rolloutState": "COMPLETED"}


@service.answers("ListServices")
def list_services(call: Call) -> Item:
    """Service ARNs of a cluster."""
    cluster = _wanted_cluster(call)
    kept = [item for item in call.items("services") if item["cluster"] == cluster]
    for key in ("launchType", "schedulingStrategy"):
        if wanted := call.params.get(key):
            kept = [item for item in kept if item.get(key) == wanted]
    page, more = call.page([item["serviceArn"] for item in kept], size=100 if "maxResults" in call.params else 10)
    return {"serviceArns": page, **more}


def _alive(call: Call, cluster: str) -> list[Item]:
    """Tasks of a cluster that ECS still knows: stopped ones vanish after an hour."""
    hour_ago = call.now - timedelta(hours=1)
    return [
        item
        for item in call.items("tasks")
        if item["cluster"] == cluster
        and item.get("createdAt", call.now) <= call.now
        and not (item["lastStatus"] == "STOPPED" and item.get("stoppedAt", call.now) < hour_ago)
    ]


@service.answers("ListTasks")
def list_tasks(call: Call) -> Item:
    """Task ARNs by desired status (RUNNING by default), service, family, container instance, launch type, starter."""
    cluster = _wanted_cluster(call)
    params = call.params
    kept = [t for t in _alive(call, cluster) if t["desiredStatus"] == params.get("desiredStatus", "RUNNING")]
    if name := params.get("serviceName"):
        wanted = short(name)
        if not any(s["serviceName"] == wanted for s in call.items("services") if s["cluster"] == cluster):
            raise AwsError("ServiceNotFoundException", "Service not found.")
        kept = [t for t in kept if t.get("group") == f"service:{wanted}"]
    if family := params.get("family"):
        kept = [t for t in kept if short(t.get("taskDefinitionArn", "")).split(":")[0] == family]
    if instance := params.get("containerInstance"):
        kept = [t for t in kept if short(t.get("containerInstanceArn", "")) == short(instance)]
    for key in ("launchType", "startedBy"):
        if key in params:
            kept = [t for t in kept if t.get(key) == params[key]]
    page, more = call.page([t["taskArn"] for t in kept], size=100)
    return {"taskArns": page, **more}


@service.answers("DescribeTasks")
def describe_tasks(call: Call) -> Item:
    """Tasks by id or ARN, at most 100."""
    if len(call.params["tasks"]) > 100:
        raise AwsError("InvalidParameterException", "Tasks cannot be more than 100.")
    cluster = _wanted_cluster(call)
    known = {t["taskId"]: t for t in _alive(call, cluster)}
    wanted = [short(task) for task in call.params["tasks"]]
    failures = [{"arn": call.arn(f"task/{cluster}/{t}"), "reason": "MISSING"} for t in wanted if t not in known]
    tasks = call.public("tasks", [known[t] for t in wanted if t in known])
    return {"tasks": _tags(call, tasks), "failures": failures}


@service.answers("DescribeTaskDefinition")
def describe_task_definition(call: Call) -> Item:
    """A task definition by family (its newest active revision), `family:revision` or ARN."""
    family, _, revision = call.params["taskDefinition"].rsplit("/", 1)[-1].partition(":")
    kept = [
        item
        for item in call.items("taskDefinitions")
        if item["family"] == family
        and (str(item["revision"]) == revision or (not revision and item["status"] == "ACTIVE"))
    ]
    if not kept:
        raise AwsError("ClientException", "Unable to describe task definition.")
    newest = max(kept, key=lambda item: item["revision"])
    answer: Item = {"taskDefinition": call.public("taskDefinitions", [newest])[0]}
    if "TAGS" in call.params.get("include", []):
        answer["tags"] = newest.get("tags", [])
    return answer


@service.answers("ListTaskDefinitions")
def list_task_definitions(call: Call) -> Item:
    """Task definition ARNs by family prefix and status, oldest first unless `sort` is DESC."""
    params = call.params
    prefix, status = params.get("familyPrefix"), params.get("status", "ACTIVE")
    kept = [t for t in call.items("taskDefinitions") if t["status"] == status and prefix in (None, t["family"])]
    kept.sort(key=lambda t: (t["family"], t["revision"]), reverse=params.get("sort") == "DESC")
    page, more = call.page([t["taskDefinitionArn"] for t in kept], size=100)
    return {"taskDefinitionArns": page, **more}


@service.answers("DescribeClusters")
def describe_clusters(call: Call) -> Item:
    """Clusters by name or ARN; counts follow from the tasks and services unless the world says them."""
    found: list[Item] = []
    failures: list[Item] = []
    for name in [short(c) for c in call.params.get("clusters", ["default"])]:
        match = [c for c in call.items("clusters") if c["clusterName"] == name]
        if not match and name in _cluster_names(call):
            match = [{"clusterName": name, "clusterArn": call.arn(f"cluster/{name}"), "status": "ACTIVE"}]
        if not match:
            failures.append({"arn": call.arn(f"cluster/{name}"), "reason": "MISSING"})
        found.extend(_counted(call, item) for item in match)
    return {"clusters": found, "failures": failures}


def _counted(call: Call, cluster: Item) -> Item:
    name = cluster["clusterName"]
    tasks = _alive(call, name)
    counts = {
        "registeredContainerInstancesCount": sum(i["cluster"] == name for i in call.items("containerInstances")),
        "runningTasksCount": sum(t["lastStatus"] == "RUNNING" for t in tasks),
        "pendingTasksCount": sum(t["lastStatus"] in {"PROVISIONING", "PENDING", "ACTIVATING"} for t in tasks),
        "activeServicesCount": sum(s["cluster"] == name for s in call.items("services")),
    }
    return {**counts, **call.public("clusters", [cluster])[0]}


@service.answers("ListClusters")
def list_clusters(call: Call) -> Item:
    """Cluster ARNs."""
    page, more = call.page([call.arn(f"cluster/{name}") for name in _cluster_names(call)], size=100)
    return {"clusterArns": page, **more}


@service.answers("ListContainerInstances")
def list_container_instances(call: Call) -> Item:
    """Container instance ARNs of a cluster, optionally by status."""
    cluster, status = _wanted_cluster(call), call.params.get("status")
    kept = [i for i in call.items("containerInstances") if i["cluster"] == cluster and status in (None, i["status"])]
    page, more = call.page([i["containerInstanceArn"] for i in kept], size=100)
    return {"containerInstanceArns": page, **more}


@service.answers("DescribeContainerInstances")
def describe_container_instances(call: Call) -> Item:
    """Container instances by id or ARN."""
    cluster = _wanted_cluster(call)
    known = {short(i["containerInstanceArn"]): i for i in call.items("containerInstances") if i["cluster"] == cluster}
    wanted = [short(arn) for arn in call.params["containerInstances"]]
    found = call.public("containerInstances", [known[w] for w in wanted if w in known])
    failures = [
        {"arn": call.arn(f"container-instance/{cluster}/{w}"), "reason": "MISSING"} for w in wanted if w not in known
    ]
    return {"containerInstances": found, "failures": failures}


@service.answers("ListServiceDeployments")
def list_service_deployments(call: Call) -> Item:
    """Deployments of a service, newest first, by status and time of creation."""
    wanted, cluster = short(call.params["service"]), _cluster_of(call, call.params["service"])
    kept = [d for d in call.items("serviceDeployments") if (d["cluster"], d["service"]) == (cluster, wanted)]
    if status := call.params.get("status"):
        kept = [d for d in kept if d.get("status") in status]
    created = call.params.get("createdAt", {})
    kept = [
        d
        for d in kept
        if created.get("after", _EVER) <= d.get("createdAt", call.now) <= created.get("before", call.now)
    ]
    kept.sort(key=lambda d: d.get("createdAt", call.now), reverse=True)
    keys = (
        "serviceDeploymentArn",
        "serviceArn",
        "clusterArn",
        "startedAt",
        "createdAt",
        "finishedAt",
        "status",
        "statusReason",
    )
    briefs = [_brief(d, keys) for d in kept]
    page, more = call.page(briefs, size=100)
    return {"serviceDeployments": page, **more}


def _brief(deployment: Item, keys: tuple[str, ...]) -> Item:
    brief = {key: deployment[key] for key in keys if key in deployment}
    target = deployment.get("targetServiceRevision", {})
    return brief | ({"targetServiceRevisionArn": target["arn"]} if "arn" in target else {})


@service.answers("DescribeServiceDeployments")
def describe_service_deployments(call: Call) -> Item:
    """Deployments by ARN."""
    return _by_arn(call, "serviceDeployments", "serviceDeploymentArn", "serviceDeploymentArns")


@service.answers("DescribeServiceRevisions")
def describe_service_revisions(call: Call) -> Item:
    """Service revisions by ARN."""
    return _by_arn(call, "serviceRevisions", "serviceRevisionArn", "serviceRevisionArns")


def _by_arn(call: Call, section: str, key: str, wanted: str) -> Item:
    known = {item[key]: item for item in call.items(section)}
    arns = call.params[wanted]
    found = call.public(section, [known[arn] for arn in arns if arn in known])
    return {section: found, "failures": [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known]}


@service.answers("DescribeCapacityProviders")
def describe_capacity_providers(call: Call) -> Item:
    """Capacity providers by name or ARN; Fargate's own are always there."""
    fargate: list[Item] = [{"name": name, "status": "ACTIVE"} for name in ("FARGATE", "FARGATE_SPOT")]
    known = {item["name"]: item for item in fargate + call.items("capacityProviders")}
    wanted = [short(name) for name in call.params.get("capacityProviders", known)]
    failures = [{"arn": call.arn(f"capacity-provider/{w}"), "reason": "MISSING"} for w in wanted if w not in known]
    return {"capacityProviders": [known[w] for w in wanted if w in known], "failures": failures}


@service.answers("ListTagsForResource")
def list_tags_for_resource(call: Call) -> Item:
    """Tags of a cluster, service, task or task definition."""
    arn = call.params["resourceArn"]
    keys = {
        "clusters": "clusterArn",
        "services": "serviceArn",
        "tasks": "taskArn",
        "taskDefinitions": "taskDefinitionArn",
    }
    for section, key in keys.items():
        for item in call.items(section):
            if item.get(key) == arn:
                return {"tags": item.get("tags", [])}
    raise AwsError("InvalidParameterException", "The specified resource is not found.")


_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def _cluster_names(call: Call) -> list[str]:
    named = [c["clusterName"] for c in call.items("clusters")]
    used = [item["cluster"] for section in ("services", "tasks", "containerInstances") for item in call.items(section)]
    return list(dict.fromkeys(named + used))


def _wanted_cluster(call: Call) -> str:
    name = short(call.params.get("cluster", "default"))
    if name not in _cluster_names(call):
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    return name


def _cluster_of(call: Call, service_name: str) -> str:
    if service_name.startswith("arn:") and service_name.count("/") == 2:
        return service_name.split("/")[1]
    return _wanted_cluster(call)


def _tags(call: Call, items: list[Item]) -> list[Item]:
    """Tags are answered only when they are asked for."""
    if "TAGS" in call.params.get("include", []):
        return items
    return [{key: value for key, value in item.items() if key != "tags"} for item in items]
