"""Digits as people bring them: scanned small and cut tight, or photographed on paper.

MNIST shows digits in one form only. These functions put a digit of known ink back into a picture with
the faults that real ones have, so that `to_ink` and the network can be trained, calibrated and tested
on what comes out at the other end.
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from scipy import ndimage

from siamese.data.images import LabeledImages
from siamese.inputs.ink import SIDE, BlankImageError, to_ink


def scan(ink: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """A digit cut out along its edges, at 12 to 40 pixels, stretched or not, grey or of two values.

    Args:
        ink: (28, 28) uint8.

    Returns:
        (h, w) uint8, light on dark or dark on light.
    """
    rows, columns = np.flatnonzero((ink > 64).any(axis=1)), np.flatnonzero((ink > 64).any(axis=0))
    cut = Image.fromarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    side = int(chance.integers(12, 40)) if chance.random() < 0.5 else 16
    scale = side / max(cut.size)
    width, height = (max(3, round(length * scale)) for length in cut.size)
    stretched = chance.random()
    if stretched < 0.4:  # to a square, whatever its shape was
        width = height = side
    elif stretched < 0.6:
        width = round(width + (side - width) * chance.random())
    small = np.asarray(cut.resize((width, height), Image.Resampling.BICUBIC)).astype(np.float32)
    if chance.random() < 0.4:
        small = np.where(small > chance.uniform(70, 150), 255.0, 0.0)
    elif chance.random() < 0.5:
        small = np.clip(small + chance.normal(0, 12, small.shape), 0, 255)
    margin = int(chance.integers(0, 3)) if chance.random() < 0.5 else 0
    small = np.pad(small, ((margin, margin), (margin + (side - width) // 2,) * 2)).astype(np.uint8)
    return 255 - small if chance.random() < 0.5 else small


def photograph(ink: np.ndarray, chance: np.random.Generator, side: int = 320) -> Image.Image:
    """A digit in pencil or pen on paper, lit unevenly, photographed by hand.

    Args:
        ink: (28, 28) uint8.
        side: of the picture, in pixels.

    Returns:
        an RGB picture: lined or plain paper, a light gradient, a shadow's edge, a crease, grain.
    """
    length = chance.uniform(0.3, 0.7) * side
    enlarged = Image.fromarray(ink).resize((round(length * SIDE / 20),) * 2, Image.Resampling.BICUBIC)
    enlarged = enlarged.rotate(chance.uniform(-6, 6), Image.Resampling.BICUBIC)
    stroke = np.zeros((side, side), np.float32)
    room = side - enlarged.width
    top, left = (int(chance.uniform(0, max(room, 0))) if room > 0 else 0 for _ in range(2))
    patch = np.asarray(enlarged, dtype=np.float32)[: side - top, : side - left] / 255
    stroke[top : top + patch.shape[0], left : left + patch.shape[1]] = patch
    stroke = 1 / (1 + np.exp(-(stroke - 0.5) * 14))

    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    paper = np.full((side, side), chance.uniform(0.75, 0.95), np.float32)
    if chance.random() < 0.6:  # ruled
        pitch, faint = chance.uniform(0.09, 0.2), chance.uniform(0.08, 0.25)
        phase = (y + chance.uniform(-0.02, 0.02) * x + chance.random()) % pitch
        paper *= 1 - faint * (phase < 0.008)
        if chance.random() < 0.3:
            paper *= 1 - faint * ((x + chance.random()) % pitch < 0.008)
    angle = chance.uniform(0, 2 * np.pi)
    across = x * np.cos(angle) + y * np.sin(angle)
    light = 1 - chance.uniform(0, 0.5) * (across - across.min()) / np.ptp(across)
    if chance.random() < 0.5:  # the edge of a hand's or a phone's shadow
        edge = chance.uniform(np.quantile(across, 0.2), np.quantile(across, 0.8))
        light *= 1 - chance.uniform(0.2, 0.5) / (1 + np.exp(-(across - edge) * chance.uniform(15, 60)))
    if chance.random() < 0.3:
        light *= 1 - 0.15 * np.exp(-(((y - chance.uniform(0.1, 0.9) - 0.1 * x) / 0.006) ** 2))
    pen = chance.uniform(0.1, 0.45)
    picture = (paper * (1 - stroke) + pen * stroke) * light
    picture = ndimage.gaussian_filter(picture, chance.uniform(0.3, 1.2))
    picture = picture + chance.normal(0, chance.uniform(0.005, 0.03), picture.shape)
    tint = 1 - np.array([0.0, 0.03, 0.08]) * chance.random()
    return Image.fromarray(np.rint(np.clip(picture[..., None] * tint, 0, 1) * 255).astype(np.uint8))


def seen(data: LabeledImages, scene, seed: int) -> LabeledImages:
    """Every digit of a set in a scene of its own, through `to_ink`; one that `to_ink` finds blank stays as it was."""
    chance = np.random.default_rng(seed)
    images = []
    for image in data.images[:, 0].numpy():
        try:
            images.append(to_ink(scene(image, chance)))
        except BlankImageError:
            images.append(image)
    return LabeledImages(torch.from_numpy(np.stack(images))[:, None], data.labels)
