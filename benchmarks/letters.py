"""What letters of other scripts bring for classes never seen: python benchmarks/letters.py --data-dir DATA [--steps 2400]

A small network learns from Omniglot's alphabets but three, and from letters of a hundred other scripts
(`DataConfig.letters`) or from procedural characters. Then it is measured by one-shot tasks of the published shape (Lake et
al., 2015) within the three, for two choices of them. About 0.3 s a step of one thread, and two minutes for the drawings.
"""

from __future__ import annotations

import argparse
import statistics

import common
import torch

from siamese.config import AugmentationConfig, InputConfig, NetworkConfig, Views
from siamese.data.augmentation import augment
from siamese.data.images import join
from siamese.data.omniglot import Alphabet, as_classes, load_omniglot
from siamese.data.sampling import ClassBalancedSampler, groups_of
from siamese.data.sources import Role, Source
from siamese.data.synthetic.characters import procedural_alphabet
from siamese.data.synthetic.letters import letter_classes
from siamese.evaluation import one_shot
from siamese.models.device import mixed_precision
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet, channels_last
from siamese.training.losses import supervised_contrastive

FOLDS = (("Early_Aramaic", "Korean", "Latin"), ("Balinese", "Sanskrit", "Tagalog"))
VIEWS = Views((-15.0, -8.0, 0.0, 8.0, 15.0))
DRAWINGS, PER_CLASS = 12, 4


def sources(alphabets: list[Alphabet], held_out: tuple[str, ...], letters: bool) -> list[Source]:
    """Half of a batch of 64 classes are characters of Omniglot, half are letters; or 40 are, and 24 procedural ones."""
    omniglot = as_classes(alphabets)
    if not letters:
        procedural = as_classes([procedural_alphabet(400, DRAWINGS, seed=0)])
        return [Source(omniglot, Role.SYMBOL, PER_CLASS, 40), Source(procedural, Role.SYNTHETIC, PER_CLASS, 24)]
    classes, alike = letter_classes(DRAWINGS, seed=0, held_out=held_out)
    return [
        Source(omniglot, Role.SYMBOL, PER_CLASS, 32),
        Source(classes, Role.SYMBOL, PER_CLASS, 32, alike=alike, hard_share=1.0),
    ]


def trained(learned: list[Source], steps: int, temperature: float) -> EmbeddingNet:
    """The averaged network after so many steps."""
    torch.manual_seed(0)
    generator, precision = torch.Generator().manual_seed(0), mixed_precision(torch.device("cpu"))
    net = channels_last(EmbeddingNet(NetworkConfig(), InputConfig())).train()
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=0.03, fused=True)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=steps + 1, pct_start=0.2)
    decay = torch.optim.swa_utils.get_ema_multi_avg_fn(min(0.99, 1 - 1 / max(2.0, steps / 20)))
    average = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=decay, use_buffers=True)
    pictures = join(*(source.pictures for source in learned))
    for index in ClassBalancedSampler(groups_of(learned), steps).epoch(0):
        images = augment(pictures.images[index], AugmentationConfig(), generator)
        with precision:
            features = net.features(images.contiguous(memory_format=torch.channels_last))
        embeddings = net.heads(features.float(), "digits")
        loss = supervised_contrastive(embeddings, pictures.labels[index], temperature).value
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        scheduler.step()
        average.update_parameters(net)
    return average.module.eval()  # type: ignore[return-value]


def errors(net: EmbeddingNet, alphabets: list[Alphabet]) -> list[float]:
    """One-shot error within each alphabet, of 300 tasks."""
    found = []
    for alphabet in alphabets:
        drawings = torch.from_numpy(alphabet.images).flatten(0, 1)[:, None]
        ways = min(one_shot.WAYS, len(alphabet.images))
        runs = one_shot.generate_runs(alphabet.images, runs=300, seed=0, ways=ways)
        found.append(one_shot.mean_error(runs, one_shot.lookup(drawings, embed(net, drawings, views=VIEWS)))[0])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", help="the folder with omniglot")
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--temperature", type=float, default=0.05)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(common.where())
    alphabets = load_omniglot(options.data_dir)
    for held_out in FOLDS:
        known = [alphabet for alphabet in alphabets if alphabet.name not in held_out]
        unseen = [alphabet for alphabet in alphabets if alphabet.name in held_out]
        for letters in (False, True):
            net = trained(sources(known, held_out, letters), options.steps, options.temperature)
            found = errors(net, unseen)
            each = ", ".join(f"{alphabet.name} {error:.1%}" for alphabet, error in zip(unseen, found, strict=True))
            kind = "letters" if letters else "procedural characters"
            print(f"{kind}, {options.steps} steps: {each}; mean {statistics.mean(found):.2%}", flush=True)


if __name__ == "__main__":
    main()
