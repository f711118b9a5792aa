"""The map of a new bundle's gallery: t-SNE, or what takes no time."""

from __future__ import annotations

import numpy as np

from siamese.bundle.measurements import LayoutName
from siamese.evaluation.progress import Progress
from siamese.retrieval.projection import principal_components, tsne


def laid_out(embeddings: np.ndarray, by_tsne: bool, progress: Progress) -> tuple[np.ndarray, LayoutName]:
    """The places of a gallery's pictures, and by which method.

    Args:
        embeddings: (N, dim) unit vectors.
        by_tsne: t-SNE, as the part "Map"; otherwise the first two principal components.
        progress: of the measuring.

    Returns:
        (N, 2) float32, and the method.
    """
    if not by_tsne:
        return principal_components(embeddings, 2), "pca"
    with progress.part("Map"):
        return tsne(embeddings, on_step=progress.step), "t-sne"
