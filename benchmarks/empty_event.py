"""The app with an empty event in the Compare tab's place: python benchmarks/empty_event.py serves it.

The page, the inputs and the outputs are the app's. The function only returns what it has ready, two answers in
turn, so that each is news to the page. `answers.py` and `visitors.py` measure the app against it.
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
