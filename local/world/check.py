"""`python -m local.world.check FILE…`: load worlds, print what is wrong with them; exit status 1 if anything is."""

import argparse
import sys
from pathlib import Path

from local.world.errors import WorldError, WorldFileError
from local.world.model import load_world


def main(arguments: list[str] | None = None) -> int:
    """Check every file (folders: every `*.yaml` below) and print one line for each sound one."""
    parser = argparse.ArgumentParser(prog="python -m local.world.check", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE")
    wrong = 0
    for path in _files(parser.parse_args(arguments).paths):
        try:
            world = load_world(path)
            if world.head.review is None:
                world.sns_event()
        except (WorldFileError, WorldError) as error:
            wrong += 1
            print(error, file=sys.stderr)
        else:
            print(f"{path}: fine ({world.head.kind}, {', '.join(sorted(world.body)) or 'no body'})")
    return 1 if wrong else 0


def _files(paths: list[Path]) -> list[Path]:
    return [file for path in paths for file in (sorted(path.rglob("*.yaml")) if path.is_dir() else [path])]


if __name__ == "__main__":
    sys.exit(main())
