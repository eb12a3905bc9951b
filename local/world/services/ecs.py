"""ECS: clusters, services, tasks, task definitions, container instances, deployments."""

from local.world.arns import identifier
from local.world.service import Filler, Item, Section, Service
from local.world.answer import short


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
