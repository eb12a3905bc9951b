from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lambdas.alerts.datapoints import observe

AT_3 = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

# reason text: value, when, recent (oldest first), comparison, threshold
TEXTS = [
    (
        (
            "Threshold Crossed: 1 out of the last 1 datapoints [88.2 (24/11/26 03:00:00)] was greater "
            "than the threshold "
            "(75.0)."
        ),
        (88.2, AT_3, (88.2,), "GreaterThanThreshold", 75.0),
    ),
    (
        (
            "Threshold Crossed: 3 out of the last 3 datapoints [93.0 (24/11/26 03:00:00), 88.0 (24/11/26 02:59:00), "
            "80.5 (24/11/26 02:58:00)] were greater than or equal to the threshold (80.0)."
        ),
        (93.0, AT_3, (80.5, 88.0, 93.0), "GreaterThanOrEqualToThreshold", 80.0),
    ),
    (
        "Threshold Crossed: 1 datapoint [3.0E-4 (24/11/26 03:00:00)] was less than the threshold (1.0E-3).",
        (0.0003, AT_3, (0.0003,), "LessThanThreshold", 0.001),
    ),
    (
        "Threshold Crossed: 1 datapoint [-12.5 (24/11/26 03:00:00)] was less than or equal to the threshold (-10.0).",
        (-12.5, AT_3, (-12.5,), "LessThanOrEqualToThreshold", -10.0),
    ),
    (
        "Threshold Crossed: 1 datapoint (10.0) was greater than or equal to the threshold (1.0).",
        (10.0, None, (10.0,), "GreaterThanOrEqualToThreshold", 1.0),
    ),
    (
        (
            "Threshold Crossed: 2 datapoints were greater than the threshold (5.0). The most recent "
            "datapoints: [12.0, 7.0]."
        ),
        (12.0, None, (7.0, 12.0), "GreaterThanThreshold", 5.0),
    ),
    (
        (
            "Threshold Crossed: 1 datapoint was less than the threshold (1.0). The most recent datapoint "
            "which crossed the "
            "threshold: [0.0 (24/11/26 03:00:00)]."
        ),
        (0.0, AT_3, (0.0,), "LessThanThreshold", 1.0),
    ),
    (
        (
            "Threshold Crossed: 1 datapoint [1.0 (24/11/26 03:00:00)] was not less than the threshold "
            "(1.0) and 1 missing "
            "datapoint was treated as [Breaching]."
        ),
        (1.0, AT_3, (1.0,), "LessThanThreshold", 1.0),
    ),
    (
        (
            "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were "
            "treated as [Breaching]."
        ),
        (None, None, (), "", None),
    ),
    (
        (
            "Thresholds Crossed: 1 out of the last 1 datapoints [0.0 (24/11/26 03:00:00)] was less than "
            "the lower thresholds "
            "[0.0206] or greater than the upper thresholds [0.3007]."
        ),
        (0.0, AT_3, (0.0,), "LessThanLowerOrGreaterThanUpperThreshold", 0.0206),
    ),
    (
        (
            "Thresholds Crossed: 1 out of the last 4 datapoints [1.42 (24/11/26 03:00:00)] was less than "
            "the lower thresholds "
            "[0.08] or greater than the upper thresholds [0.31]."
        ),
        (1.42, AT_3, (1.42,), "LessThanLowerOrGreaterThanUpperThreshold", 0.31),
    ),
    (
        (
            "Thresholds Crossed: 1 out of the last 1 datapoints [239.0 (24/11/26 03:00:00)] was greater than the upper "
            "thresholds [225.7]."
        ),
        (239.0, AT_3, (239.0,), "GreaterThanUpperThreshold", 225.7),
    ),
    ("Insufficient Data: 1 datapoint was unknown.", (None, None, (), "", None)),
    ("Unchecked: Initial alarm creation", (None, None, (), "", None)),
    ("testing, set by hand", (None, None, (), "", None)),
]


@pytest.mark.parametrize(("reason", "expected"), TEXTS, ids=[str(i) for i in range(len(TEXTS))])
def test_reason_text_tells(reason: str, expected: tuple[object, ...]) -> None:
    got = observe(reason, {}, alarming=True)
    assert (got.value, got.at, got.recent, got.comparison, got.threshold) == expected


def test_state_data_comes_before_the_text() -> None:
    data = {
        "recentDatapoints": [70.0, 91.0],
        "threshold": 75.0,
        "evaluatedDatapoints": [
            {"timestamp": "2026-11-24T03:00:00.000+0000", "sampleCount": 4.0, "value": 91.0},
            {"timestamp": "2026-11-24T02:59:00.000+0000", "sampleCount": 4.0, "value": 70.0},
            {"timestamp": "2026-11-24T02:58:00.000+0000"},
        ],
    }
    got = observe("Threshold Crossed: 1 datapoint [1.0 (24/11/26 02:00:00)] was greater than …", data, alarming=True)
    assert (got.value, got.at, got.recent, got.threshold) == (91.0, AT_3, (70.0, 91.0), 75.0)


def test_bare_recent_datapoints_are_oldest_first() -> None:
    assert observe("", {"recentDatapoints": [1.0, 2.0, 9.0], "threshold": 5.0}, alarming=True).value == 9.0


def test_of_m_out_of_n_the_newest_breaching_datapoint_is_the_observed_one() -> None:
    points = [("03:00", 60.0), ("02:59", 92.0), ("02:58", 95.0)]
    data = {"evaluatedDatapoints": [{"timestamp": f"2026-11-24T{t}:00.000+0000", "value": v} for t, v in points]}
    raised = observe("", data, alarming=True, comparison="GreaterThanThreshold", threshold=75.0)
    ended = observe("", data, alarming=False, comparison="GreaterThanThreshold", threshold=75.0)
    assert (raised.value, ended.value) == (92.0, 60.0)


def test_numbers_that_are_none_are_left_out() -> None:
    data = {"recentDatapoints": [None, "x", float("nan"), 1e999, True, 4]}
    assert observe("", data, alarming=True).recent == (4.0,)
