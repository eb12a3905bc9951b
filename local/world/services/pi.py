"""Performance Insights: database load by dimension, counters."""

from pydantic import Field

from local.world.model import Part
from local.world.series import Series
from local.world.service import Section, Service


class Load(Part):
    """Average active sessions of one combination of dimensions."""

    dimensions: dict[str, str]
    series: Series


class Database(Part):
    """What Performance Insights knows about one instance; `identifier` is its DbiResourceId."""

    identifier: str
    load: list[Load] = []
    counters: dict[str, Series] = {}
    retention_days: int = Field(default=7, ge=1)


service = Service("pi", {"": Section(part=Database)}, body_is_list=True)
