"""A house with every channel: SES, SNS, the bus and secrets on moto, a webhook on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends

from lambdas.incidents.model import Alarm, Event, Incident, Post, Raised
from lambdas.incidents.store import LEASE, Timeline
from tests.unit.notify.scene import ARN, CHANNELS, ID, NOW, SETTINGS, judged

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import TargetTypeDef

    from lambdas.house import House
    from lambdas.settings import Settings
    from tests.conftest import Rooms

KEY = "a signing key of the pager"


@dataclass
class Pager:
    """A webhook's receiver: what it was asked, and what it answers."""

    url: str = ""
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200


@pytest.fixture
def pager() -> Iterator[Pager]:
    found = Pager()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.asked.append(({name.lower(): value for name, value in self.headers.items()}, body))
            answer = b'{"id":"call-7"}'
            self.send_response(found.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}/hook?team=ops"
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(pager: Pager) -> Settings:
    return replace(SETTINGS, channels=replace(CHANNELS, call_url=pager.url, customers=()))


@dataclass
class Told:
    """An incident in a house with every channel, and what each channel got."""

    rooms: Rooms
    pager: Pager
    queue: str

    @property
    def house(self) -> House:
        return self.rooms.house

    @property
    def incident(self) -> Incident:
        found = self.house.store.incident(ID)
        assert found
        return found

    def raised(self, severity: int = 1, **more: Any) -> tuple[Post, ...]:
        """Open the incident and post its root; the other channels' rows are returned, undelivered."""
        alarm = Alarm(name="checkout-5xx", state="ALARM", at=NOW, arn=ARN, region="eu-west-1")
        event = Raised(key=ARN, alarm=alarm, judged=judged(severity, **more), incident_id=ID)
        from lambdas.incidents.lifecycle import reduce
        from lambdas.notify.outward import outward

        after, posts = reduce(None, event, NOW)
        assert after
        rows = outward(None, after, posts, self.house.settings, NOW)
        self.house.store.commit(after, Timeline(at=NOW * 1000, id="raised", kind="test"), (*posts, *rows), NOW)
        self.house.poster.deliver(ID, posts)
        return rows

    def record(self, event: Event, id_: str) -> None:
        """Apply an event and deliver all that follows from it."""
        row = Timeline(at=int(self.rooms.clock()) * 1000, id=id_, kind="test")
        self.house.deliver(ID, self.house.desk.record(ID, event, row))

    def later(self, seconds: int = LEASE + 1) -> None:
        """Let the clock move on, and bring what is due then."""
        self.rooms.clock.now += seconds
        for due in self.house.store.due(int(self.rooms.clock())):
            if due.post:
                self.house.deliver(due.incident, [due.post])

    @property
    def mails(self) -> list[str]:
        """Who got an e-mail, in order."""
        sent = ses_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].sent_messages
        return [message.destinations["ToAddresses"][0] for message in sent]

    @property
    def texts(self) -> list[tuple[str, str]]:
        """Text messages: number and words."""
        return list(sns_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].sms_messages.values())

    @property
    def events(self) -> list[dict[str, Any]]:
        """What the bus's consumer got."""
        found = self.house.aws.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]

    @property
    def thread(self) -> list[str]:
        (root,) = [m for m in self.rooms.posts() if m.get("thread_ts") in {None, m["ts"]}]
        return [str(m["text"]) for m in self.rooms.slack.thread("#alerts", str(root["ts"]))[1:]]

    @property
    def waiting(self) -> list[str]:
        """Rows that are still to be delivered, of other channels and of what is said about them."""
        kinds = {"email", "sms", "call", "bus", "customer", "notice"}
        return [post.kind for post in self.house.store.unsent(ID) if post.kind in kinds]


@pytest.fixture
def told(rooms: Rooms, pager: Pager) -> Told:
    aws = rooms.house.aws
    aws.sesv2.create_email_identity(EmailIdentity="tocsin@example.com")
    aws.secretsmanager.create_secret(Name="acme/pager", SecretString=json.dumps({"signing_key": KEY}))
    aws.events.create_event_bus(Name="acme-incidents")
    queue = aws.sqs.create_queue(QueueName="tracker")["QueueUrl"]
    aws.events.put_rule(Name="all", EventBusName="acme-incidents", EventPattern='{"source":["tocsin"]}')
    target: TargetTypeDef = {"Id": "tracker", "Arn": f"arn:aws:sqs:eu-west-1:{DEFAULT_ACCOUNT_ID}:tracker"}
    aws.events.put_targets(Rule="all", EventBusName="acme-incidents", Targets=[target])
    return Told(rooms=rooms, pager=pager, queue=queue)
