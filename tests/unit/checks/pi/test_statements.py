from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.checks.pi.statements import SHOWN, kind, normalised, tables


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        (
            "SELECT * FROM users WHERE email = 'a@b.example' AND id = 42",
            "SELECT * FROM users WHERE email = ? AND id = ?",
        ),
        ("select x from t where a in ($1,$2,$3)", "select x from t where a in (?)"),
        ("INSERT INTO t VALUES (1,'a'),(2,'b')", "INSERT INTO t VALUES (?)"),
        ('SELECT "Name" FROM "Users"', 'SELECT "Name" FROM "Users"'),
        ('SELECT * FROM t WHERE a = "secret@mail.example"', "SELECT * FROM t WHERE a = ?"),
        ("SELECT 'it''s' /* user=bob */ -- token abc\n FROM t", "SELECT ? FROM t"),
        ("SELECT $tag$ secret $tag$, 1.5e3, 0xFF", "SELECT ?, ?, ?"),
        ("SELECT 'cut off by the 500 byte lim", "SELECT ?"),
    ],
)
def test_literals_never_survive(statement: str, shown: str) -> None:
    assert normalised(statement) == shown


def test_long_statements_are_cut() -> None:
    assert len(normalised("SELECT " + "a, " * 500)) == SHOWN


@given(st.text(alphabet=st.characters(blacklist_characters="'\\"), min_size=8, max_size=40))
def test_no_quoted_text_is_shown(secret: str) -> None:
    assert normalised(f"SELECT '{secret}' FROM t") == "SELECT ? FROM t"


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("autovacuum: VACUUM public.orders (to prevent wraparound)", "vacuum"),
        ("VACUUM ANALYZE x", "vacuum"),
        ("CHECKPOINT", "checkpoint"),
        ("/* app */ SELECT 1", "read"),
        ("WITH gone AS (DELETE FROM t RETURNING *) SELECT 1", "write"),
        ("COPY t FROM stdin", "write"),
        ("COPY public.t TO stdout", "backup"),
        ("ALTER TABLE x ADD y int", "ddl"),
        ("COMMIT", "transaction"),
        ("whatever", "other"),
    ],
)
def test_what_a_statement_does(statement: str, what: str) -> None:
    assert kind(statement) == what


def test_tables_without_schema() -> None:
    assert tables("UPDATE shop.Orders SET a = ? FROM items i JOIN `x`.`Users` u ON true") == {
        "orders",
        "items",
        "users",
    }
