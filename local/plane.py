"""Our own plane for a replay: moto's server on loopback, in this process, with the stack's table and secret.

It is reached by explicit endpoint, so that nothing of it can go to a real account, and nothing of moto's patching can
stand between a LIVE replay and the account that it looks at.
"""

from __future__ import annotations

import atexit
import logging
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import boto3
from moto.server import ThreadedMotoServer

from lambdas.aws import Aws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lambdas.aws import Call

TABLE = "tocsin-replay-incidents"
SECRET = "tocsin-replay/slack"  # noqa: S105 — its name
QUEUE = "tocsin-replay-alarms"


@contextmanager
def own_plane(
    region: str, token: str, on_call: Callable[[Call], None] | None = None, *, sender: str = ""
) -> Iterator[tuple[Aws, str]]:
    """An empty one; yields its clients and the queue's URL. One at a time in a process.

    `sender`: the address that the environment sends e-mail from, an identity of this account as it would be there.
    """
    url = _server()
    session = boto3.session.Session("replay", "replay", region_name=region)
    # moto keeps its accounts for as long as the process lives; each replay begins with an empty one
    urlopen(Request(f"{url}/moto-api/reset", method="POST")).close()  # noqa: S310 — our own loopback server
    aws = Aws(region, session=session, endpoint_url=url, on_call=on_call)
    create_table(aws)
    aws.secretsmanager.create_secret(Name=SECRET, SecretString=token)
    if sender:
        aws.sesv2.create_email_identity(EmailIdentity=sender)
    yield aws, aws.sqs.create_queue(QueueName=QUEUE)["QueueUrl"]


@cache
def _server() -> str:
    """The process's own server: its start and its stop take longer than a replay."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    atexit.register(server.stop)
    return f"http://127.0.0.1:{server.get_host_and_port()[1]}"


def create_table(aws: Aws, name: str = TABLE) -> None:
    """The incident table, with the keys and indexes that the stack gives it (a test compares the two)."""
    keys = ("pk", "sk", "due_pk", "due_sk", "open_pk", "open_sk")
    aws.dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": f"{index}_pk", "KeyType": "HASH"},
                    {"AttributeName": f"{index}_sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for index in ("due", "open")
        ],
    )
