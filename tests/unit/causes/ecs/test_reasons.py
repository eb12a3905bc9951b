"""AWS's sentences, as its documentation and agents word them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.causes.ecs.reasons import interrupted, kind, wanted

PREFIX = {
    "pull": "CannotPullContainerError: ",
    "init": "ResourceInitializationError: ",
    "auth": "ResourceInitializationError: unable to pull secrets or registry auth: resource retrieval failed: ",
    "start": "CannotStartContainerError: Error response from daemon: ",
    "event": "(service x) was unable to place a task. Reason: ",
    "": "",
}


@pytest.mark.parametrize(
    ("prefix", "text", "cause"),
    [
        (
            "pull",
            "pull image manifest has been retried 5 time(s): failed to resolve ref r/x:1: not found",
            "image_missing",
        ),
        ("pull", "Error response from daemon: manifest for x:1 not found: manifest unknown", "image_missing"),
        ("pull", "API error (404): repository x not found", "image_missing"),
        ("pull", "inspect image has been retried 1 time(s): failed to resolve ref: 403 Forbidden", "image_pull_denied"),
        ("pull", "API error (500): Get https://1.dkr.ecr/v2/: no basic auth credentials", "image_pull_denied"),
        ("pull", "pull access denied for x, repository does not exist or may require login", "image_pull_denied"),
        ("pull", "ref pull has been retried 5 time(s): dial tcp 52.1.1.1:443: i/o timeout", "image_pull_network"),
        ("pull", "API error: net/http: request canceled while waiting for connection", "image_pull_network"),
        ("pull", "toomanyrequests: You have reached your pull rate limit.", "image_pull_rate_limited"),
        ("pull", "image Manifest does not contain descriptor matching platform 'linux/amd64'", "image_wrong_platform"),
        ("pull", "write /var/lib/docker/tmp/x: no space left on device", ""),
        ("event", "CannotPullContainerError: failed to resolve ref r/x:1: not found.", "image_missing"),
        ("auth", "unable to retrieve secret from asm: AccessDeniedException", "secret_unavailable"),
        ("auth", "unable to retrieve secrets from ssm: invalid ssm parameters: /a/b", "secret_unavailable"),
        ("auth", "unable to retrieve ecr registry auth: RequestError: dial tcp: i/o timeout", "image_pull_network"),
        ("auth", "unable to retrieve ecr registry auth: AccessDeniedException: not authorized", "image_pull_denied"),
        ("init", "failed to validate logger args: The specified log group does not exist", "log_driver_failed"),
        ("start", "failed to initialize logging driver: failed to create Cloudwatch log stream", "log_driver_failed"),
        ("init", "failed to invoke EFS utils commands: mount.nfs4: Connection timed out", "volume_mount_failed"),
        (
            "",
            "(service x) failed to launch: ECS was unable to assume the role 'arn:aws:iam::1:role/r'",
            "role_not_assumable",
        ),
        ("event", "Capacity is unavailable at this time.", "placement_no_capacity"),
        ("event", "The closest matching (container-instance y) has insufficient CPU units.", "placement_no_capacity"),
        ("event", "the subnet does not have enough free addresses", "subnet_ip_exhausted"),
        ("event", "You've reached the limit on the number of vCPUs you can run concurrently", "quota_reached"),
        ("", "OutOfMemoryError: Container killed due to memory usage", "container_oom"),
        ("", "Task failed container health checks", "container_health_check_failed"),
        ("", "Task failed ELB health checks in (target-group arn:aws:x)", "elb_health_check_failed"),
        ("", "Essential container in task exited", ""),
        ("", "(service x) has reached a steady state.", ""),
        ("", "", ""),
    ],
)
def test_a_sentence_names_its_cause(prefix: str, text: str, cause: str) -> None:
    assert kind(PREFIX[prefix] + text) == (f"ecs.{cause}" if cause else "")


@pytest.mark.parametrize("text", ["Scaling activity initiated by (deployment ecs-svc/1)", "Task stopped by user"])
def test_stops_that_were_meant(text: str) -> None:
    assert wanted(text)
    assert not wanted("Essential container in task exited")


def test_interruptions() -> None:
    assert interrupted("Your Spot Task was interrupted. SpotInterruption")


@given(st.text(max_size=300))
def test_no_text_crashes(text: str) -> None:
    assert kind(text) == "" or kind(text).startswith("ecs.")
