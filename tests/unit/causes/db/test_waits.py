from __future__ import annotations

import pytest

from lambdas.causes.db.waits import kind


@pytest.mark.parametrize(
    ("name", "wait_type", "what"),
    [
        ("CPU", "CPU", "cpu"),
        ("Lock:transactionid", "Lock", "lock"),
        ("relation", "Lock", "lock"),
        ("Lock:extend", "Lock", "write"),
        ("IO:DataFileRead", "IO", "read"),
        ("DataFileRead", "IO", "read"),
        ("IO:DataFileSync", "IO", "checkpoint"),
        ("Timeout:CheckpointWriteDelay", "Timeout", "checkpoint"),
        ("IO:WALSync", "IO", "wal"),
        ("LWLock:WALWrite", "LWLock", "wal"),
        ("IO:XactSync", "IO", "wal"),
        ("Timeout:VacuumDelay", "Timeout", "vacuum"),
        ("IO:BufFileWrite", "IO", "temp"),
        ("LWLock:BufferIO", "LWLock", "read"),
        ("LWLock:lock_manager", "LWLock", "latch"),
        ("Client:ClientRead", "Client", "client"),
        ("IPC:RecoveryConflictSnapshot", "IPC", "replication"),
        ("wait/io/file/innodb/innodb_data_file", "", "read"),
        ("wait/io/file/innodb/innodb_log_file", "", "wal"),
        ("wait/io/file/sql/binlog", "", "wal"),
        ("wait/io/table/sql/handler", "", "read"),
        ("wait/synch/cond/innodb/row_lock_wait", "", "lock"),
        ("wait/lock/metadata/sql/mdl", "", "lock"),
        ("wait/synch/mutex/innodb/trx_sys_mutex", "", "latch"),
        ("wait/io/aurora_redo_log_flush", "", "wal"),
        ("io/aurora_respond_to_client", "", "client"),
        ("unheard of", "", "other"),
    ],
)
def test_what_a_session_waits_for(name: str, wait_type: str, what: str) -> None:
    assert kind(name, wait_type) == what
