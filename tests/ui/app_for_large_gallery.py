"""The app, but its map shows a hundred pictures at most, so that a gallery of some hundred is a large one.

The browser test of large galleries starts it: python tests/ui/app_for_large_gallery.py
"""

import app

SHOWN = 100  # pictures of the map


def main() -> None:
    app.prepare()
    from siamese.retrieval import gallery

    gallery.MAP_POINTS = SHOWN
    app.main()


if __name__ == "__main__":
    main()
