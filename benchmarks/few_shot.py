"""One-shot error of the network for few-shot classification: python benchmarks/few_shot.py --data-dir DATA [--folds 0 1]

In each fold it learns, by the recipe of `--preset full`, from Omniglot's alphabets but three, from letters of other scripts and
from digits. Then it is measured by one-shot tasks of the published shape (Lake et al., 2015) within the three. Standard
errors are over the tasks. A fold takes some 15 minutes.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import replace
from pathlib import Path

import common

from siamese.config import PRESETS
from siamese.data.corpus import load_corpus, split_alphabets
from siamese.data.omniglot import load_omniglot
from siamese.evaluation import one_shot
from siamese.models.inference import fuse
from siamese.recipes.few_shot import train_few_shot
from siamese.recipes.job import Job

FOLDS = (("Early_Aramaic", "Korean", "Latin"), ("Balinese", "Sanskrit", "Tagalog"))
TASKS = 300  # of each alphabet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", help="the folder with MNIST/raw, omniglot and pendigits")
    parser.add_argument("--folds", type=int, nargs="+", default=range(len(FOLDS)))
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--without", nargs="+", default=(), choices=("letters", "digits", "distortion"))
    options = parser.parse_args()
    full = PRESETS["full"]
    assert full.few_shot, "the preset has such a network"
    training = replace(full.few_shot.training, epochs=options.epochs or full.few_shot.training.epochs)
    left_out = {name: 0.0 if name == "distortion" else None for name in options.without}
    config = replace(full.few_shot, training=training, all_alphabets=False, **left_out)
    job = Job(options.data_dir, Path(), False, "cpu", None, False, threads=options.threads)
    print(common.where())
    for fold in options.folds:
        data = replace(full.data, held_out_alphabets=FOLDS[fold])
        net = fuse(train_few_shot(config, data, load_corpus(data, options.data_dir), job).net)
        _, held_out = split_alphabets(load_omniglot(options.data_dir, data.omniglot, config.side), data)
        found = []
        for alphabet in held_out:
            ways = min(one_shot.WAYS, len(alphabet.images))
            runs = one_shot.generate_runs(alphabet.images, TASKS, seed=0, ways=ways)
            error, standard_error = one_shot.omniglot(net, runs, config.inference)["this network"]
            found.append(error)
            print(f"{alphabet.name:16} {error:6.1%} ± {standard_error:.1%}  {ways} ways", flush=True)
        print(f"fold {fold}: mean {statistics.mean(found):.2%}", flush=True)


if __name__ == "__main__":
    main()
