"""The table of all labelled worlds, expected against got: `make worlds-table` keeps it in docs/worlds-table.md."""

from __future__ import annotations

from tests.flow.worlds import run, worlds

FAMILIES = ("ecs", "db", "alb", "ddb", "app")


def main() -> None:
    """Print it as Markdown."""
    runs = {family: [run(path) for path in worlds(family)] for family in FAMILIES}
    every = [one for found in runs.values() for one in found]
    right = sum(one.right for one in every)
    false = sum(len(one.false_confirmed) for one in every)
    print("# Labelled worlds: expected against got\n")
    print(
        "Made by `make worlds-table`. The rules were tuned on these worlds: they are a development set, and the share"
    )
    print("says little about incidents that nobody has written down yet.\n")
    print(f"{right} of {len(every)} headlines right ({right / len(every):.1%}), {false} false `confirmed`, ")
    print(f"{max(one.calls for one in every)} AWS calls at most.\n")
    print("| | world | kind | expected | got | verdict | calls |\n|---|---|---|---|---|---|--:|")
    for one in every:
        head = one.diagnosis.headline
        mark = "✓" if one.right else "✗"
        expected = " or ".join(f"`{id_}`" for id_ in one.headlines)
        print(
            f"| {mark} | {one.name} | {one.kind} | {expected} | `{head.id}` | {head.judgement.verdict} | {one.calls} |"
        )


if __name__ == "__main__":
    main()
