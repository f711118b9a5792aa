"""Whitening: what drawings of one class differ by counts less, where classes were never trained on.

Along some directions drawings of one class differ more than along others: by slant, by thickness, by a hand. Dividing by the
covariance within classes counts those less (WCCN, Hatch et al., 2006), and the mean, which all classes share and which draws
unseen ones together, is taken away (as SimpleShot does, Wang et al., 2019). Both are learned from classes that are like those
which are to be told apart.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from siamese.evaluation.embedded import EmbeddedSet


def whitened(pictures: EmbeddedSet, by: EmbeddedSet, shrinkage: float) -> EmbeddedSet:
    """Pictures of classes never trained on, whitened by those of others.

    Args:
        pictures: to be told apart.
        by: labelled pictures of other classes, embedded alike; a few hundred of each are enough.
        shrinkage: share of the covariance that is taken to be the same in all directions (Ledoit and Wolf, 2004), from 0,
            which takes more pictures than dimensions, to 1, which centres alone. Typically 0.85.

    Returns:
        the same pictures, with rows of length 1 again.

    Raises:
        ValueError: the shrinkage does not lie between 0 and 1.
    """
    if not 0 <= shrinkage <= 1:
        raise ValueError(f"shrinkage must lie between 0 and 1, got {shrinkage}")
    known = by.embeddings.double()
    within = known - _class_means(known, by.labels)
    covariance = within.T @ within / len(within)
    unit = covariance.diagonal().mean() * torch.eye(len(covariance), dtype=torch.float64)
    values, vectors = torch.linalg.eigh((1 - shrinkage) * covariance + shrinkage * unit)
    rows = (pictures.embeddings.double() - known.mean(dim=0)) @ (vectors / values.sqrt())
    return EmbeddedSet(pictures.pictures, functional.normalize(rows, dim=1).float())


def _class_means(rows: Tensor, labels: Tensor) -> Tensor:
    """(N, dim) rows of (N,) classes -> (N, dim), the mean of each one's class."""
    _, classes = labels.unique(return_inverse=True)
    sums = torch.zeros(int(classes.max()) + 1, rows.shape[1], dtype=rows.dtype).index_add_(0, classes, rows)
    return (sums / classes.bincount()[:, None])[classes]
