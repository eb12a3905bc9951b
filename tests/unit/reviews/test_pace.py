from __future__ import annotations

from lambdas.reviews.pace import BURST, Pace


class Time:
    """A clock that moves by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_an_operation_keeps_its_rate_after_a_burst() -> None:
    time = Time()
    pace = Pace({"cloudwatch:DescribeAlarms": 4.0}, clock=lambda: time.now, sleep=time.sleep)
    for number in range(100):
        pace.asked(number, "cloudwatch", "DescribeAlarms", {})
    assert pace.calls == {"cloudwatch:DescribeAlarms": 100}
    assert time.now - 100.0 >= (100 - BURST - 1) / 4.0


def test_operations_do_not_wait_for_each_other_nor_one_without_a_rate() -> None:
    time = Time()
    pace = Pace({"a:B": 1.0, "a:C": 1.0}, clock=lambda: time.now, sleep=time.sleep)
    for number in range(BURST):
        pace.asked(number, "a", "B", {})
        pace.asked(number, "a", "C", {})
        pace.asked(number, "x", "Y", {})
    assert time.now == 100.0
