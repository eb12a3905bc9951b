"""A chart reaches its thread once, or is given up; nothing else notices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.diagnosis.chart import PNG, Chart
from lambdas.errors import ChartError
from lambdas.incidents.model import Alarm, Diagnosed, Headline, Incident, Judged, Post, Raised
from lambdas.incidents.store import LEASE, Timeline
from lambdas.slack.chart import TRIES, WAIT, Charts
from lambdas.slack.client import Slack

if TYPE_CHECKING:
    from tests.conftest import Rooms

ID = "INC-20261124-3f9a1c"
CHART = Chart(widget="{}", title="CPUUtilization", alt="CPUUtilization <!channel> & its threshold")
JUDGED = Judged(severity=1, tier="critical", scope="single", service="checkout", target="t", impact="i")


class Thread:
    """An incident whose report is posted and whose chart is due."""

    def __init__(self, rooms: Rooms) -> None:
        self.rooms, self.store = rooms, rooms.house.store
        alarm = Alarm(name="cpu", state="ALARM", at=int(rooms.clock()))
        raised = Raised(key="a", alarm=alarm, judged=JUDGED, incident_id=ID)
        root = rooms.house.slack.call("chat.postMessage", {"channel": "#alerts", "text": "root"})
        headline = Headline(cause="unknown", title="", verdict="possible", summary="")
        self.record(raised, 1)
        self.record(Diagnosed(headline=headline, judged=JUDGED, charted=True), 2)
        for post in self.store.unsent(ID):
            if post.kind == "initial":
                claim = self.store.claim(ID, post, int(rooms.clock()))
                assert claim
                self.store.sent_root(claim, str(root["channel"]), str(root["ts"]))
            elif post.kind != "chart":
                self.done(post)
        self.drawn = 0

    def record(self, event: Raised | Diagnosed, at: int) -> None:
        from lambdas.incidents.lifecycle import reduce

        after, posts = reduce(self.store.incident(ID), event, int(self.rooms.clock()))
        assert isinstance(after, Incident)
        self.store.commit(after, Timeline(at=at, id=f"e{at}", kind="test"), posts, int(self.rooms.clock()))

    def done(self, post: Post) -> None:
        claim = self.store.claim(ID, post, int(self.rooms.clock()))
        assert claim
        self.store.sent(claim, "")

    def deliver(self, *, picture: bytes = PNG, broken: bool = False, chart: Chart | None = CHART) -> None:
        def draw(widget: str) -> bytes:
            assert widget == "{}"
            self.drawn += 1
            if broken:
                raise ChartError("no picture")
            return picture

        Charts(self.store, self.rooms.house.slack, self.rooms.clock).deliver(ID, lambda _: chart, draw)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.rooms.slack.thread("#alerts", str(self.rooms.slack.messages("#alerts")[0]["ts"]))

    @property
    def files(self) -> list[str]:
        return [file["name"] for message in self.messages for file in message.get("files", ())]

    @property
    def waiting(self) -> list[str]:
        return [post.kind for post in self.store.unsent(ID)]


@pytest.fixture
def thread(rooms: Rooms) -> Iterator[Thread]:
    made = Thread(rooms)
    assert made.waiting == ["chart"]
    yield made
    rooms.house.slack.close()


def test_into_the_thread_with_words(thread: Thread) -> None:
    thread.deliver()
    root, message = thread.messages
    assert message["thread_ts"] == root["ts"]
    assert message["files"][0]["alt_txt"] == CHART.alt
    assert message["files"][0]["title"] == "CPUUtilization"
    assert message["text"] == "📈 CPUUtilization &lt;!channel&gt; &amp; its threshold"
    assert thread.waiting == []


def test_once_whoever_asks(thread: Thread) -> None:
    thread.deliver()
    thread.deliver()
    assert thread.files == [f"{ID}-chart-0.png"]


def test_an_upload_whose_answer_was_lost_is_found_again(thread: Thread) -> None:
    thread.rooms.slack.lose_answer_next("files.completeUploadExternal")
    thread.deliver()
    assert thread.waiting == ["chart"]
    thread.rooms.clock.now += WAIT + 1
    thread.deliver()
    assert (len(thread.files), thread.waiting, thread.drawn) == (1, [], 1)


def test_where_it_cannot_be_looked_up_it_is_rather_lost_than_shown_twice(thread: Thread) -> None:
    thread.rooms.slack.lose_answer_next("files.completeUploadExternal")
    thread.deliver()
    thread.rooms.slack.fail_next("conversations.replies", "missing_scope", times=9)
    thread.rooms.clock.now += WAIT + 1
    thread.deliver()
    assert (len(thread.files), thread.waiting) == (1, [])


def test_a_failure_is_tried_again_and_then_given_up(thread: Thread, caplog: pytest.LogCaptureFixture) -> None:
    for attempt in range(1, TRIES + 1):
        assert thread.waiting == ["chart"]
        thread.deliver(broken=True)
        thread.deliver(broken=True)  # not due yet
        assert thread.drawn == attempt
        thread.rooms.clock.now += WAIT * attempt + 1
    assert (thread.files, thread.waiting) == ([], [])
    assert "no chart: given up" in caplog.text


def test_killed_in_each_try_it_is_given_up(thread: Thread) -> None:
    for _ in range(TRIES):
        assert thread.store.claim(ID, Post("chart"), int(thread.rooms.clock()))
        thread.rooms.clock.now += LEASE + 1
    thread.deliver()
    assert (thread.files, thread.waiting, thread.drawn) == ([], [], 0)


def test_told_to_wait_it_waits(thread: Thread) -> None:
    thread.rooms.slack.fail_next("files.getUploadURLExternal", status=429, retry_after=40)
    thread.deliver()
    thread.rooms.clock.now += 30
    thread.deliver()
    assert thread.files == []
    thread.rooms.clock.now += 15
    thread.deliver()
    assert len(thread.files) == 1


def test_a_missing_scope_costs_the_chart_only(thread: Thread) -> None:
    thread.rooms.slack.fail_next("files.getUploadURLExternal", "missing_scope", times=TRIES)
    for attempt in range(TRIES):
        thread.deliver()
        thread.rooms.clock.now += WAIT * (attempt + 1) + 1
    assert (thread.files, thread.waiting) == ([], [])


def test_a_chart_that_is_lost_closes_its_row(thread: Thread) -> None:
    thread.deliver(chart=None)
    assert (thread.files, thread.waiting) == ([], [])


def test_the_report_comes_first(thread: Thread) -> None:
    incident = thread.store.incident(ID)
    assert incident
    late = Post("diagnosis", 7)
    thread.store.commit(replace(incident), Timeline(at=3, id="e3", kind="test"), [late], int(thread.rooms.clock()))
    thread.deliver()
    assert thread.files == []
    thread.done(late)
    thread.deliver()
    assert len(thread.files) == 1


def test_what_is_not_what_was_announced_is_an_error_of_slack(thread: Thread, caplog: pytest.LogCaptureFixture) -> None:
    class Short(Slack):
        def upload(self, url: str, content: bytes) -> None:
            super().upload(url, content[:-1])

    thread.rooms.house.slack.close()
    slack = Short(lambda: thread.rooms.slack.workspace.token, thread.rooms.slack.url)
    Charts(thread.store, slack, thread.rooms.clock).deliver(ID, lambda _: CHART, lambda _: PNG)
    slack.close()
    assert thread.files == []
    assert thread.waiting == ["chart"]
    assert [record.why for record in caplog.records if hasattr(record, "why")] == ["SlackError: upload: http_400"]
