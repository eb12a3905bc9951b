"""Deep links into the AWS console, in every partition. Standard library only: on the path to the first post."""

from __future__ import annotations

from urllib.parse import quote


def console(region: str, path: str) -> str:
    """A console address, e.g. `console("eu-west-1", "ecs/v2/clusters")`."""
    if region.startswith("cn-"):
        host = f"{region}.console.amazonaws.cn"
    elif region.startswith("us-gov-"):
        host = f"{region}.console.amazonaws-us-gov.com"
    else:
        host = f"{region}.console.aws.amazon.com"
    return f"https://{host}/{path}"


def alarm(region: str, name: str) -> str:
    """One CloudWatch alarm."""
    return console(region, f"cloudwatch/home?region={region}#alarmsV2:alarm/{quote(name, safe='')}")


def dashboard(region: str, name: str) -> str:
    """One CloudWatch dashboard."""
    return console(region, f"cloudwatch/home?region={region}#dashboards/dashboard/{quote(name, safe='')}")
