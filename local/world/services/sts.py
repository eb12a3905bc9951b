"""STS: who is asking."""

from local.world.service import Service

service = Service("sts", writes_pass=True)
