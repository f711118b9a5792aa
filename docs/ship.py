"""Make a trained run the bundle that ships with the code, and show its figures in README.md.

python docs/ship.py runs/full      # check it, copy it into siamese/pretrained, write README.md's tables
python docs/ship.py                # only write the tables
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from siamese.bundle.files import write_text, write_whole
from siamese.bundle.format import FILES, load
from siamese.bundle.tables import with_tables
from siamese.matcher import PRETRAINED

README = Path(__file__).parent.parent / "README.md"
LIMIT = 8_000_000  # bytes; who clones the repository or installs the package downloads them


def ship(run: Path, target: Path) -> None:
    """Copy a run's bundle, and nothing else that lies in its folder, to where the code looks for it.

    Args:
        run: folder of a bundle.
        target: folder that it goes to; each file takes its place whole, config.json last.

    Raises:
        ValueError: the run holds no valid bundle, or one of 8 MB or more; then nothing is written.
    """
    load(run)
    size = sum((run / name).stat().st_size for name in FILES)
    if size >= LIMIT:
        raise ValueError(f"The bundle in {run} takes {size / 1e6:.2f} MB; one that ships stays below 8 MB.")
    for name in reversed(FILES):  # config.json comes first there
        write_whole(target / name, lambda path, name=name: shutil.copyfile(run / name, path))  # type: ignore[misc]


def write_tables(readme: Path, folder: Path) -> None:
    """Write a bundle's tables between the markers of README.md.

    Raises:
        ValueError: the folder holds no valid bundle, or the text lacks a marker.
    """
    write_text(readme, with_tables(readme.read_text(encoding="utf-8"), load(folder).measurements))


def main(arguments: list[str], readme: Path = README, target: Path = PRETRAINED) -> int:
    try:
        if len(arguments) > 1:
            raise ValueError("give one RUN, or none to write README.md's tables alone")
        for run in arguments:
            ship(Path(run), target)
        write_tables(readme, target)
    except (ValueError, OSError) as error:
        print(f"docs/ship.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
