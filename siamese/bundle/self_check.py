"""A bundle checks itself: its network finds the stored embeddings of its gallery's pictures again.

Weights that are whole and finite can still be those of another model. This tells.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from siamese.config import InferenceConfig
from siamese.inputs.preparing import resized, to_batch
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet
from siamese.retrieval.gallery import Gallery

PICTURES = 8  # of the gallery, spread over it
# Between the embeddings of the same pixels: rounding to 16 bits moves one by less than 0.001, other processors by less.
SAME = 0.05
# Of other kinds than ink the gallery has thumbnails, which lie up to 0.4 from their pictures. So most of the sample have to
# lie nearer to their own than to the others.
MOST = 0.5


def check_embeddings(net: EmbeddingNet, gallery: Gallery, inference: InferenceConfig, folder: Path) -> None:
    """Embed a few of the gallery's pictures anew.

    Args:
        net: in evaluation mode.
        gallery: some of its pictures are decoded.
        inference: how the stored embeddings were made.
        folder: for the message.

    Raises:
        ValueError: they are not the embeddings that the gallery has, or a picture cannot be decoded.
    """
    index = np.unique(np.linspace(0, len(gallery) - 1, PICTURES).astype(int))
    pixels = [resized(gallery.images[i], net.input) for i in index]
    made = embed(net, to_batch(pixels, net.input), views=inference.views).numpy()
    distances = np.linalg.norm(made[:, None] - gallery.rows(index)[None], axis=2)
    own = distances.diagonal()
    if net.input.kind == "ink":
        found = own <= SAME
        enough = found.all()
    else:
        found = own <= np.maximum(distances.min(axis=1), SAME)
        enough = found.mean() >= MOST
    if not enough:
        raise ValueError(
            f"{str(folder)!r} is no working model: of {len(index)} pictures of its gallery, its network makes the stored "
            f"embeddings of only {found.sum()}. Weights and gallery belong to different models, or one of them is damaged."
        )
