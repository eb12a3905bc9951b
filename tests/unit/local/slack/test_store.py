import threading

from local.slack.store import Author, Store

BOT = Author("U1", "bot", "B1")


def store() -> Store:
    return Store(["#alerts"], ["#general"], clock=lambda: 1_795_488_600.5)


def test_timestamps_rise_even_when_the_clock_stands() -> None:
    held = store()
    stamps = [held.next_ts() for _ in range(1000)]
    assert stamps == sorted(set(stamps))
    assert stamps[0] == "1795488600.500000"


def test_many_threads_lose_nothing() -> None:
    held = store()
    channel = held.channels()[0]

    def post() -> None:
        for number in range(100):
            held.add(channel, BOT, {"text": str(number)})

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({message.ts for message in held.roots(channel.id)}) == 800
    assert held.revision == 800


def test_a_channel_has_the_same_id_in_every_run_and_is_found_by_any_name() -> None:
    channel = store().channels()[0]
    assert channel == store().named("#alerts") == store().named("alerts") == store().named(channel.id)
    assert store().channel("alerts") is None
    assert [c.member for c in store().channels()] == [True, False]


def test_a_thread_counts_its_replies_and_hides_them_from_the_channel() -> None:
    held = store()
    channel = held.channels()[0]
    root = held.add(channel, BOT, {"text": "root"})
    reply = held.add(channel, Author("U2", "maria"), {"text": "reply", "thread_ts": root.ts})
    assert held.roots(channel.id) == [root]
    assert held.thread(channel.id, root.ts) == held.thread(channel.id, reply.ts) == [root, reply]
    shown = held.as_slack(root, metadata=False)
    assert (shown["reply_count"], shown["reply_users"], shown["latest_reply"]) == (1, ["U2"], reply.ts)


def test_an_edit_keeps_the_former_version() -> None:
    held = store()
    message = held.add(held.channels()[0], BOT, {"text": "before"})
    held.edit(message, {"text": "after"})
    assert [version["text"] for version in message.versions] == ["before"]
    assert held.as_slack(message, metadata=False)["edited"]["user"] == "U1"
