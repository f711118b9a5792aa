"""The map, and where a new picture stands on it."""

from __future__ import annotations

import numpy as np
import pytest

from siamese.retrieval import projection


@pytest.fixture(scope="module")
def clusters() -> tuple[np.ndarray, np.ndarray]:
    """(120, 16) unit vectors in three tight clusters, and which each is in."""
    rng = np.random.default_rng(0)
    labels = np.arange(120) % 3
    rows = rng.normal(size=(3, 16))[labels] + 0.2 * rng.normal(size=(120, 16))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), labels


@pytest.fixture(scope="module")
def layout(clusters) -> np.ndarray:
    return projection.tsne(clusters[0])


def test_the_map_is_centred_and_from_minus_one_to_one(layout):
    assert layout.shape == (120, 2)
    assert layout.dtype == np.float32
    assert np.abs(layout).max() == pytest.approx(1)
    assert layout.min(axis=0) == pytest.approx(-layout.max(axis=0), abs=1e-5)


def test_neighbours_stay_neighbours_on_the_map(clusters, layout):
    _, labels = clusters
    distances = np.linalg.norm(layout[:, None] - layout[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (labels[distances.argmin(axis=1)] == labels).mean() > 0.98


def test_the_map_is_the_same_each_time(clusters, layout):
    assert np.array_equal(projection.tsne(clusters[0]), layout)


def test_a_picture_of_the_gallery_stands_near_where_it_stood():
    xy = np.array([[0.5, 0.5], [-1, -1], [-1, 1], [1, -1], [0, 0]])
    x, y = projection.place(xy, np.array([0.0, 0.9, 0.9, 0.9, 0.9]))
    assert (x, y) == pytest.approx((0.5, 0.5), abs=0.35)
    nearer = projection.place(xy, np.array([0.0, 1.9, 0.9, 0.9, 0.9]))
    assert np.hypot(nearer[0] - 0.5, nearer[1] - 0.5) < np.hypot(x - 0.5, y - 0.5)


def test_a_picture_stands_among_its_neighbours():
    rng = np.random.default_rng(1)
    for _ in range(50):
        xy, distances = rng.uniform(-1, 1, (10, 2)), np.sort(rng.uniform(0, 2, 10))
        place = np.array(projection.place(xy, distances))
        assert (xy.min(axis=0) <= place).all()
        assert (place <= xy.max(axis=0)).all()


def test_neighbours_equally_far_weigh_alike():
    xy = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.9]])
    assert projection.place(xy, np.full(3, 0.7)) == pytest.approx(tuple(xy.mean(axis=0)))


@pytest.mark.parametrize("distances", [[0, 0, 0], [0, 0, 2], [1e-9, 1e-8, 2], [2, 2, 2]])
def test_a_place_is_always_finite(distances):
    place = projection.place(np.array([[0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]), np.array(distances, float))
    assert np.isfinite(place).all()


def test_principal_components_are_the_directions_of_most_variance(clusters):
    rows, _ = clusters
    coordinates = projection.principal_components(rows, 3)
    assert coordinates.shape == (120, 3)
    assert np.abs(coordinates).max() == pytest.approx(1)
    _, singular, _ = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    spread = np.linalg.norm(coordinates, axis=0)
    assert spread / spread[0] == pytest.approx(singular[:3] / singular[0], abs=1e-3)


def test_principal_axes_are_orthonormal_and_ordered_by_variance(clusters):
    rows, _ = clusters
    axes = projection.principal_axes(rows, 4)
    assert axes.shape == (16, 4)
    assert axes.T @ axes == pytest.approx(np.eye(4), abs=1e-4)
    spread = ((rows - rows.mean(axis=0)) @ axes).std(axis=0)
    assert (np.diff(spread) <= 1e-6).all()
    assert (np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0) > 0).all()


def test_an_embedding_of_two_dimensions_has_two_axes_and_a_third_component_of_zero(clusters):
    rows = clusters[0][:, :2]
    assert projection.principal_axes(rows, 3).shape == (2, 2)
    coordinates = projection.principal_components(rows, 3)
    assert coordinates.shape == (120, 3)
    assert not coordinates[:, 2].any()
    assert coordinates[:, :2].any()


def test_principal_components_do_not_turn_over(clusters):
    """A direction's sign is fixed, or the picture would be mirrored from one run to the next."""
    rows, _ = clusters
    shuffled = np.random.default_rng(2).permutation(len(rows))
    again = projection.principal_components(rows[shuffled], 3)
    assert again == pytest.approx(projection.principal_components(rows, 3)[shuffled], abs=1e-3)


def test_a_network_that_has_collapsed_has_a_map_too():
    rows = np.tile(np.float32([0.6, 0.8]), (50, 1))
    rows[::2] += 1e-8
    assert np.array_equal(projection.tsne(rows), np.zeros((50, 2), np.float32))
