"""Corruptions: simulated scans and photographs of digits.

MNIST has digits in a single clean form. These functions turn its digits into pictures with the defects of real ones:
small, tightly cropped scans, and photographs of paper. The network is trained, calibrated and tested on what `to_ink`
makes of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from PIL import Image
from scipy import ndimage

from siamese.data.images import LabeledImages, from_ink
from siamese.inputs import Picture
from siamese.inputs.ink import BOX, SIDE, BlankImageError, crop_to_ink, to_ink

Corruption: TypeAlias = Callable[[np.ndarray, np.random.Generator], Picture]


def scan(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Simulate a small, tightly cropped scan of a digit.

    The digit is scaled to 12 to 39 pixels (16 in half of the cases), stretched to a square or kept in its proportions,
    and made black and white, noisy, or neither.

    Args:
        ink: (28, 28) uint8, white on black.
        rng: the source of all random numbers.

    Returns:
        (h, w) uint8, light on dark or dark on light.

    Raises:
        BlankImageError: no pixel of `ink` exceeds 64.
    """
    cropped = Image.fromarray(crop_to_ink(ink, ink > 64, margin=0))
    side = int(rng.integers(12, 40)) if rng.random() < 0.5 else 16
    scale = side / max(cropped.size)
    width, height = (max(3, round(length * scale)) for length in cropped.size)
    stretched = rng.random()
    if stretched < 0.4:  # to a square
        width = height = side
    elif stretched < 0.6:
        width = round(width + (side - width) * rng.random())
    small = np.asarray(cropped.resize((width, height), Image.Resampling.BICUBIC)).astype(np.float32)
    if rng.random() < 0.4:
        small = np.where(small > rng.uniform(70, 150), 255.0, 0.0)
    elif rng.random() < 0.5:
        small = np.clip(small + rng.normal(0, 12, small.shape), 0, 255)
    margin = int(rng.integers(0, 3)) if rng.random() < 0.5 else 0
    small = np.pad(small, ((margin, margin), (margin + (side - width) // 2,) * 2)).astype(np.uint8)
    return 255 - small if rng.random() < 0.5 else small


def photograph(ink: np.ndarray, rng: np.random.Generator, side: int = 320) -> Image.Image:
    """Simulate a hand-held photograph of a digit, in pencil or pen on unevenly lit paper.

    Args:
        ink: (28, 28) uint8, white on black.
        rng: the source of all random numbers.
        side: of the picture, in pixels.

    Returns:
        an RGB picture of `side` x `side` pixels: lined or plain paper, a light gradient, and at random the edge of a
        shadow and a crease; blurred, with grain and a warm tint.
    """
    length = rng.uniform(0.3, 0.7) * side
    enlarged = Image.fromarray(ink).resize((round(length * SIDE / BOX),) * 2, Image.Resampling.BICUBIC)
    enlarged = enlarged.rotate(rng.uniform(-6, 6), Image.Resampling.BICUBIC)
    stroke = np.zeros((side, side), np.float32)
    room = side - enlarged.width
    top, left = (int(rng.uniform(0, max(room, 0))) if room > 0 else 0 for _ in range(2))
    patch = np.asarray(enlarged, dtype=np.float32)[: side - top, : side - left] / 255
    stroke[top : top + patch.shape[0], left : left + patch.shape[1]] = patch
    stroke = 1 / (1 + np.exp(-(stroke - 0.5) * 14))

    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    paper = np.full((side, side), rng.uniform(0.75, 0.95), np.float32)
    if rng.random() < 0.6:  # ruled
        pitch, faint = rng.uniform(0.09, 0.2), rng.uniform(0.08, 0.25)
        phase = (y + rng.uniform(-0.02, 0.02) * x + rng.random()) % pitch
        paper *= 1 - faint * (phase < 0.008)
        if rng.random() < 0.3:
            paper *= 1 - faint * ((x + rng.random()) % pitch < 0.008)
    angle = rng.uniform(0, 2 * np.pi)
    across = x * math.cos(angle) + y * math.sin(angle)
    light = 1 - rng.uniform(0, 0.5) * (across - across.min()) / np.ptp(across)
    if rng.random() < 0.5:  # the edge of the shadow of a hand or a phone
        edge = rng.uniform(np.quantile(across, 0.2), np.quantile(across, 0.8))
        light *= 1 - rng.uniform(0.2, 0.5) / (1 + np.exp(-(across - edge) * rng.uniform(15, 60)))
    if rng.random() < 0.3:
        light *= 1 - 0.15 * np.exp(-(((y - rng.uniform(0.1, 0.9) - 0.1 * x) / 0.006) ** 2))
    pen = rng.uniform(0.1, 0.45)
    picture = (paper * (1 - stroke) + pen * stroke) * light
    picture = ndimage.gaussian_filter(picture, rng.uniform(0.3, 1.2))
    picture += rng.standard_normal(picture.shape, np.float32) * np.float32(rng.uniform(0.005, 0.03))
    tint = 1 - np.array([0.0, 0.03, 0.08], np.float32) * np.float32(rng.random())
    return Image.fromarray(np.rint(np.clip(picture[..., None] * tint, 0, 1) * 255).astype(np.uint8))


def corrupt(pictures: LabeledImages, corruption: Corruption, seed: int) -> LabeledImages:
    """Corrupt each picture at random, and pass it through `to_ink`.

    Args:
        pictures: (N, 1, 28, 28) ink.
        corruption: `scan`, `photograph` or another function of a picture and a random generator.
        seed: determines all corruptions.

    Returns:
        the corrupted pictures, in the same order and with the same labels. A picture that comes out blank is returned
        uncorrupted.
    """
    rng = np.random.default_rng(seed)
    images = []
    for image in pictures.images[:, 0].numpy():
        try:
            images.append(to_ink(corruption(image, rng)))
        except BlankImageError:
            images.append(image)
    return from_ink(images, pictures.labels.tolist(), pictures.names)
