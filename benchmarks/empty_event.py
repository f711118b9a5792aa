"""The app with an empty event in the Compare tab's place: python benchmarks/empty_event.py serves it.

The page, the inputs and the outputs are the app's; the function only says what it has ready, two answers in turn,
so that each is news to the page. `answers.py` and `visitors.py` measure the app against it.
"""

import functools
import itertools

import app
from siamese.ui import compare

real = compare.compare


@functools.cache
def ready(matcher):
    first, *others = matcher.gallery.images[:3]
    return itertools.cycle([real(matcher, first, other, False) for other in others])


compare.compare = lambda matcher, a, b, marked: next(ready(matcher))
app.ui.launch(app.demo)
