"""Few-shot episodes, hard pairs and leaks, against plain loops and planted cases."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from siamese.bundle.metrics import find
from siamese.data.groups import group_classes
from siamese.data.images import LabeledImages
from siamese.evaluation import leaks, open_set
from siamese.evaluation.embedded import EmbeddedSet
from siamese.evaluation.episodes import few_shot_accuracy

NAMES = tuple(f"w{writer}_n{name}" for writer in range(4) for name in range(3))


def embedded(noise: float, per_class: int = 5, seed: int = 0) -> EmbeddedSet:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(NAMES), 16))
    labels = np.repeat(np.arange(len(NAMES)), per_class)
    rows = centres[labels] + noise * rng.normal(size=(len(labels), 16))
    rows = torch.tensor(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=torch.float32)
    images = torch.zeros(len(labels), 1, 8, 8, dtype=torch.uint8)
    return EmbeddedSet(LabeledImages(images, torch.tensor(labels), NAMES), rows)


def test_episodes_are_perfect_for_clusters_and_chance_for_noise():
    clusters, noise = embedded(0.0), embedded(1e6)
    assert few_shot_accuracy(clusters.embeddings, clusters.labels, 5, 1, 200) == (1.0, 0.0)
    accuracy, error = few_shot_accuracy(noise.embeddings, noise.labels, 5, 1, 1500)
    assert abs(accuracy - 0.2) < 5 * error
    assert few_shot_accuracy(clusters.embeddings, clusters.labels, 20, 1) is None  # there are 12 classes
    assert few_shot_accuracy(clusters.embeddings, clusters.labels, 5, 5) is None  # of 5 pictures, none is left to ask


def test_an_episode_is_what_a_plain_loop_makes_of_it():
    pictures = embedded(0.7)
    rows, labels = pictures.embeddings.numpy(), pictures.labels.numpy()
    rng, accuracies = np.random.default_rng(3), []
    members = [np.flatnonzero(labels == label) for label in range(len(NAMES))]
    for _ in range(50):
        classes = rng.choice(len(members), 5, replace=False)
        drawn = [rng.choice(members[index], 4, replace=False) for index in classes]
        means = [rows[index[:3]].mean(axis=0) for index in drawn]
        means = [mean / np.linalg.norm(mean) for mean in means]
        right = [
            np.argmin([np.linalg.norm(rows[index[3]] - mean) for mean in means]) == i for i, index in enumerate(drawn)
        ]
        accuracies.append(np.mean(right))
    found = few_shot_accuracy(rows, labels, 5, 3, episodes=50, seed=3)
    assert found == pytest.approx((np.mean(accuracies), np.std(accuracies, ddof=1) / 50**0.5))


def test_hard_pairs_are_those_of_one_name_or_one_group():
    pictures = embedded(0.5)
    groups = group_classes(NAMES, "_")
    found = open_set.hard_pairs(pictures, groups)
    labels = pictures.labels.numpy()
    for key, words in (("same name", groups.within), ("same group", groups.of_class)):
        pairs = [
            (labels[i], labels[j])
            for i in range(len(labels))
            for j in range(i)
            if labels[i] != labels[j] and words[labels[i]] == words[labels[j]]
        ]
        assert found[key].different.sum() == len(pairs) > 0
        assert found[key].same.sum() == len(NAMES) * 10
    assert open_set.hard_pairs(pictures, group_classes(NAMES, None)) == {}


def test_scores_name_every_figure_and_its_error():
    found = open_set.scores(embedded(0.5), group_classes(NAMES, "_"))
    keys = [metric.key for metric in found]
    assert keys[:2] == ["equal error rate", "same group/equal error rate"] or "same name/equal error rate" in keys
    one_shot = find(found, "5-way one-shot")
    assert one_shot and one_shot.error and "±" in one_shot.text
    assert find(found, "20-way one-shot") is None


def test_a_picture_alone_in_its_class_is_no_query():
    pictures = embedded(0.0)
    alone = pictures.subset(torch.arange(1, 9 * 5 + 1))
    assert find(open_set.scores(alone, group_classes(NAMES, None)), "recall@1").value == 1.0


def picture_files(folder, grey_of, size_of):
    paths, labels = [], []
    for label in range(8):
        for number in range(4):
            rng = np.random.default_rng(label * 10 + number)
            pixels = np.clip(rng.normal(grey_of(label, rng), 30, size_of(label, rng)), 0, 255).astype(np.uint8)
            paths.append(folder / f"{label}_{number}.bmp")
            Image.fromarray(pixels).save(paths[-1])
            labels.append(label)
    return paths, np.array(labels)


def test_a_planted_leak_is_found_and_chance_is_none(tmp_path):
    paths, labels = picture_files(tmp_path, lambda label, rng: 60 + 18 * label, lambda label, rng: (20, 30))
    found = leaks.class_leaks(paths, labels)
    assert set(found) == {"mean grey", "median grey"}
    assert all("alone tells same pairs" in line for line in leaks.warnings(found))
    paths[3].unlink()
    paths[9].write_bytes(b"no picture any more")
    assert set(leaks.class_leaks(paths, labels)) == set(found)  # by those that are still there
    (tmp_path / "fair").mkdir()
    paths, labels = picture_files(
        tmp_path / "fair", lambda label, rng: rng.uniform(60, 200), lambda label, rng: (20, int(rng.integers(20, 40)))
    )
    assert leaks.class_leaks(paths, labels) == {}
