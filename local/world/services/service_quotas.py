"""Service Quotas."""

from local.world.service import Section, Service

service = Service("service-quotas", {"quotas": Section("ServiceQuota", required=("ServiceCode", "QuotaCode", "Value"))})
