"""The map: t-SNE of the gallery's embeddings, and where a new picture stands on it.

t-SNE (van der Maaten and Hinton, 2008) keeps neighbourhoods, not distances: that two clusters lie far
apart on the map, or that one is wider than another, means nothing.
"""

from __future__ import annotations

import numpy as np

NEIGHBOURS = 10  # whose places a new picture's place is taken from


def tsne(embeddings: np.ndarray, seed: int = 0, perplexity: float = 30.0) -> np.ndarray:
    """Lay out (N, dim) unit vectors on a plane: (N, 2) float32, centred, the longer side from -1 to 1.

    By openTSNE's interpolated gradients (Linderman et al., 2019), started from the first two principal
    components, so that the layout is the same for the same embeddings. Perplexity, from 5 to 50, is how
    many neighbours a point tries to keep; lower ones break the map into crumbs.
    """
    from openTSNE import TSNE

    perplexity = min(perplexity, max(1.0, (len(embeddings) - 1) / 3))
    layout = TSNE(
        perplexity=perplexity,
        initialization="pca",
        neighbors="exact",  # for a gallery of 10,000 sooner found than by openTSNE's approximate index
        # Of openTSNE's 250 and 500 steps the others make the map wider, and its neighbourhoods no truer.
        early_exaggeration_iter=100,
        n_iter=250,
        random_state=seed,
        n_jobs=-1 if len(embeddings) > 3000 else 1,
    ).fit(embeddings)
    layout = np.asarray(layout, dtype=np.float32)
    layout -= (layout.min(axis=0) + layout.max(axis=0)) / 2
    return layout / np.abs(layout).max()


def principal_components(embeddings: np.ndarray, count: int = 3) -> np.ndarray:
    """(N, count) float32 coordinates along the directions of most variance, the largest from -1 to 1.

    A direction's sign is arbitrary; the one is taken in which its largest part points up. Directions that
    the embedding does not have are zero.
    """
    centred = embeddings - embeddings.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    axes = directions[:, ::-1][:, :count]
    largest = np.abs(axes).argmax(axis=0)
    coordinates = centred @ (axes * np.sign(axes[largest, np.arange(axes.shape[1])]))
    coordinates = np.pad(coordinates, ((0, 0), (0, count - coordinates.shape[1])))
    return (coordinates / max(float(np.abs(coordinates).max()), 1e-9)).astype(np.float32)


def place(places: np.ndarray, distances: np.ndarray) -> tuple[float, ...]:
    """Where a new picture stands: the mean of its nearest neighbours' places, the nearer the heavier.

    Args:
        places: (k, axes) of the neighbours, nearest first.
        distances: (k,) to them, in the original space.
    """
    scale = max(float(distances[len(distances) // 2]), 1e-6)
    weights = np.exp(-((distances / scale) ** 2) * 2)
    return tuple(((places * weights[:, None]).sum(axis=0) / weights.sum()).tolist())
