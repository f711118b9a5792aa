"""Centring a head: the mean of what was trained on becomes the origin of its embeddings.

The projections of all classes share a part that says nothing about the class, and it is largest for classes that were never
trained on: it draws all of them together. Taking the mean away before embeddings are brought to length 1 takes that part
away (as SimpleShot does, Wang et al., 2019, with features). What is taken from the head's bias needs no other network.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from siamese.data.images import LabeledImages, limit
from siamese.models.inference import projections
from siamese.models.networks import EmbeddingNet

PICTURES = 6000  # of each set, at most: the mean of a part is near enough


@torch.no_grad()
def centre_head(net: EmbeddingNet, sets: Sequence[LabeledImages], seed: int) -> None:
    """Centre the last head, in place, on the mean over some sets of pictures, each counting as its pictures.

    Args:
        net: trained.
        sets: pictures of classes that are like those that it is to tell apart.
        seed: of the draw among more than 6,000 pictures of a set.
    """
    head = net.config.heads[-1]
    rows = torch.cat([projections(net, limit(pictures, PICTURES, seed).images, head) for pictures in sets])
    layer = net.heads[head]
    assert isinstance(layer, nn.Linear)
    layer.bias.sub_(rows.mean(dim=0).to(layer.bias))
