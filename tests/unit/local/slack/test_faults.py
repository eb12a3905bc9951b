from local.slack.faults import Fault, Faults, RateLimit


def test_faults_hit_their_method_as_often_as_told() -> None:
    faults = Faults()
    faults.add(Fault("chat.update", times=2))
    faults.add(Fault("*", error="any"))
    assert [(fault and fault.error) for fault in (faults.take("chat.update"), faults.take("chat.update"))] == [
        "internal_error",
        "internal_error",
    ]
    last = faults.take("auth.test")
    assert last is not None
    assert last.error == "any"
    assert faults.take("chat.update") is None


def test_one_message_a_second_after_a_burst() -> None:
    now = 0.0
    limit = RateLimit(3, lambda: now)
    assert [limit.allows("C1") for _ in range(4)] == [True, True, True, False]
    assert limit.allows("C2")
    now = 1.0
    assert [limit.allows("C1") for _ in range(2)] == [True, False]
    now = 100.0
    assert [limit.allows("C1") for _ in range(4)] == [True, True, True, False]
