"""Bounds of a recording."""

from __future__ import annotations

import gzip
import json
import random
from typing import Any

from lambdas.recorder.pack import pack


def call(operation: str, size: int) -> dict[str, Any]:
    noise = random.Random(operation)
    text = "".join(noise.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=size))
    return {"service": "logs", "operation": operation, "params": {}, "answer": {"text": text}, "status": 200}


def unpacked(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(data))
    return found


def test_a_small_one_is_whole_and_the_same_bytes_each_time() -> None:
    document = {"answers": [call("A", 10)], "cut": [], "alert": {"name": "ü"}}
    assert unpacked(pack(document)) == document
    assert pack(document) == pack(document)


def test_one_answer_that_is_too_large_is_cut_and_says_so() -> None:
    document = {"answers": [call("A", 500), call("B", 5_000)], "cut": []}
    kept = unpacked(pack(document, answer=1_000))
    assert kept["answers"][0] == document["answers"][0]
    assert "answer" not in kept["answers"][1]
    assert kept["answers"][1]["cut"] > 5_000
    assert kept["cut"] == ["logs:B"]
    assert "answer" in document["answers"][1], "the caller's document is left alone"


def test_the_largest_go_until_the_whole_fits() -> None:
    document = {"answers": [call(str(n), 1_000 * n) for n in range(1, 9)], "cut": []}
    data = pack(document, whole=10_000)
    assert len(data) <= 10_000
    kept = unpacked(data)
    assert kept["cut"][0] == "logs:8"
    assert "answer" in kept["answers"][0]


def test_the_raw_size_is_bounded_too() -> None:
    document = {"answers": [call("A", 900), call("B", 800), call("C", 100)], "cut": []}
    assert unpacked(pack(document, raw=1_100))["cut"] == ["logs:A"]


def test_errors_are_never_cut() -> None:
    error = {"service": "ecs", "operation": "X", "params": {}, "error": {"Error": {"Code": "E"}}, "status": 400}
    kept = unpacked(pack({"answers": [error, call("B", 5_000)], "cut": []}, answer=10, raw=10))
    assert kept["answers"][0] == error
