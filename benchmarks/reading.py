"""How well digits are read that are not MNIST's: python benchmarks/reading.py [--data-dir DATA] [--model FOLDER]

First, without any data: digits of the gallery, left out of it, made into the kinds of picture that people send
(`tests/reading_corpus.py`), and scikit-learn's digits, by the vote of the 5 nearest. Then, with DATA, what follows.

The label is the vote of the 10 nearest pictures of the gallery, as in the app. Pen strokes are by the
people of `pendigits-orig.tra` whom the shipped model neither learned from nor was calibrated on; scans
and photographs are made of MNIST validation pictures by `siamese/data/synthetic/corruptions.py`.
"""

import argparse

import common
import numpy as np
import torch
from sklearn.datasets import load_digits

import siamese
from siamese.config import Views
from siamese.data.images import LabeledImages, limit, split_by_picture
from siamese.data.mnist import load_mnist
from siamese.data.pendigits import load_pendigits, split_by_writer, split_writers_in_half
from siamese.data.synthetic.corruptions import corrupt, photograph, scan
from siamese.data.synthetic.pen import BRUSHES, rendered
from siamese.evaluation import metrics
from siamese.evaluation.embedded import embedded
from siamese.evaluation.scores import assert_disjoint, calibration_error
from siamese.inputs.ink import to_ink
from tests.helpers import leaving_out
from tests.reading_corpus import CORPUS, HELD, read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir")
    parser.add_argument("--model")
    parser.add_argument("--each", type=int, default=20, help="digits of each class that are made into pictures")
    options = parser.parse_args()
    matcher = siamese.load(options.model)
    print(common.where())
    sent_by_people(matcher, options.each)
    of_scikit_learn(matcher)
    if not options.data_dir:
        return
    gallery = torch.from_numpy(matcher.gallery.embeddings)
    labels = torch.from_numpy(matcher.gallery.labels)

    def report(name: str, pictures: LabeledImages) -> None:
        found = embedded(matcher.net, pictures, matcher.inference.views)
        accuracy = metrics.knn_accuracy(gallery, labels, found.embeddings, found.labels, k=10)
        error = calibration_error(found.pairs, matcher.calibration)
        rate, _ = metrics.equal_error_rate(found.pairs)
        print(
            f"{name:34s} read {accuracy:7.2%}   equal error {rate:6.2%}   calibration error {error:6.2%}   n={len(found)}"
        )

    _, held_out = split_by_writer(load_pendigits(options.data_dir))
    _, reported = split_writers_in_half(held_out)
    for brush in (*BRUSHES, 4, 28):
        report(f"pen strokes, brush {brush} of 280", rendered(reported, brush))
    for height in (60, 120):
        report(f"pen strokes, brush 8, {height} px high", rendered(reported, 8, height))
    mnist = load_mnist(options.data_dir)
    validation = limit(split_by_picture(mnist).validation, 2000, seed=11)
    report("scans of 12 to 40 pixels", corrupt(validation, scan, seed=12))
    report("photographs", corrupt(validation, photograph, seed=13))
    through_ink(matcher, mnist, load_mnist(options.data_dir, train=False))


def sent_by_people(matcher: siamese.Matcher, each: int) -> None:
    """Each kind of picture, read by the gallery without the digits that the pictures are made of."""
    labels = matcher.gallery.labels
    chosen = np.stack([np.flatnonzero(labels == label)[-each:] for label in range(10)], axis=1).ravel()
    others = leaving_out(matcher, chosen)
    inks, sure = matcher.gallery.images[chosen], []
    for kind, members in {**CORPUS, "read before": HELD}.items():
        for name, member in members.items():
            found = read(others, member, inks, labels[chosen])
            sure.append(found.sure)
            print(
                f"{kind:38s} {name:26s} right {found.right:6.1%}   wrong and sure {found.sure:5.1%}   "
                f"noted {found.noted:5.1%}   refused {found.refused:5.1%}"
            )
    print(f"wrong and sure, of all {len(sure) * len(chosen)} pictures: {np.mean(sure):.2%}")
    clean = [matcher.is_novel(matcher.gallery_query(index)) for index in chosen]
    print(f"noted, of the {len(chosen)} digits as they are: {np.mean(clean):.1%}")


def of_scikit_learn(matcher: siamese.Matcher) -> None:
    """1,797 digits of 43 people in Turkey, 8 x 8 pixels, stretched to a square."""
    digits = load_digits()
    found = torch.from_numpy(matcher.embed(np.stack([to_ink(image) for image in digits.images])))
    gallery, labels = (torch.from_numpy(part) for part in (matcher.gallery.embeddings, matcher.gallery.labels))
    accuracy = metrics.knn_accuracy(gallery, labels, found, torch.from_numpy(digits.target), k=5)
    print(f"scikit-learn's digits: right {accuracy:.2%}")


def through_ink(matcher: siamese.Matcher, mnist: LabeledImages, test: LabeledImages) -> None:
    """What `to_ink` does to MNIST's own pictures: as they are, and framed so that they are no finished ink."""
    assert_disjoint(mnist, test)
    views: Views = matcher.inference.views
    fit = embedded(matcher.net, mnist, views)
    inks = test.images[:, 0].numpy()
    passed = torch.from_numpy(np.stack([to_ink(ink) for ink in inks]))[:, None]
    framed = torch.from_numpy(np.stack([to_ink(np.pad(ink, 6)) for ink in inks]))[:, None]
    for name, images in (
        ("as they are", test.images),
        ("through to_ink", passed),
        ("in a wider frame, through to_ink", framed),
    ):
        found = embedded(matcher.net, LabeledImages(images, test.labels, test.names), views)
        accuracy = metrics.knn_accuracy(fit.embeddings, fit.labels, found.embeddings, found.labels, k=5)
        changed = float((images != test.images).flatten(1).any(1).float().mean())
        print(f"MNIST test {name:34s} 5-NN {accuracy:7.2%}   pictures changed {changed:6.2%}")


if __name__ == "__main__":
    main()
