"""The label-noise filter leaves out what is labelled wrongly, and hardly anything else."""

from __future__ import annotations

import torch

from siamese.data.images import LabeledImages
from siamese.training.label_noise import filter_label_noise


def test_wrongly_labelled_digits_are_left_out(matcher):
    """Of 2,000 digits, 20 are given another label: those go, and hardly any other."""
    labels = torch.from_numpy(matcher.gallery.labels[:2000])
    images = torch.from_numpy(matcher.gallery.images[:2000])[:, None]
    wrong = torch.arange(0, 2000, 100)
    mixed = labels.clone()
    mixed[wrong] = (labels[wrong] + 5) % 10
    kept = filter_label_noise(LabeledImages(images, mixed, matcher.labels))
    left = {image.tobytes() for image in kept.images.numpy()}
    assert sum(images[i].numpy().tobytes() not in left for i in wrong) >= 18
    assert len(kept) >= 2000 - 20 - 40
