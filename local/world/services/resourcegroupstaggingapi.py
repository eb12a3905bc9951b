"""Resource Groups Tagging: resources by tag."""

from local.world.service import Section, Service

service = Service("resourcegroupstaggingapi", {"resources": Section("ResourceTagMapping", required=("ResourceARN",))})
