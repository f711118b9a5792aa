"""Write the shipped bundle's tables between the markers of README.md: python docs/tables.py"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import siamese
from siamese import card
from siamese.files import write_text


def main() -> None:
    readme = ROOT / "README.md"
    write_text(readme, card.with_tables(readme.read_text(encoding="utf-8"), siamese.load().bundle.metrics))


if __name__ == "__main__":
    main()
