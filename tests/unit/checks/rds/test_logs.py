from __future__ import annotations

from lambdas.checks.rds.instances import Instance
from lambdas.checks.rds.logs import LogSign
from tests.unit.checks.rds.fake import AT, Service, look, run


def test_telling_lines_are_kept_without_literals_or_addresses() -> None:
    lines = [
        "2026-05-12 09:58:00 UTC:10.0.3.4(5123):app@orders:[77]:FATAL: remaining connection slots are reserved",
        "ERROR: deadlock detected DETAIL: UPDATE users SET mail = 'bob@mail.example' WHERE id = 7",
        "LOG: nothing",
    ]
    stamp = int(AT.timestamp() * 1000)
    answer = {"events": [{"timestamp": stamp, "message": line} for line in lines]}
    logs = Service({"filter_log_events": answer})
    told = look(Instance(id="orders", role="subject", log_exports=("postgresql", "upgrade")), logs=logs)
    found = [f for f in run("rds.logs", told) if isinstance(f, LogSign)]
    assert [f.kind for f in found] == ["connections", "lock"]
    assert not any(secret in f.line for f in found for secret in ("10.0.3.4", "bob", "mail.example", " 7"))
    assert logs.calls[0][1]["logGroupName"] == "/aws/rds/instance/orders/postgresql"


def test_nothing_is_asked_where_no_log_is_exported() -> None:
    logs = Service({})
    assert run("rds.logs", look(Instance(id="orders", role="subject"), logs=logs)) == []
    assert logs.calls == []
