"""`python -m local.promote RECORDING OUT.yaml --headline ID --verdict VERDICT`: a recording becomes a labelled world.

The world is checked and replayed at once: it must come to the headline that it is labelled with.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local.promote.world import Label, PromoteError, promote, text
from local.recording import Recording, RecordingError, load
from local.replay import run
from local.world.errors import WorldError, WorldFileError
from local.world.model import load_world

STORY = "Promoted from the recording of a real incident, {incident}. Account ids, hosts and people are stand-ins."


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns 0, 1 where the world does not come to its label, 2 where no world could be written."""
    parser = argparse.ArgumentParser(prog="python -m local.promote", description="Make a recording a labelled world.")
    parser.add_argument("recording", type=Path, metavar="RECORDING")
    parser.add_argument("out", type=Path, metavar="OUT.yaml")
    parser.add_argument("--headline", required=True, help="the cause that should come first, e.g. ecs.image_missing")
    parser.add_argument("--verdict", required=True, choices=("confirmed", "likely", "possible", "could_not_check"))
    parser.add_argument("--title", help="one line, for people; default: the headline's")
    parser.add_argument("--kind", default="simple", help="simple, red_herring, missing_source, two_faults, …")
    asked = parser.parse_args(arguments)
    try:
        recording = load(asked.recording)
        label = Label(
            headline=asked.headline,
            verdict=asked.verdict,
            title=asked.title or _title(recording, asked.headline),
            story=STORY.format(incident=recording.raw["incident"]),
            kind=asked.kind,
        )
        world, notes = promote(recording, label)
        asked.out.write_text(text(world, notes), encoding="utf-8")
        loaded = load_world(asked.out)
        replay = run(loaded.sns_event(), world=loaded)
    except (RecordingError, PromoteError, WorldFileError, WorldError, OSError) as error:
        sys.stderr.write(f"promote: {error}\n")
        return 2
    for note in notes:
        print(f"not taken: {note}")
    examined = next(iter(replay.outcome.examined.values()), None)
    head = examined.diagnosis.headline if examined else None
    said = f"{head.id} ({head.judgement.verdict})" if head else "no diagnosis"
    right = head is not None and head.id == asked.headline and head.judgement.verdict == asked.verdict
    print(f"{asked.out}: replayed, it comes to {said}" + ("" if right else f", not {asked.headline} ({asked.verdict})"))
    return 0 if right else 1


def _title(recording: Recording, headline: str) -> str:
    causes = recording.raw["diagnosis"]["causes"]
    return next((f"{cause['title']}, as recorded" for cause in causes if cause["id"] == headline), headline)


if __name__ == "__main__":
    sys.exit(main())
