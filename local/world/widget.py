"""GetMetricWidgetImage: a metric widget as a PNG. Imported when asked for: matplotlib is slow to start."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import DateFormatter
from matplotlib.figure import Figure

from local.world.errors import AwsError
from local.world.metrics import Query
from local.world.times import span

if TYPE_CHECKING:
    from local.world.answer import Call


def draw(call: Call, widget: dict[str, Any]) -> bytes:
    """A PNG of the widget's size (default 600 × 400) with its lines and annotations."""
    end = _when(widget.get("end", "PT0H"), call.now)
    start = _when(widget.get("start", "-PT3H"), call.now)
    figure = Figure(figsize=(widget.get("width", 600) / 100, widget.get("height", 400) / 100), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    asked = replace(
        call,
        params={"StartTime": start, "EndTime": end, "MetricDataQueries": _queries(widget.get("metrics", []), widget)},
    )
    query = Query(asked)
    for one in asked.params["MetricDataQueries"]:
        for label, line in query.results(one["Id"]):
            if one.get("ReturnData", True):
                times = [datetime.fromtimestamp(at, UTC) for at in sorted(line)]
                axes.plot(times, [line[at] for at in sorted(line)], label=label, linewidth=1.2)  # type: ignore[arg-type] # matplotlib takes datetimes
    for mark in widget.get("annotations", {}).get("horizontal", []):
        axes.axhline(mark["value"], color="#d13212", linewidth=1, linestyle="--", label=mark.get("label"))
    for number, mark in enumerate(widget.get("annotations", {}).get("vertical", [])):
        colour = f"C{number + 4}"
        axes.axvline(_when(mark["value"], call.now), color=colour, linewidth=1, label=mark.get("label"))  # type: ignore[arg-type] # matplotlib takes datetimes
    axes.set_xlim(start, end)  # type: ignore[arg-type] # matplotlib takes datetimes
    axes.set_title(widget.get("title", ""), fontsize=10)
    axes.xaxis.set_major_formatter(DateFormatter("%H:%M", tz=UTC))  # type: ignore[no-untyped-call] # matplotlib
    axes.tick_params(labelsize=7)
    axes.grid(visible=True, alpha=0.3)
    rows = (len(axes.get_legend_handles_labels()[0]) + 1) // 2
    if rows:  # below the curve, as CloudWatch puts it
        inch = figure.get_figheight()
        figure.subplots_adjust(left=0.07, right=0.97, top=1 - 0.35 / inch, bottom=(0.4 + 0.18 * rows) / inch)
        figure.legend(fontsize=7, loc="lower center", ncols=2, frameon=False)
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _when(text: str, now: datetime) -> datetime:
    if not text.lstrip("-").startswith("P"):
        return datetime.fromisoformat(text).astimezone(UTC)
    back = text.lstrip("-").removeprefix("P").replace("T", "").lower()
    return now - (span(back) if back not in {"", "0h"} else timedelta())


def _queries(rows: list[Any], widget: dict[str, Any]) -> list[dict[str, Any]]:
    """The widget's rows as metric queries; `.` repeats the entry above, `...` the rest of the row above."""
    found: list[dict[str, Any]] = []
    above: list[Any] = []
    for number, given in enumerate(rows):
        options = given[-1] if given and isinstance(given[-1], dict) else {}
        row = [entry for entry in given if not isinstance(entry, dict)]
        if row and row[0] == "...":
            row = [*above[: len(above) - len(row) + 1], *row[1:]]
        row = [above[i] if entry == "." else entry for i, entry in enumerate(row)]
        name = options.get("id", f"m{number}")
        head = {"Id": name, "ReturnData": options.get("visible", True)}
        if "label" in options:
            head["Label"] = options["label"]
        if "expression" in options:
            found.append(head | {"Expression": options["expression"]})
            continue
        if len(row) < 2 or len(row) % 2:
            raise AwsError("ValidationError", f"Invalid metric in widget: {json.dumps(given)}")
        above = row
        dims = [{"Name": row[i], "Value": row[i + 1]} for i in range(2, len(row), 2)]
        metric = {"Namespace": row[0], "MetricName": row[1], "Dimensions": dims}
        stat = options.get("stat", widget.get("stat", "Average"))
        period = options.get("period", widget.get("period", 300))
        found.append(head | {"MetricStat": {"Metric": metric, "Stat": stat, "Period": period}})
    return found
