from __future__ import annotations

from lambdas.causes.db.memo import once
from tests.unit.causes.db.build import evidence, instance


def test_read_once_until_the_evidence_grows() -> None:
    asked: list[str] = []

    @once
    def read(_: object, name: str) -> str:
        asked.append(name)
        return name.upper()

    told = evidence(instance())
    assert [read(told, "a"), read(told, "a"), read(told, "b")] == ["A", "A", "B"]
    assert asked == ["a", "b"]
    told.found.add(instance("other"))
    assert read(told, "a") == "A"
    assert asked == ["a", "b", "a"]
    assert read(evidence(instance()), "a") == "A"
    assert len(asked) == 4
