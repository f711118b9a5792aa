"""Serve the app with an empty event in place of the Compare tab's function: python benchmarks/empty_event.py

The page, the inputs and the outputs are those of the app. The function only returns prepared answers: two in turn, so
that each differs from the last and the page is updated. `answers.py` and `visitors.py` compare the app with it.
"""

import itertools

import app


def main() -> None:
    served, demo = app.build()
    from siamese.ui import compare, page

    first, *others = served.matcher.gallery.images[:3]
    ready = itertools.cycle([compare.compare(served.matcher, first, other, False) for other in others])
    compare.compare = lambda matcher, a, b, marked: next(ready)
    page.launch(demo)


if __name__ == "__main__":
    main()
