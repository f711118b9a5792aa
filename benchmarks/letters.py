"""What letters of other scripts bring for classes never seen: python benchmarks/letters.py --data-dir DATA [--epochs 25]

A small network learns from Omniglot's alphabets but three, and from letters of a hundred other scripts
(`FewShotConfig.letters`) or from procedural characters. Then it is measured by one-shot tasks of the published shape (Lake et
al., 2015) within the three, for two choices of them. An epoch is near 100 steps of 64 classes, four drawings each: about half a
minute of one thread; the letters' drawings take two minutes.
"""

from __future__ import annotations

import argparse
import statistics

import common
import torch

from siamese.config import InputConfig, NetworkConfig, TrainingConfig, Views
from siamese.data.omniglot import Alphabet, as_classes, load_omniglot
from siamese.data.sources import Role, Source
from siamese.data.synthetic.characters import procedural_alphabet
from siamese.data.synthetic.letters import drawn_letters, letter_classes, load_scripts, related_scripts
from siamese.evaluation import one_shot
from siamese.models.inference import embed
from siamese.models.networks import EmbeddingNet, initialised
from siamese.training.trainer import Trainer, train

FOLDS = (("Early_Aramaic", "Korean", "Latin"), ("Balinese", "Sanskrit", "Tagalog"))
VIEWS = Views((-15.0, -8.0, 0.0, 8.0, 15.0))
DRAWINGS, CLASSES, PER_CLASS = 12, 32, 4  # of each letter; in a batch, of each source


def beside_omniglot(held_out: tuple[str, ...], letters: bool) -> Source:
    """The other half of a batch."""
    if letters:
        related = related_scripts(held_out)
        scripts = [script for script in load_scripts() if script.name not in related]
        classes, alike = letter_classes(drawn_letters(scripts, DRAWINGS, seed=0))
        return Source(classes, Role.SYMBOL, PER_CLASS, CLASSES, alike=alike, hard_share=1.0)
    return Source(as_classes([procedural_alphabet(1000, DRAWINGS, seed=0)]), Role.SYNTHETIC, PER_CLASS, CLASSES)


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
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--temperature", type=float, default=0.05)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(common.where())
    config = TrainingConfig(epochs=options.epochs, temperature=options.temperature)
    alphabets = load_omniglot(options.data_dir)
    for held_out in FOLDS:
        known = as_classes([alphabet for alphabet in alphabets if alphabet.name not in held_out])
        unseen = [alphabet for alphabet in alphabets if alphabet.name in held_out]
        for letters in (False, True):
            sources = [Source(known, Role.SYMBOL, PER_CLASS, CLASSES), beside_omniglot(held_out, letters)]
            trainer = Trainer(initialised(NetworkConfig(), InputConfig(), seed=0), sources, config)
            train(trainer)
            found = errors(trainer.ema.eval(), unseen)
            each = ", ".join(f"{alphabet.name} {error:.1%}" for alphabet, error in zip(unseen, found, strict=True))
            kind, steps = "letters" if letters else "procedural characters", trainer.steps_per_epoch * config.epochs
            print(f"{kind}, {steps} steps: {each}; mean {statistics.mean(found):.2%}", flush=True)


if __name__ == "__main__":
    main()
