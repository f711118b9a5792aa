"""The label-noise filter leaves out what is labelled wrongly, and hardly anything else."""

from __future__ import annotations

import torch

from siamese.data.images import LabeledImages
from siamese.training.label_noise import clean_labels


def test_wrongly_labelled_digits_are_left_out(matcher):
    """Of 2,000 digits, 20 are given another label: those go, and hardly any other."""
    labels = torch.from_numpy(matcher.gallery.labels[:2000])
    images = torch.from_numpy(matcher.gallery.images[:2000])[:, None]
    wrong = torch.arange(0, 2000, 100)
    mixed = labels.clone()
    mixed[wrong] = (labels[wrong] + 5) % 10
    kept = clean_labels(LabeledImages(images, mixed, matcher.labels))
    assert int((~kept[wrong]).sum()) >= 18
    assert int(kept.sum()) >= 2000 - 20 - 40
