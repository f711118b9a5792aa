"""A second opinion for look-alikes, against the plain distance: python benchmarks/second_opinion.py --data-dir DATA

One-shot tasks of the published shape (Lake et al., 2015) within alphabets that were held out: twenty characters by one
person, to be found again among those of another, both drawn at random. In each of three folds a small network learns
from the other alphabets and from procedural characters. Then the five candidates that are nearest to a query are
compared once more, in several ways. A second opinion is added to the squared distance with a weight that is chosen on
all alphabets but the one that is measured. Standard errors are over the tasks; that of a gain is of paired differences.

The network is trained much more briefly than the one that ships (symbols alone, 400 steps), so only the comparison counts.
One thread, about ten minutes of processor time a fold. What it printed is in `README.md`, what was tried besides in `recipes.md`.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from pathlib import Path

import common
import numpy as np
import torch
from aligned_comparator import FAMILY, family, pair_scores, train_comparator
from local_matching import MATCHINGS
from procedural_characters import _character, _redrawn
from torch import Tensor, nn

from siamese.config import AugmentationConfig, InputConfig, NetworkConfig, Views
from siamese.data.augmentation import augment
from siamese.data.omniglot import load_omniglot
from siamese.data.synthetic.pen import pen_ink
from siamese.models.backbones import Stage
from siamese.models.device import mixed_precision
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet, channels_last
from siamese.training.losses import supervised_contrastive

FOLDS = (("Early_Aramaic", "Korean", "Latin"), ("Balinese", "Sanskrit", "Tagalog"), ("Greek", "Japanese_(katakana)"))
VIEWS = Views((-15.0, -8.0, 0.0, 8.0, 15.0))
COMPARED = (28,)  # pixels of the networks that a comparator is trained for; (28, 56) for both
CANDIDATES, TASKS = 5, 100
WEIGHTS = (0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.45, 0.7, 1, 2)  # of a second opinion of standard deviation 1


def read(data_dir: Path, side: int) -> dict[str, Tensor]:
    """Omniglot's minimal sets: alphabet -> (characters, drawers, side, side) uint8."""
    return {alphabet.name: torch.from_numpy(alphabet.images) for alphabet in load_omniglot(data_dir, side=side)}


def rotated(alphabet: Tensor) -> list[Tensor]:
    """(characters, drawers, H, W) -> the same in four orientations."""
    return [torch.rot90(alphabet, quarter, (2, 3)) for quarter in range(4)]


def train_network(alphabets: list[Tensor], side: int, steps: int, seed: int) -> EmbeddingNet:
    """Supervised contrastive: a batch holds 40 characters of the alphabets and 24 procedural ones, four drawings each.

    At twice the resolution a further convolution and pooling stand before the first stage.
    """
    torch.manual_seed(seed)
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    made = [[_redrawn(character, rng) for _ in range(12)] for character in (_character(rng) for _ in range(400))]
    procedural = torch.from_numpy(np.array([[pen_ink(paths, rng, side) for paths in drawings] for drawings in made]))
    classes = [drawings for alphabet in alphabets for turned in rotated(alphabet) for drawings in turned]
    added = [drawings for turned in rotated(procedural) for drawings in turned]
    net = EmbeddingNet(NetworkConfig(heads=("digits", "symbols")), InputConfig())
    if side != 28:
        net.backbone.stages[0] = nn.Sequential(Stage(1, 16, 1), Stage(16, 32, 1))
    channels_last(net).train()
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=0.03, fused=True)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=steps + 1, pct_start=0.2)
    decay = torch.optim.swa_utils.get_ema_multi_avg_fn(min(0.99, 1 - 1 / max(2.0, steps / 20)))
    average = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=decay, use_buffers=True)
    amounts = AugmentationConfig(shift=1.5 * side / 28, elastic=0.8 * side / 28)
    labels, precision = torch.arange(64).repeat_interleave(4), mixed_precision(torch.device("cpu"))
    for _ in range(steps):
        chosen = [classes[i] for i in rng.choice(len(classes), 40, replace=False)]
        chosen += [added[i] for i in rng.choice(len(added), 24, replace=False)]
        images = torch.cat([drawings[rng.choice(len(drawings), 4, replace=False)] for drawings in chosen])[:, None]
        with precision:
            features = net.features(augment(images, amounts, generator).contiguous(memory_format=torch.channels_last))
        loss = supervised_contrastive(net.heads(features.float(), "symbols"), labels, 0.07).value
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        scheduler.step()
        average.update_parameters(net)
    return average.module.eval()


@dataclass
class Tasks:
    """The tasks of an alphabet: each of `ways` queries has its answer at the same place of the support.

    Attributes:
        support: (tasks, ways) indices of drawings.
        queries: likewise.
        squared: (tasks, ways, ways) squared distances, query by support.
        nearest: (tasks, ways, candidates) the candidates of each query.
        opinions: (tasks, ways, candidates) of each second opinion, larger for the less alike.
        errors: (tasks,) of each method that needs no weight.
    """

    support: Tensor
    queries: Tensor
    squared: Tensor = field(default_factory=lambda: torch.empty(0))
    nearest: Tensor = field(default_factory=lambda: torch.empty(0))
    opinions: dict[str, Tensor] = field(default_factory=dict)
    errors: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def of(cls, characters: int, drawers: int, seed: int = 0) -> Tasks:
        """Characters and the two drawers of each task at random."""
        rng, chosen = np.random.default_rng(seed), []
        for _ in range(TASKS):
            first = rng.choice(characters, min(20, characters), replace=False) * drawers
            chosen.append([first + drawer for drawer in rng.choice(drawers, 2, replace=False)])
        support, queries = torch.from_numpy(np.array(chosen)).unbind(1)
        return cls(support, queries)

    def distances(self, rows: Tensor) -> Tensor:
        """Squared, of (drawings, dim) embeddings: (tasks, ways, ways)."""
        return 2 - 2 * rows[self.queries] @ rows[self.support].transpose(1, 2)

    def combined(self, name: str, weight: float) -> Tensor:
        """(tasks,) error by the squared distance and a second opinion."""
        opinion = self.opinions[name]
        total = self.squared.gather(2, self.nearest) + weight * 0.1 * opinion / opinion.std()
        best = self.nearest.gather(2, total.argmin(dim=2, keepdim=True))[..., 0]
        return (best != torch.arange(best.shape[1])).float().mean(dim=1)


def error(distances: Tensor) -> Tensor:
    """(tasks, ways, ways) -> (tasks,)."""
    return (distances.argmin(dim=2) != torch.arange(distances.shape[1])).float().mean(dim=1)


@torch.inference_mode()
def judge(
    tasks: Tasks, nets: dict[int, EmbeddingNet], models: dict[int, nn.Module], pictures: dict[int, Tensor]
) -> None:
    """Everything that is measured of an alphabet. Networks, comparators and (N, 1, H, W) pictures are given by side."""
    squared = {side: tasks.distances(embed(net, pictures[side], "symbols", VIEWS)) for side, net in nets.items()}
    tasks.squared = squared[28]
    tasks.nearest = tasks.squared.topk(CANDIDATES, largest=False).indices
    tasks.errors = {"plain distance": error(squared[28]), "56 pixels": error(squared[56])}
    tasks.errors["28 and 56 pixels, mean distance"] = error(squared[28] + squared[56])
    missed = (tasks.nearest != torch.arange(tasks.squared.shape[1])[:, None]).all(dim=2)
    tasks.errors[f"not among {CANDIDATES} candidates"] = missed.float().mean(dim=1)
    first = tasks.queries[:, :, None].expand_as(tasks.nearest).flatten()
    second = tasks.support[:, None].expand_as(tasks.squared).gather(2, tasks.nearest).flatten()
    count = len(pictures[28])
    unique, back = (first * count + second).unique(return_inverse=True)
    pairs = unique // count, unique % count

    def opinion(name: str, scores: Tensor, start: float) -> None:
        tasks.opinions[name] = scores[back].view_as(tasks.nearest)
        print(f"  {name}: {(time.process_time() - start) / len(unique) * 1e3:.2f} ms a pair", flush=True)

    for name, matching in MATCHINGS.items():
        start = time.process_time()
        opinion(name, matching(nets[28], pictures[28], *pairs), start)
    for side, model in models.items():
        start = time.process_time()
        opinion(f"comparator, {side} pixels", -pair_scores(model, nets[side], pictures[side], *pairs), start)
    tasks.opinions["56 pixels, as a second opinion"] = squared[56].gather(2, tasks.nearest)


def table(measured: dict[str, Tasks]) -> None:
    """Mean error of each method over the alphabets, its gain over the plain distance, and the error by alphabet."""
    some = next(iter(measured.values()))
    results = {name: [tasks.errors[name] for tasks in measured.values()] for name in some.errors}
    for name in some.opinions:
        by_weight = {w: [tasks.combined(name, w) for tasks in measured.values()] for w in WEIGHTS}
        results[f"+ {name}"] = [
            by_weight[
                min(WEIGHTS, key=lambda w: sum(float(e.mean()) for i, e in enumerate(by_weight[w]) if i != left))
            ][left]
            for left in range(len(measured))
        ]
        results[f"  {name}, alone"] = [tasks.combined(name, 1e6) for tasks in measured.values()]
    plain = torch.cat(results["plain distance"])
    print("| Method | Mean | Gain | " + " | ".join(measured) + " |\n| --- |" + " ---: |" * (len(measured) + 2))
    for name, errors in results.items():
        gain, joined = plain - torch.cat(errors), torch.cat(errors)
        cells = [joined, gain, *errors]
        print(f"| {name} | " + " | ".join(f"{c.mean():.2%} ± {c.std() / len(c) ** 0.5:.2%}" for c in cells) + " |")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data-dir", required=True, type=Path)
    parser.add_argument("--folds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=400, help="of a network; a comparator takes half as many again")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    common.use_cores(1)
    print(common.where())
    drawings = {side: read(options.data_dir, side) for side in (28, 56)}
    measured: dict[str, Tasks] = {}
    for fold in options.folds:
        nets, models = {}, {}
        for side, alphabets in drawings.items():
            start, known = time.process_time(), [a for name, a in alphabets.items() if name not in FOLDS[fold]]
            nets[side] = train_network(known, side, options.steps, options.seed)
            if side in COMPARED:
                rng = np.random.default_rng(options.seed)
                paths = [family(rng, drawings=8) for _ in range(max(FAMILY, options.steps))]
                families = [
                    [torch.from_numpy(np.array([pen_ink(p, rng, side) for p in m])) for m in members]
                    for members in paths
                ]
                turned = [list(orientation) for alphabet in known for orientation in rotated(alphabet)]
                models[side] = train_comparator(nets[side], turned, families, options.steps * 3 // 2, options.seed)
            print(f"fold {fold}, {side} pixels: {time.process_time() - start:.0f} s to train", flush=True)
        for name in FOLDS[fold]:
            tasks = Tasks.of(*drawings[28][name].shape[:2])
            pictures = {side: alphabets[name].flatten(0, 1)[:, None] for side, alphabets in drawings.items()}
            judge(tasks, nets, models, pictures)
            measured[name] = tasks
        if len(measured) > 1:
            table(measured)


if __name__ == "__main__":
    main()
