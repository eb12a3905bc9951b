"""Numbers and names as people read them."""

from __future__ import annotations

_UNITS = {
    "percent": "%",
    "seconds": "s",
    "milliseconds": "ms",
    "microseconds": "µs",
    "bytes": "B",
    "kilobytes": "kB",
    "megabytes": "MB",
    "gigabytes": "GB",
    "count/second": "per second",
    "bytes/second": "B/s",
}
_NAMES = {
    "CPUUtilization": ("CPU", "%"),
    "MemoryUtilization": ("memory", "%"),
    "DatabaseConnections": ("connections", ""),
    "ReadLatency": ("read latency", "s"),
    "WriteLatency": ("write latency", "s"),
    "CommitLatency": ("commit latency", "ms"),
    "TargetResponseTime": ("target response time", "s"),
    "FreeStorageSpace": ("free storage", "B"),
    "FreeableMemory": ("freeable memory", "B"),
    "ReplicaLag": ("replica lag", "s"),
    "RunningTaskCount": ("running tasks", ""),
    "HealthyHostCount": ("healthy targets", ""),
    "UnHealthyHostCount": ("unhealthy targets", ""),
    "HTTPCode_Target_5XX_Count": ("5XX responses of the targets", ""),
    "HTTPCode_ELB_5XX_Count": ("5XX responses of the load balancer", ""),
    "HTTPCode_Target_4XX_Count": ("4XX responses of the targets", ""),
    "HTTPCode_ELB_4XX_Count": ("4XX responses of the load balancer", ""),
}
_STEPS = ((1024**4, "TB"), (1024**3, "GB"), (1024**2, "MB"), (1024, "kB"))


def figure(value: float) -> str:
    """Write a number: 88.2, 1,234, 0.0123; never an exponent that nobody reads at night."""
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 — the test for 'not a number'
        return str(value)
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if value == 0 or abs(value) >= 1:
        return f"{value:.{1 if abs(value) >= 10 else 2}f}".rstrip("0").rstrip(".")
    return f"{value:.6f}".rstrip("0").rstrip(".") if abs(value) < 0.001 else f"{value:.3g}"


def amount(value: float, unit: str) -> str:
    """Write a number with its unit; seconds below one as milliseconds, bytes in steps of 1,024."""
    unit = _UNITS.get(unit.lower(), unit)
    if unit == "s" and abs(value) < 1:
        value, unit = value * 1000, "ms"
    if unit == "B":
        for size, name in _STEPS:
            if abs(value) >= size:
                value, unit = value / size, name
                break
    return f"{figure(value)} {unit}" if unit and unit.lower() not in {"none", "count"} else figure(value)


def metric_name(name: str) -> str:
    """Name a metric for people; an unknown one keeps AWS's name."""
    return _NAMES.get(name, (name, ""))[0]


def metric_unit(name: str, unit: str = "") -> str:
    """Tell a metric's unit: the alarm's own where it has one, else what AWS publishes it in."""
    given = _UNITS.get(unit.lower(), "" if unit.lower() in {"none", "count"} else unit)
    return given or _NAMES.get(name, ("", ""))[1]
