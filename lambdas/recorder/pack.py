"""Bounds a recording and compresses it. What is cut says so, and a replay says so too."""

from __future__ import annotations

import gzip
import json
from typing import Any

ANSWER = 8_000_000  # characters of one answer's JSON: 500 series of metrics, all minutes of three hours
RAW = 40_000_000  # characters of all answers: the function's memory also holds what they were made from
WHOLE = 2_000_000  # bytes of a recording, compressed


def pack(document: dict[str, Any], *, answer: int = ANSWER, raw: int = RAW, whole: int = WHOLE) -> bytes:
    """The document as gzipped JSON of at most `whole` bytes.

    Answers that are too large, then the largest of those that remain, lose their body: `answer` becomes
    `{"cut": characters}` in its place, and `cut` of the document names the calls.
    """
    answers: list[dict[str, Any]] = [dict(call) for call in document["answers"]]
    sizes = {i: len(_json(call["answer"])) for i, call in enumerate(answers) if "answer" in call}
    cut: list[str] = []

    def drop(index: int) -> None:
        call = answers[index]
        del call["answer"]
        call["cut"] = sizes.pop(index)
        cut.append(f"{call['service']}:{call['operation']}")

    def packed() -> bytes:
        return gzip.compress(_json(document | {"answers": answers, "cut": cut}).encode(), mtime=0)

    largest = sorted(sizes, key=lambda index: -sizes[index])
    while largest and (sizes[largest[0]] > answer or sum(sizes.values()) > raw):
        drop(largest.pop(0))
    data = packed()
    while len(data) > whole and largest:
        # so much of the raw size as the compressed one is too large by
        goal = sum(sizes.values()) * (1 - whole / len(data))
        while largest and goal > 0:
            goal -= sizes[largest[0]]
            drop(largest.pop(0))
        data = packed()
    return data


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)
