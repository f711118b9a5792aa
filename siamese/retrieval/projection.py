"""Embeddings in two or three dimensions: the t-SNE map, principal components, and the place of a new picture.

t-SNE (van der Maaten and Hinton, 2008) keeps neighbourhoods, not distances: how far apart two clusters lie on the map,
or how wide one is, means nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

FEWEST = 4  # points that t-SNE lays out: of fewer it finds no neighbourhoods
ALIKE = 1e-6  # spread of each coordinate of unit vectors, below which nothing is left but rounding
# Exaggerated steps and others. openTSNE's defaults, 250 and 500, make the map wider and its neighbourhoods no better.
STEPS = (100, 200)
# Of the grid on which forces are interpolated. Finer ones, 1 and 2, take two times and 1.3 times as long: of a picture's ten
# nearest, 42 and 41 of 100 stay beside it, and 41 so.
COARSENESS = 3
TOLD = 50  # steps after which a caller is told
NEIGHBOURS = 10  # of a new picture: its place on the map is their weighted mean


def tsne(
    embeddings: np.ndarray,
    seed: int = 0,
    perplexity: float = 30.0,
    on_step: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Lay out unit vectors on a plane.

    By openTSNE's interpolated gradients (Linderman et al., 2019), started from the first two principal components. The
    layout is the same for the same embeddings and seed.

    Args:
        embeddings: (N, dim) unit vectors.
        seed: of openTSNE's random numbers.
        perplexity: how many neighbours a point tries to keep, typically 5 to 50. Lower values break the map into small
            pieces. Fewer than three times as many points lower it.
        on_step: is told now and then how many of how many steps are done.

    Returns:
        (N, 2) float32, centred, the longer side from -1 to 1. Fewer than four points lie by their principal components,
        and all in the middle where a network has collapsed and they are all alike.
    """
    if np.ptp(embeddings, axis=0).max() < ALIKE:
        return np.zeros((len(embeddings), 2), np.float32)
    if len(embeddings) < FEWEST:
        return principal_components(embeddings, 2)
    from openTSNE import TSNE

    perplexity = min(perplexity, max(1.0, (len(embeddings) - 1) / 3))

    done = 0

    def told(*_: object) -> None:
        nonlocal done
        done += TOLD
        if on_step:
            on_step(done, sum(STEPS))

    layout = TSNE(
        perplexity=perplexity,
        initialization="pca",
        neighbors="exact",  # for a gallery of 10,000 faster than openTSNE's approximate index
        early_exaggeration_iter=STEPS[0],
        n_iter=STEPS[1],
        ints_in_interval=COARSENESS,
        random_state=seed,
        n_jobs=-1 if len(embeddings) > 3000 else 1,
        callbacks=told,
        callbacks_every_iters=TOLD,
    ).fit(embeddings)
    layout = np.asarray(layout, dtype=np.float32)
    layout -= (layout.min(axis=0) + layout.max(axis=0)) / 2
    return layout / np.abs(layout).max()


def principal_axes(embeddings: np.ndarray, count: int = 3) -> np.ndarray:
    """The directions in which the embeddings vary most.

    A direction's sign is arbitrary; here its largest component is positive, so that a picture of the axes is not
    mirrored from one run to the next.

    Args:
        embeddings: (N, dim), not necessarily centred.
        count: how many axes.

    Returns:
        (dim, min(count, dim)) orthonormal columns, the largest variance first.
    """
    centred = embeddings - embeddings.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    axes = directions[:, ::-1][:, :count]
    largest = np.abs(axes).argmax(axis=0)
    return axes * np.sign(axes[largest, np.arange(axes.shape[1])])


def principal_components(embeddings: np.ndarray, count: int = 3) -> np.ndarray:
    """(N, count) float32 coordinates of (N, dim) embeddings along their principal axes.

    The largest absolute coordinate is 1. Where the embedding has fewer than `count` dimensions, the others are 0.
    """
    coordinates = (embeddings - embeddings.mean(axis=0)) @ principal_axes(embeddings, count)
    coordinates = np.pad(coordinates, ((0, 0), (0, count - coordinates.shape[1])))
    return (coordinates / max(float(np.abs(coordinates).max()), 1e-9)).astype(np.float32)


def place(places: np.ndarray, distances: np.ndarray) -> tuple[float, ...]:
    """The place of a new picture: one coordinate an axis, always finite; see `place_all`.

    Args:
        places: (k, axes) coordinates of the neighbours, nearest first.
        distances: (k,) to them, in the embedding space.
    """
    return tuple(place_all(places[None], distances[None])[0].tolist())


def place_all(places: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """The places of new pictures: each the mean of its nearest neighbours' places, weighted by a Gaussian of the distance.

    Args:
        places: (N, k, axes) coordinates of the neighbours of each, nearest first.
        distances: (N, k) to them, in the embedding space. Their median sets the width of the Gaussian.

    Returns:
        (N, axes), always finite.
    """
    scale = np.maximum(distances[:, distances.shape[1] // 2, None], 1e-6)
    weights = np.exp(-((distances / scale) ** 2) * 2)
    return (places * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1, keepdims=True)
