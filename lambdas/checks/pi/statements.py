"""Statements as people may read them: normalised, without literal values, short; and what they do. Pure.

Performance Insights calls its digests tokenised, but they still hold literals where the engine does not parameterise
(utility statements, comments, IN lists of some versions). Nothing of a customer's data belongs in Slack.
"""

from __future__ import annotations

import re
from typing import Literal

SHOWN = 180

type Kind = Literal["read", "write", "vacuum", "checkpoint", "ddl", "purge", "backup", "transaction", "other"]

_COMMENT = re.compile(r"/\*.*?\*/|/\*.*\Z|--[^\n]*", re.DOTALL)
_DOLLAR = re.compile(r"\$([A-Za-z_]*)\$.*?(?:\$\1\$|\Z)", re.DOTALL)
_QUOTED = re.compile(r"[eEnNxXbB]?'(?:[^'\\]|\\.|'')*(?:'|\Z)", re.DOTALL)
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.|"")*)(?:"|\Z)', re.DOTALL)
_NUMBER = re.compile(r"(?<![\w$.\"`])[-+]?(?:0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?)(?![\w\"`])", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\$\d+|%s|:\w+\b(?<!::)")
_LIST = re.compile(r"\(\s*\?(?:\s*,\s*(?:\?|\.\.\.))+\s*\)")
_ROWS = re.compile(r"\(\?\)(?:\s*,\s*\(\?\))+|(\(\.\.\.\))(?:\s*,\s*\(\.\.\.\))+")
_IDENTIFIER = re.compile(r"[A-Za-z_][\w$ .-]{0,62}")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")

_WORDS: tuple[tuple[Kind, str], ...] = (
    ("vacuum", r"^\W*(autovacuum\b|vacuum\b|analyze\b|analyse\b|optimize\s+table)|\bautovacuum:"),
    ("checkpoint", r"^\W*checkpoint(er)?\b"),
    ("purge", r"\bpurge\b|innodb/srv_purge"),
    ("backup", r"pg_dump|mysqldump|sql_no_cache|pg_(backup_)?start_backup|^\W*copy\b.*\bto\s+stdout|rdsadmin.*backup"),
    ("ddl", r"^\W*(create|alter|drop|truncate|reindex|rename|cluster|refresh\s+materialized)\b|pg_repack|gh-ost"),
    ("transaction", r"^\W*(begin|start\s+transaction|commit|rollback|end|savepoint|release)\b"),
    ("write", r"^\W*(insert|update|delete|merge|replace|upsert|load\s+data|copy\b.*\bfrom|call)\b"),
    ("write", r"^\W*with\b.*\b(insert\s+into|update|delete\s+from)\b"),
    ("read", r"^\W*(select|with|fetch|table|values|show|explain|declare|copy)\b"),
)
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for kind, pattern in _WORDS)


def normalised(statement: str) -> str:
    """A statement with every literal as `?`, on one line, cut to a readable length."""
    text = _COMMENT.sub(" ", statement)
    text = _DOLLAR.sub("?", text)
    text = _QUOTED.sub("?", text)
    text = _DOUBLE.sub(lambda m: m[0] if _IDENTIFIER.fullmatch(m[1]) and "@" not in m[1] else "?", text)
    text = _PLACEHOLDER.sub("?", text)
    text = _NUMBER.sub("?", text)
    text = _ADDRESS.sub("?", text)
    text = _LIST.sub("(?)", " ".join(text.split()))
    text = _ROWS.sub(lambda m: m[1] or "(?)", text)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def kind(statement: str) -> Kind:
    """What a statement does."""
    text = _COMMENT.sub(" ", statement).strip()
    return next((k for k, pattern in _KINDS if pattern.search(text)), "other")


def tables(statement: str) -> frozenset[str]:
    """The tables that a statement names, lower case, without schema: to see which statements meet."""
    found = re.findall(
        r"\b(?:from|join|into|update(?:\s+only)?|table(?:\s+if\s+(?:not\s+)?exists)?|truncate(?:\s+table)?|"
        r"vacuum(?:\s+\([^)]*\))?(?:\s+(?:full|freeze|verbose|analyze))*|lock\s+table)\s+"
        r"(?:only\s+)?[`\"]?(?:[\w$]+[`\"]?\.[`\"]?)?([A-Za-z_][\w$]*)",
        statement,
        re.IGNORECASE,
    )
    noise = {"select", "set", "only", "table", "where", "conflict", "duplicate", "concurrently", "using", "lateral"}
    return frozenset(name.lower() for name in found) - noise
