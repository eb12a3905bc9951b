from __future__ import annotations

from lambdas.causes.base import CAUSES
from lambdas.checks.base import CHECKS
from lambdas.diagnosis.catalogue import loaded
from lambdas.diagnosis.graph import Graph
from lambdas.playbooks import playbook_for
from lambdas.targets import Database

CATALOGUE = {
    "db.connection_exhaustion", "db.connection_leak", "db.slow_query", "db.lock_contention", "db.storage_full",
    "db.io_saturation", "db.maintenance_storm", "db.memory_pressure", "db.cpu_credits_exhausted",
    "db.replica_lag_writes", "db.replica_lag_reads", "db.replica_unavailable", "db.failover",
    "db.configuration_change", "db.traffic_surge",
}  # fmt: skip


def test_every_database_has_this_playbook() -> None:
    assert playbook_for(Database("orders")).id == "db"
    assert playbook_for(Database("shop", cluster=True)).id == "db"


def test_its_steps_name_checks_that_exist_and_do_not_wait_for_each_other() -> None:
    checks = [id_ for step in playbook_for(Database("x")).steps for id_ in step.checks]
    assert set(checks) <= set(CHECKS)
    Graph([CHECKS[id_] for id_ in dict.fromkeys(checks)])


def test_every_cause_of_the_catalogue_is_there_and_reads_what_the_playbook_looks_at() -> None:
    loaded()
    looked = {id_ for step in playbook_for(Database("x")).steps for id_ in step.checks}
    own = {id_: cause for id_, cause in CAUSES.items() if id_.startswith("db.")}
    assert set(own) == CATALOGUE
    assert {id_: [c for c in cause.reads if c not in looked] for id_, cause in own.items()} == {id_: [] for id_ in own}
    assert all(effect in CAUSES for cause in own.values() for effect in cause.effects)
