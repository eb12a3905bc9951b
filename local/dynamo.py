"""A DynamoDB table in memory, as far as the incident store uses one: conditions, updates, transactions, two indexes.

It is for programs that make millions of calls (`local.fuzz`, `local.storm`): moto copies the whole table for each
transaction. It takes the requests that boto3's client takes, and raises the client's own errors. What it does not know
it refuses loudly. A test holds it against moto, call by call.
"""

from __future__ import annotations

import bisect
import operator
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError

type Item = dict[str, dict[str, Any]]
type Test = Callable[[Item, Mapping[str, str], Mapping[str, Any]], bool]
type Change = Callable[[Item, Mapping[str, str], Mapping[str, Any]], None]

_TOKEN = re.compile(r"\s*([#:]?[A-Za-z_][A-Za-z0-9_]*|<=|>=|<>|[=<>(),+-])")
LARGEST = 400_000  # bytes of one item
MOST = 100  # writes of one transaction
INDEXES = ("due", "open")
_OPERATORS = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class ConditionalCheckFailedException(ClientError):
    """The write's condition does not hold."""


class TransactionCanceledException(ClientError):
    """None of the transaction's writes was made."""


class ResourceNotFoundException(ClientError):
    """There is no such table."""


@dataclass(slots=True)
class Exceptions:
    """What `client.exceptions` offers."""

    ConditionalCheckFailedException: type[ClientError] = ConditionalCheckFailedException
    TransactionCanceledException: type[ClientError] = TransactionCanceledException
    ResourceNotFoundException: type[ClientError] = ResourceNotFoundException


@dataclass(slots=True)
class MemoryDynamo:
    """The client of one table. `calls` counts the operations; `before` and `after` are told of each write."""

    calls: Counter[str] = field(default_factory=Counter)
    before: Callable[[str], None] = lambda _operation: None
    after: Callable[[str], None] = lambda _operation: None
    exceptions: Exceptions = field(default_factory=Exceptions)
    _rows: dict[str, dict[str, Item]] = field(default_factory=lambda: defaultdict(dict))
    _keys: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _index: dict[tuple[str, str], list[tuple[str, str, str]]] = field(default_factory=lambda: defaultdict(list))

    # reading ----------------------------------------------------------------------------------------------------------

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> dict[str, Any]:  # noqa: N803 — the client's own names
        """Read one item."""
        del TableName, ConsistentRead
        self.calls["GetItem"] += 1
        found = self._rows.get(Key["pk"]["S"], {}).get(Key["sk"]["S"])
        return {"Item": dict(found)} if found else {}

    def get_paginator(self, operation: str) -> MemoryDynamo:
        """Only for `query`, whose answer here is always one page."""
        if operation != "query":
            raise NotImplementedError(operation)
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        """The one page of a query."""
        yield self.query(**asked)

    def query(
        self,
        *,
        TableName: str,  # noqa: N803 — the client's own names
        KeyConditionExpression: str,  # noqa: N803
        ExpressionAttributeValues: Mapping[str, Any],  # noqa: N803
        IndexName: str = "",  # noqa: N803
        ConsistentRead: bool = False,  # noqa: N803
    ) -> dict[str, Any]:
        """Read one partition, or one partition of an index (keys only)."""
        del TableName, ConsistentRead
        self.calls["Query"] += 1
        holds = _condition(KeyConditionExpression)
        name = KeyConditionExpression.split()[2]
        pk = ExpressionAttributeValues[name]["S"]
        if IndexName:
            keys = self._index.get((IndexName, pk), [])
            found = [
                {
                    f"{IndexName}_pk": {"S": pk},
                    f"{IndexName}_sk": {"S": place},
                    "pk": {"S": row_pk},
                    "sk": {"S": row_sk},
                }
                for place, row_pk, row_sk in keys
            ]
            if IndexName == "due" and "<=" in KeyConditionExpression:  # most of the index is not due yet
                limit = ExpressionAttributeValues[KeyConditionExpression.rsplit(maxsplit=1)[-1]]["S"]
                found = found[: bisect.bisect_right(keys, (limit, "~", "~"))]
        else:
            rows = self._rows.get(pk, {})
            found = [dict(rows[sk]) for sk in self._keys.get(pk, ())]
        return {"Items": [item for item in found if holds(item, {}, ExpressionAttributeValues)]}

    # writing ----------------------------------------------------------------------------------------------------------

    def put_item(self, **write: Any) -> dict[str, Any]:
        """Write one item whole."""
        self._one("PutItem", {"Put": write})
        return {}

    def update_item(self, **write: Any) -> dict[str, Any]:
        """Change one item, which is made where there is none."""
        wanted = write.pop("ReturnValues", "NONE")
        after = self._one("UpdateItem", {"Update": write})
        return {"Attributes": dict(after)} if wanted == "ALL_NEW" else {}

    def _one(self, operation: str, write: dict[str, dict[str, Any]]) -> Item:
        self.calls[operation] += 1
        self.before(operation)
        after, held = self._judge(write)
        if not held:
            error: Any = {"Code": "ConditionalCheckFailedException", "Message": "The conditional request failed"}
            raise ConditionalCheckFailedException({"Error": error}, operation)
        self._keep(after)
        self.after(operation)
        return after

    def transact_write_items(self, *, TransactItems: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:  # noqa: N803
        """Make all writes, or none."""
        self.calls["TransactWriteItems"] += 1
        self.before("TransactWriteItems")
        judged = [self._judge(write) for write in TransactItems]
        places = [(after["pk"]["S"], after["sk"]["S"]) for after, _ in judged]
        if len(judged) > MOST or len(set(places)) < len(places):
            error: Any = {"Code": "ValidationException", "Message": "too many writes, or two of one item"}
            raise ClientError({"Error": error}, "TransactWriteItems")
        if not all(held for _, held in judged):
            reasons = [{"Code": "None" if held else "ConditionalCheckFailed"} for _, held in judged]
            error = {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"}
            answer: Any = {"Error": error, "CancellationReasons": reasons}
            raise TransactionCanceledException(answer, "TransactWriteItems")
        for after, _ in judged:
            self._keep(after)
        self.after("TransactWriteItems")
        return {}

    def _judge(self, write: dict[str, dict[str, Any]]) -> tuple[Item, bool]:
        """The item as it would be, and whether the write's condition holds."""
        ((kind, asked),) = write.items()
        names, values = asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {})
        key = asked["Item"] if kind == "Put" else asked["Key"]
        before = self._rows.get(key["pk"]["S"], {}).get(key["sk"]["S"], {})
        held = (
            _condition(asked["ConditionExpression"])(before, names, values) if "ConditionExpression" in asked else True
        )
        if kind == "Put":
            after = dict(asked["Item"])
        elif kind == "Update":
            after = {**(before or key)}
            if held:
                _update(asked["UpdateExpression"])(after, names, values)
        else:
            raise NotImplementedError(kind)
        if sum(len(value.get("S", "")) for value in after.values()) > LARGEST:
            error: Any = {"Code": "ValidationException", "Message": "Item size has exceeded the maximum allowed size"}
            raise ClientError({"Error": error}, "PutItem")
        return after, held

    def _keep(self, item: Item) -> None:
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        rows = self._rows[pk]
        before = rows.get(sk)
        if before is None:
            bisect.insort(self._keys[pk], sk)
        for name in INDEXES:
            old = _place(before, name) if before else None
            new = _place(item, name)
            if old == new:
                continue
            if old:
                keys = self._index[name, old[0]]
                del keys[bisect.bisect_left(keys, (old[1], pk, sk))]
            if new:
                bisect.insort(self._index[name, new[0]], (new[1], pk, sk))
        rows[sk] = item

    # for those who look from outside ----------------------------------------------------------------------------------

    def items(self) -> Iterator[Item]:
        """Every item of the table."""
        for rows in self._rows.values():
            yield from rows.values()

    def first_due(self) -> int | None:
        """The earliest moment in the due index."""
        firsts = (keys[0][0] for (name, _), keys in self._index.items() if name == "due" and keys)
        return min((int(place.partition("#")[0]) for place in firsts), default=None)


def _place(item: Item, index: str) -> tuple[str, str] | None:
    pk, sk = item.get(f"{index}_pk"), item.get(f"{index}_sk")
    return (pk["S"], sk["S"]) if pk and sk else None


# expressions ----------------------------------------------------------------------------------------------------------


class _Reader:
    """Reads one expression, a token at a time."""

    def __init__(self, text: str) -> None:
        self.tokens, place = [], 0
        while place < len(text.rstrip()):
            found = _TOKEN.match(text, place)
            if not found:
                raise NotImplementedError(text)
            self.tokens.append(found[1])
            place = found.end()
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise NotImplementedError(f"{token!r} where {wanted or 'more'} was expected: {' '.join(self.tokens)}")
        self.at += 1
        return token


@lru_cache(maxsize=256)
def _condition(text: str) -> Test:
    reader = _Reader(text)
    test = _either(reader)
    if reader.peek():
        raise NotImplementedError(text)
    return test


def _either(reader: _Reader) -> Test:
    tests = [_both(reader)]
    while reader.peek() == "OR":
        reader.take()
        tests.append(_both(reader))
    return tests[0] if len(tests) == 1 else lambda item, names, values: any(t(item, names, values) for t in tests)


def _both(reader: _Reader) -> Test:
    tests = [_single(reader)]
    while reader.peek() == "AND":
        reader.take()
        tests.append(_single(reader))
    return tests[0] if len(tests) == 1 else lambda item, names, values: all(t(item, names, values) for t in tests)


def _single(reader: _Reader) -> Test:
    word = reader.take()
    if word == "(":
        test = _either(reader)
        reader.take(")")
        return test
    if word in {"attribute_not_exists", "attribute_exists"}:
        reader.take("(")
        path = reader.take()
        reader.take(")")
        wanted = word == "attribute_exists"
        return lambda item, names, values: (names.get(path, path) in item) is wanted  # noqa: ARG005 — one signature
    if word == "begins_with":
        reader.take("(")
        path = reader.take()
        reader.take(",")
        prefix = reader.take()
        reader.take(")")
        return lambda item, names, values: str(item.get(names.get(path, path), {}).get("S", "")).startswith(
            values[prefix]["S"]
        )
    return _compared(word, reader)


def _compared(path: str, reader: _Reader) -> Test:
    sign = reader.take()
    if sign == "BETWEEN":
        low = reader.take()
        reader.take("AND")
        high = reader.take()
        return lambda item, names, values: (
            names.get(path, path) in item
            and _value(values[low]) <= _value(item[names.get(path, path)]) <= _value(values[high])
        )
    if sign not in _OPERATORS:
        raise NotImplementedError(sign)
    other, judge = reader.take(), _OPERATORS[sign]

    def compare(item: Item, names: Mapping[str, str], values: Mapping[str, Any]) -> bool:
        left = item.get(names.get(path, path))
        return left is not None and bool(judge(_value(left), _value(values[other])))

    return compare


def _value(typed: Mapping[str, Any]) -> Any:
    return typed["S"] if "S" in typed else int(typed["N"])  # the store keeps whole numbers only


@lru_cache(maxsize=256)
def _update(text: str) -> Change:
    reader = _Reader(text)
    changes: list[Change] = []
    clause = ""
    while reader.peek():
        if reader.peek() in {"SET", "REMOVE", "ADD"}:
            clause = reader.take()
        changes.append({"SET": _set, "REMOVE": _remove, "ADD": _add}[clause](reader))
        if reader.peek() == ",":
            reader.take()

    def change(item: Item, names: Mapping[str, str], values: Mapping[str, Any]) -> None:
        before = dict(item)
        for single in changes:
            single(item, names, values | {"": before})  # type: ignore[operator] # a plain dict, as boto3 takes it

    return change


def _set(reader: _Reader) -> Change:
    path = reader.take()
    reader.take("=")
    parts, signs = [reader.take()], []
    while reader.peek() in {"+", "-"}:
        signs.append(reader.take())
        parts.append(reader.take())

    def change(item: Item, names: Mapping[str, str], values: Mapping[str, Any]) -> None:
        before: Item = values[""]

        def operand(token: str) -> dict[str, Any]:
            found: dict[str, Any] = values[token] if token.startswith(":") else before[names.get(token, token)]
            return found

        result = operand(parts[0])
        for sign, token in zip(signs, parts[1:], strict=True):
            a, b = int(result["N"]), int(operand(token)["N"])
            result = {"N": str(a + b if sign == "+" else a - b)}
        item[names.get(path, path)] = result

    return change


def _remove(reader: _Reader) -> Change:
    path = reader.take()

    def change(item: Item, names: Mapping[str, str], values: Mapping[str, Any]) -> None:
        del values
        item.pop(names.get(path, path), None)

    return change


def _add(reader: _Reader) -> Change:
    path, number = reader.take(), reader.take()

    def change(item: Item, names: Mapping[str, str], values: Mapping[str, Any]) -> None:
        name = names.get(path, path)
        item[name] = {"N": str(int(item.get(name, {"N": "0"})["N"]) + int(values[number]["N"]))}

    return change
