"""Make a trained run a bundle that ships with the code, and show its figures in README.md.

python docs/ship.py runs/full          # digits: check it, copy it into siamese/pretrained, write README.md's tables
python docs/ship.py runs/groceries     # own pictures: the same with siamese/pretrained_groceries
python docs/ship.py                    # only write the tables
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from siamese.bundle import tables
from siamese.bundle.files import write_json, write_text, write_whole
from siamese.bundle.format import FILES, Bundle, bundle_card, files_of, load
from siamese.bundle.locating import PRETRAINED, PRETRAINED_GROCERIES
from siamese.config import to_json

README = Path(__file__).parent.parent / "README.md"
LIMIT = 8_000_000  # bytes; who clones the repository or installs the package downloads them
PICTURES_LIMIT = 6_000_000
GROCERIES_CREDIT = (
    "The pictures are small copies from the Grocery Store Dataset by Marcus Klasson, Cheng Zhang and Hedvig Kjellström "
    "(2019), MIT licence."
)


def ship(run: Path, target: Path, pictures: Path) -> None:
    """Copy a run's bundle, and nothing else that lies in its folder, to where the code looks for it.

    Args:
        run: folder of a bundle.
        target: folder that a bundle of digits goes to; each file takes its place whole, config.json last.
        pictures: folder that a bundle of own pictures goes to, with the credit for them.

    Raises:
        ValueError: the run holds no valid bundle, one that is too large, or one of pictures that may not ship; then
            nothing is written.
    """
    bundle = load(run)
    folder = bundle.measurements.folder
    if folder and folder.name != "groceries":
        raise ValueError(f"The pictures of {folder.name} do not ship: of own pictures, only groceries do.")
    limit = PICTURES_LIMIT if folder else LIMIT
    names = files_of(sorted(path.name for path in run.iterdir()))
    size = sum((run / name).stat().st_size for name in names)
    if size >= limit:
        raise ValueError(
            f"The bundle in {run} takes {size / 1e6:.2f} MB; one that ships stays below {limit / 1e6:.0f} MB."
        )
    if folder:
        target = pictures
    order = [name for name in reversed(FILES) if name in names]  # config.json comes first there
    for name in [*(name for name in names if name not in order), *order]:
        write_whole(target / name, lambda path, name=name: shutil.copyfile(run / name, path))  # type: ignore[misc]
    if folder:
        write_credit(bundle, target)


def write_credit(bundle: Bundle, target: Path) -> None:
    """Say in the measurements and on the model card whose pictures a bundle shows."""
    measurements = replace(bundle.measurements, provenance=GROCERIES_CREDIT)
    write_json(target / "metrics.json", to_json(measurements))
    write_text(target / "README.md", bundle_card(replace(bundle, measurements=measurements)))


def write_tables(readme: Path, folder: Path, pictures: Path) -> None:
    """Write the bundles' tables between the markers of README.md; those of own pictures only where it has theirs.

    Raises:
        ValueError: a folder holds no valid bundle, or the text lacks a marker.
    """
    text = tables.with_tables(readme.read_text(encoding="utf-8"), load(folder).measurements)
    if pictures.is_dir() and tables.PICTURES_BEGIN in text:
        text = tables.with_tables(text, load(pictures).measurements, tables.PICTURES_BEGIN, tables.PICTURES_END)
    write_text(readme, text)


def main(
    arguments: list[str], readme: Path = README, target: Path = PRETRAINED, pictures: Path = PRETRAINED_GROCERIES
) -> int:
    try:
        if len(arguments) > 1:
            raise ValueError("give one RUN, or none to write README.md's tables alone")
        for run in arguments:
            ship(Path(run), target, pictures)
        write_tables(readme, target, pictures)
    except (ValueError, OSError) as error:
        print(f"docs/ship.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
