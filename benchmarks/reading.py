"""How well digits are read that are not MNIST's: python benchmarks/reading.py --data-dir DATA [--model FOLDER]

The label is the vote of the 10 nearest pictures of the gallery, as in the app. Pen strokes are by the
people of `pendigits-orig.tra` whom the shipped model neither learned from nor was calibrated on; scans
and photographs are made of MNIST validation pictures by `siamese/scenes.py`.
"""

import argparse

import common
import numpy as np
import torch

import siamese
from siamese.data import images as data
from siamese.data import pendigits as strokes
from siamese.data.synthetic import corruptions as scenes
from siamese.evaluation import metrics
from siamese.evaluation import protocol as evaluate
from siamese.inputs.ink import to_ink
from siamese.models.networks import embed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--model")
    options = parser.parse_args()
    matcher = siamese.load(options.model)
    gallery = torch.from_numpy(matcher.gallery.embeddings)
    labels = torch.from_numpy(matcher.gallery.labels)
    print(common.where())

    def report(name: str, pictures: data.LabeledImages) -> None:
        embedded = embed(matcher.net, pictures.images)
        accuracy = metrics.knn_accuracy(gallery, labels, embedded, pictures.labels, k=10)
        pairs = metrics.pair_distances(embedded, pictures.labels)
        error = metrics.calibration_error(pairs, matcher.calibration.probability(pairs.centres))
        rate, _ = metrics.equal_error_rate(pairs)
        print(
            f"{name:34s} read {accuracy:7.2%}   equal error {rate:6.2%}   calibration error {error:6.2%}   n={len(pictures)}"
        )

    _, held = strokes.hold_out(strokes.load_pendigits(options.data_dir))
    _, reported = strokes.halve(held)
    for brush in (*strokes.BRUSHES, 4, 28):
        report(f"pen strokes, brush {brush} of 280", strokes.rendered(reported, brush))
    for height in (60, 120):
        report(f"pen strokes, brush 8, {height} px high", strokes.rendered(reported, 8, height))
    mnist = data.load_mnist(options.data_dir)
    validation = data.limit(data.split_mnist(mnist).validation, 2000, seed=11)
    report("scans of 12 to 40 pixels", scenes.seen(validation, scenes.scan, seed=12))
    report("photographs", scenes.seen(validation, scenes.photograph, seed=13))
    through_ink(matcher, mnist, data.load_mnist(options.data_dir, train=False))


def through_ink(matcher: siamese.Matcher, mnist: data.LabeledImages, test: data.LabeledImages) -> None:
    """What `to_ink` does to MNIST's own pictures: as they are, and with the passage for finished ink closed."""
    fitted = embed(matcher.net, mnist.images)
    passed = torch.from_numpy(np.stack([to_ink(image) for image in test.images[:, 0].numpy()]))[:, None]
    framed = torch.from_numpy(np.stack([to_ink(np.pad(image, 6)) for image in test.images[:, 0].numpy()]))[:, None]
    for name, images in (
        ("as they are", test.images),
        ("through to_ink", passed),
        ("in a wider frame, through to_ink", framed),
    ):
        accuracy = metrics.knn_accuracy(fitted, mnist.labels, embed(matcher.net, images), test.labels, k=5)
        changed = float((images != test.images).flatten(1).any(1).float().mean())
        print(f"MNIST test {name:34s} 5-NN {accuracy:7.2%}   pictures changed {changed:6.2%}")
    evaluate.assert_disjoint(mnist, test)


if __name__ == "__main__":
    main()
