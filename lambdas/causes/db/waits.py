"""Wait events of PostgreSQL and MySQL, grouped by what a session waits for. Pure.

Sources: Amazon RDS User Guide, "RDS for PostgreSQL wait events"; Aurora User Guide, "Tuning Aurora PostgreSQL with wait
events", "Tuning Aurora MySQL with wait events"; the engines' own manuals. PI names PostgreSQL's as `Lock:relation` or
`relation` with the type beside it, and MySQL's as instrument paths.
"""

from __future__ import annotations

import re
from typing import Literal

type Wait = Literal[
    "cpu", "lock", "read", "write", "wal", "checkpoint", "vacuum", "purge", "temp", "replication", "client", "latch",
    "other",
]  # fmt: skip

# The first that matches counts, so that the special stands before the general.
_WORDS: tuple[tuple[Wait, tuple[str, ...]], ...] = (
    ("cpu", (r"^(cpu:)?cpu$", r"^cpu\b")),
    ("vacuum", ("vacuum", "multixact.*truncat")),
    (
        "checkpoint",
        (
            "checkpoint", "page_cleaner", "dblwr", "doublewrite", "flush_list", "buf_flush", "datafilesync",
            "datafileflush", "registersync", "syncrequest",
        ),
    ),
    ("purge", ("purge", "trx_rseg", "undo", "rseg", "history_list")),
    (
        "replication",
        (
            "recoveryconflict", "recovery", "walreceiver", "walsender", "replication", "replica", "slave", "applier",
            "relay", "logicalsync", "logicalapply",
        ),
    ),
    ("write", ("^lock:extend$",)),
    (
        "lock",
        (
            "^lock:", "^lock/", "row_lock", "wait/lock/", "synch/cond/innodb/row", "mdl", "metadata", "table_lock",
            "lock_wait", "transactionid", "virtualxid", "advisory",
        ),
    ),
    (
        "wal",
        (
            "wal(write|sync|insert|bufmapping|initwrite|initsync)", "xactsync", "commit", "redo", "innodb_log",
            "log_(sys|writer|flush|write|sync|buffer|closer)", "binlog", "xlog",
        ),
    ),
    ("temp", ("buffile", "temp", "tmp", "sort", "hash.*(build|batch)", "/myisam/")),
    (
        "read",
        (
            "datafile(read|prefetch)", "bufferio", "buffer_io", "slru(read)?", "innodb_data_file", "aurora_.*read",
            "table/sql/handler", "pageread", "storage.*read", r"/read\b",
        ),
    ),
    (
        "write",
        ("datafile(write|extend|truncate|immediatesync)", "extend$", "slru(write|sync)", "controlfile", r"/write\b"),
    ),
    ("client", ("^client", "client(read|write)", "/net/", "socket", "respond_to_client", "^network")),
    ("latch", ("^lwlock", "synch/(mutex|rwlock|sxlock|cond)", "bufferpin", "lock_?manager", "latch")),
    ("read", ("^io:", "wait/io/file", "wait/io/table", r"^io\b")),
)  # fmt: skip
_RULES: tuple[tuple[Wait, re.Pattern[str]], ...] = tuple(
    (kind, re.compile("|".join(patterns))) for kind, patterns in _WORDS
)


def kind(name: str, wait_type: str = "") -> Wait:
    """What a session waits for."""
    text = name.strip().lower()
    prefix = wait_type.strip().lower()
    if prefix and ":" not in text and "/" not in text and prefix != text:
        text = f"{prefix}:{text}"
    return next((found for found, pattern in _RULES if pattern.search(text)), "other")
