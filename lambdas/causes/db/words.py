"""Figures as people read them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_GIB = 1024**3
_BYTES = {
    "FreeableMemory", "SwapUsage", "FreeStorageSpace", "FreeLocalStorage", "TransactionLogsDiskUsage",
    "BinLogDiskUsage", "OldestReplicationSlotLag", "ReplicationSlotDiskUsage",
}  # fmt: skip
_PER_CENT = {
    "CPUUtilization",
    "BurstBalance",
    "EBSIOBalance%",
    "EBSByteBalance%",
    "BufferCacheHitRatio",
    "ACUUtilization",
}
_IN_SECONDS = {"ReadLatency", "WriteLatency"}


def number(value: float) -> str:
    """Three significant figures, with thousands separated; no exponent."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.0f}" if value == int(value) else f"{value:.1f}"
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def amount(name: str, value: float) -> str:
    """A metric's value with its unit, as the metric's documentation gives it."""
    if name in _BYTES:
        return size(value)
    if name in _PER_CENT:
        return f"{number(value)} %"
    if name in _IN_SECONDS:
        return f"{number(value * 1000)} ms"
    if name.endswith("Throughput") and name not in {"CommitThroughput", "DMLThroughput"}:
        return f"{number(value / 1024**2)} MiB/s"
    if name == "ReplicaLag":
        return duration(value)
    if name in {"AuroraReplicaLag", "AuroraReplicaLagMaximum"}:
        return duration(value / 1000)
    if name.endswith("IOPS"):
        return f"{number(value)} IOPS"
    return number(value)


def size(value: float) -> str:
    """Bytes as GiB or MiB."""
    return f"{number(value / _GIB)} GiB" if abs(value) >= _GIB else f"{number(value / 1024**2)} MiB"


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 1:
        return f"{number(seconds * 1000)} ms"
    if seconds < 120:
        return f"{number(seconds)} s"
    minutes = seconds / 60
    if seconds < 7200:
        return f"{number(minutes if minutes < 10 else round(minutes))} min"
    return f"{number(seconds / 3600)} h"


def clock(at: datetime) -> str:
    """A time of day, UTC."""
    return at.strftime("%H:%M UTC")


def times(ratio: float) -> str:
    """A ratio, e.g. "3.2 ×"."""
    return f"{number(min(ratio, 999))} ×"
