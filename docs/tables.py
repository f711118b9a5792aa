"""Write the shipped bundle's tables between the markers of README.md: python docs/tables.py"""

from __future__ import annotations

from pathlib import Path

import siamese
from siamese.bundle import card
from siamese.bundle.files import write_text

ROOT = Path(__file__).parent.parent


def main() -> None:
    readme = ROOT / "README.md"
    write_text(readme, card.with_tables(readme.read_text(encoding="utf-8"), siamese.load().bundle.metrics))


if __name__ == "__main__":
    main()
