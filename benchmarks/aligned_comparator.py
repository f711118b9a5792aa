"""A learned comparator of two aligned pictures, and the look-alikes that it learns from; used by `second_opinion.py`.

Each place of one feature map attends to the places around it in the other map (cross-attention). What it finds there is
the other picture, aligned. A small convolutional network then scores both maps and their differences: the larger the
score, the more alike. (In the spirit of cross-transformers: Doersch, Gupta and Zisserman, 2020.)
"""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import torch
import torch.nn.functional as F
from procedural_characters import (
    POINTS,
    Stroke,
    _character,
    _one_of,
    _path,
    _redrawn,
    _somewhere,
)
from torch import Tensor, nn

from siamese.config import AugmentationConfig
from siamese.data.augmentation import augment
from siamese.models.device import mixed_precision
from siamese.models.networks import EmbeddingNet

FAMILY = 4  # characters that differ in one stroke
GROUPS, WAYS = 4, 8  # a batch: so many groups of so many look-alikes, two drawings of each


def look_alike(strokes: list[Stroke], rng: np.random.Generator) -> list[Stroke]:
    """A procedural character with one stroke removed, added, moved, mirrored or replaced, or with one point moved."""
    strokes, index = list(strokes), int(rng.integers(len(strokes)))
    stroke = strokes[index]
    size = max(float(np.ptp(stroke.points, axis=0).max()), 0.3)
    change = rng.choice(["remove", "add", "move", "point", "replace", "flip"])
    points = stroke.points.copy()
    if change == "point":
        angle = rng.uniform(0, 2 * np.pi)
        points[rng.integers(len(points))] += rng.uniform(0.3, 0.55) * size * np.array([np.cos(angle), np.sin(angle)])
    elif len(strokes) == 1 or change == "add":
        return [*strokes, _stroke(rng.uniform(0.25, 0.7), stroke, rng)]
    elif change == "remove":
        return strokes[:index] + strokes[index + 1 :]
    elif change == "replace":
        strokes[index] = _stroke(size, stroke, rng)
        return strokes
    elif change == "flip":
        axis = rng.integers(2)
        points[:, axis] = 2 * points[:, axis].mean() - points[:, axis]
    else:
        points += _somewhere(strokes[index - 1].points, rng) - _somewhere(points, rng)
    strokes[index] = Stroke(points, stroke.cornered)
    return strokes


def _stroke(size: float, other: Stroke, rng: np.random.Generator) -> Stroke:
    """A new stroke that joins another one."""
    points = _path(_one_of(POINTS, rng), size, rng)
    points = points - _somewhere(points, rng) + _somewhere(other.points, rng)
    return Stroke(points, len(points) == 2 or bool(rng.random() < 0.3))


def family(rng: np.random.Generator, drawings: int) -> list[list[list[np.ndarray]]]:
    """The pen's paths of `FAMILY` look-alikes: of each, so many drawings."""
    members = [_character(rng)]
    while len(members) < FAMILY:
        members.append(look_alike(members[rng.integers(len(members))], rng))
    return [[_redrawn(member, rng) for _ in range(drawings)] for member in members]


class Comparator(nn.Module):
    """Scores pairs by the 7x7 maps of the embedding network's first two stages, which are trained further.

    Args:
        net: the trained embedding network.
        radius: how far, in places of the map, one picture may be displaced against the other.
        width: channels of the scoring network.
    """

    def __init__(self, net: EmbeddingNet, radius: int = 2, width: int = 96) -> None:
        super().__init__()
        self.stages = nn.Sequential(*deepcopy(list(net.backbone.stages)[:2]))
        across = torch.arange(7).repeat(7)
        down = torch.arange(7).repeat_interleave(7)
        offsets = torch.stack([down[:, None] - down, across[:, None] - across])
        near = offsets.abs().amax(dim=0) <= radius
        self.register_buffer("far", torch.where(near, 0.0, -1e4))
        inside = offsets.clamp(-radius, radius) + radius
        self.register_buffer("offset", inside[0] * (2 * radius + 1) + inside[1])
        reach = torch.arange(-radius, radius + 1).float()
        self.place = nn.Parameter(-0.5 * torch.hypot(reach[:, None], reach).flatten())
        self.sharpness = nn.Parameter(torch.tensor(8.0))
        self.first = nn.Sequential(nn.LazyConv2d(width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
            for _ in range(2)
        )
        self.score = nn.Sequential(nn.Dropout(0.3), nn.Linear(9 * width, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """(B, C, 7, 7) maps of two pictures each -> (B,) scores."""
        cosine = F.normalize(a.flatten(2), dim=1).transpose(1, 2) @ F.normalize(b.flatten(2), dim=1)
        attention = (self.sharpness * cosine + self.place[self.offset] + self.far).softmax(dim=2)
        aligned = (b.flatten(2) @ attention.transpose(1, 2)).view_as(a)
        match = (cosine * attention).sum(dim=2).view(-1, 1, 7, 7)
        x = self.first(torch.cat([a, aligned, (a - aligned).abs(), (a - b).abs(), match], dim=1))
        for block in self.blocks:
            x = x + block(x)
        return self.score(F.max_pool2d(x, 2).flatten(1).float())[:, 0]


def train_comparator(
    net: EmbeddingNet, alphabets: list[list[Tensor]], families: list[list[Tensor]], steps: int, seed: int = 0
) -> Comparator:
    """Train on groups of look-alikes: a drawing of each is to be found again among the group's other drawings.

    Args:
        net: embeds, says which characters of an alphabet are alike, and lends its first stages.
        alphabets: of each, its characters' drawings, (N, H, W) uint8.
        families: of each family of look-alikes, likewise.
        steps: of AdamW, on a one-cycle schedule.
        seed: of weights, batches and augmentation.
    """
    torch.manual_seed(seed)
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    alike = [_nearest(net, characters) for characters in alphabets]
    sizes = np.array([len(characters) for characters in alphabets])
    model = Comparator(net).train()
    model(*torch.zeros(2, 2, 64, 7, 7))
    stages = list(model.stages.parameters())
    own = [weight for name, weight in model.named_parameters() if not name.startswith("stages")]
    optimizer = torch.optim.AdamW([{"params": own}, {"params": stages}], weight_decay=0.05)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, [3e-3, 1e-3], total_steps=steps + 1, pct_start=0.2)
    pixels = net.input.size[0] / 28
    amounts = AugmentationConfig(shift=1.5 * pixels, elastic=0.8 * pixels)
    decay = torch.optim.swa_utils.get_ema_multi_avg_fn(min(0.99, 1 - 1 / max(2.0, steps / 20)))
    average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=decay, use_buffers=True)
    answer, precision = torch.arange(WAYS).repeat(GROUPS), mixed_precision(torch.device("cpu"))

    def group(number: int) -> list[Tensor]:
        if number % 2:
            return [
                drawings
                for index in rng.choice(len(families), WAYS // FAMILY, replace=False)
                for drawings in families[index]
            ]
        which = rng.choice(len(alphabets), p=sizes / sizes.sum())
        character = rng.integers(sizes[which])
        near, far = alike[which][character, 1:13], alike[which][character, 13:]
        chosen = [
            character,
            *rng.choice(near, 5, replace=False),
            *rng.choice(far if len(far) > 1 else near, 2, replace=False),
        ]
        return [alphabets[which][index] for index in chosen]

    for step in range(steps):
        pairs = [
            drawings[rng.choice(len(drawings), 2, replace=False)]
            for number in range(GROUPS)
            for drawings in group(number)
        ]
        images = augment(torch.cat(pairs)[:, None], amounts, generator)
        with precision:
            maps = model.stages((images - net.mean) / net.std)
            a, b = maps.view(GROUPS, WAYS, 2, *maps.shape[1:]).unbind(2)[:: 1 if step % 2 else -1]
            every = (
                part.expand(GROUPS, WAYS, WAYS, *maps.shape[1:]).flatten(0, 2) for part in (a[:, :, None], b[:, None])
            )
            scores = model(*every).view(GROUPS, WAYS, WAYS).float()
        rows, columns = scores.flatten(0, 1), scores.transpose(1, 2).flatten(0, 1)
        loss = (F.cross_entropy(rows, answer) + F.cross_entropy(columns, answer)) / 2
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        average.update_parameters(model)
    return average.module.eval()


@torch.inference_mode()
def _nearest(net: EmbeddingNet, characters: list[Tensor]) -> np.ndarray:
    """(N, N) the characters of an alphabet, nearest first, from each."""
    rows = [F.normalize(net(drawings[:, None].float() / 255, "symbols").mean(dim=0), dim=0) for drawings in characters]
    return (torch.stack(rows) @ torch.stack(rows).T).argsort(dim=1, descending=True).numpy()


@torch.inference_mode()
def pair_scores(model: Comparator, net: EmbeddingNet, images: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Scores of pairs, the mean of both directions.

    Args:
        model: the comparator.
        net: whose input it takes.
        images: (N, 1, H, W) uint8, whose maps are computed once.
        first: (P,) indices of the one picture of each pair.
        second: (P,) of the other.

    Returns:
        (P,) scores.
    """
    maps = torch.cat([model.stages((part.float() / 255 - net.mean) / net.std) for part in images.split(256)])
    pairs = zip(first.split(128), second.split(128), strict=True)
    return torch.cat([(model(maps[a], maps[b]) + model(maps[b], maps[a])) / 2 for a, b in pairs])
