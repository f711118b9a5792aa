"""The New symbols tab: how fast it answers, and how often it says "none of these".

python benchmarks/new_symbols.py --data-dir DATA --alphabets NAME ... [--model FOLDER] [--examples N]

Twenty characters of an alphabet are taught (eight of ten digits, from the gallery), some drawings of each by as many people. Another person draws
one of them, or another one, which was not taught. The time is of one core, from the picture's bytes to what the board shows,
the examples embedded before.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import time

import common
import numpy as np
from PIL import Image

import siamese
from siamese.data.omniglot import load_omniglot
from siamese.matcher import Matcher
from siamese.ui.symbols import board_value

TAUGHT, TASKS, ANSWERS = 20, 100, 200


def measure(matcher: Matcher, images: np.ndarray, shots: int) -> tuple[float, float, float, float]:
    """Shares: of characters that were taught, named right and called none; of others, called none; and most probable right."""
    rng, (characters, people) = np.random.default_rng(0), images.shape[:2]
    examples = matcher.examples(images.reshape(-1, *images.shape[2:]))
    known, none, strange, best = [], [], [], []
    for _ in range(TASKS):
        taught = rng.choice(characters, min(TAUGHT, characters - 2), replace=False)
        *drawers, other = rng.choice(people, shots + 1, replace=False)
        support = [(str(c), examples[c * people + person]) for c in taught for person in drawers]
        for c in range(characters):
            found = matcher.recognise(support, examples[c * people + other])
            if c in taught:
                known.append(found.label == str(c))
                none.append(found.label is None)
                best.append(support[found.support][0] == str(c))
            else:
                strange.append(found.label is None)
    return float(np.mean(known)), float(np.mean(none)), float(np.mean(strange)), float(np.mean(best))


def answer_seconds(matcher: Matcher, images: np.ndarray) -> list[float]:
    """Of answers to new drawings with twenty symbols taught, two examples each."""
    taught = {str(c): matcher.examples(images[c, :2]) for c in range(min(TAUGHT, len(images)))}
    seconds = []
    for number in range(ANSWERS):
        drawing = 255 - images[number % len(images), 2 + number % (images.shape[1] - 2)]
        stream = io.BytesIO()
        Image.fromarray(drawing).resize((280, 280), Image.Resampling.BICUBIC).save(stream, "PNG")
        start = time.perf_counter()
        board_value(matcher, taught, stream.getvalue())
        seconds.append(time.perf_counter() - start)
    return seconds[ANSWERS // 10 :]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--alphabets", nargs="+", required=True, metavar="NAME")
    parser.add_argument("--model")
    parser.add_argument("--examples", type=int, default=2, help="of each symbol that is taught (2)")
    options = parser.parse_args()
    common.one_core()
    print(common.where())
    matcher = siamese.load(options.model)
    alphabets = load_omniglot(options.data_dir, side=matcher.few_shot_net.input.size[0])
    gallery = matcher.gallery
    digits = np.stack([gallery.images[np.flatnonzero(gallery.labels == digit)[:50]] for digit in range(10)])
    known = {alphabet.name: alphabet.images for alphabet in alphabets}
    for name in options.alphabets:
        if name not in known:
            sys.exit(f"{name!r} is none of {', '.join(known)}")
    for name, images in [*((name, known[name]) for name in options.alphabets), ("digits of MNIST", digits)]:
        known, none, strange, best = measure(matcher, images, options.examples)
        print(
            f"{name:16} taught: most probable right {best:.1%}, named right {known:.1%}, none {none:.1%}; "
            f"not taught: none {strange:.1%}"
        )
    seconds = answer_seconds(matcher, alphabets[0].images)
    print(
        f"an answer: median {1000 * statistics.median(seconds):.1f} ms, 95 % within {1000 * np.quantile(seconds, 0.95):.1f} ms"
    )


if __name__ == "__main__":
    main()
