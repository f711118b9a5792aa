"""Train the network for few-shot classification of a bundle anew, keep its network for digits, and measure all of it again.

python docs/refit_few_shot.py siamese/pretrained runs/full --data-dir DATA [--threads N] [--keep-network]

The recipe is that of `--preset full`, whose digits take longer to train and come out a little different each time. With `--keep-network`
the bundle keeps its network for few-shot classification too; the one without the alphabets held out is trained, which calibrates it.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import torch

from siamese.bundle.folder_lock import alone_in
from siamese.bundle.format import load, save
from siamese.bundle.weights import rounded
from siamese.config import PRESETS, to_json
from siamese.data.corpus import load_corpus
from siamese.evaluation import protocol
from siamese.models.device import best_device
from siamese.recipes.digits import without_symbols
from siamese.recipes.few_shot import train_few_shot
from siamese.recipes.job import Job


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data-dir")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--keep-network", action="store_true")
    options = parser.parse_args()
    config, old = PRESETS["full"], load(options.bundle)
    assert config.few_shot, "the preset has such a network"
    job = Job(options.data_dir, options.out, False, best_device(), None, False, threads=options.threads)
    with alone_in(job.out):
        start, measured = time.perf_counter(), old.measurements
        corpus = load_corpus(config.data, job.data_dir)
        kept = old.few_shot_net if options.keep_network else None
        few_shot = train_few_shot(config.few_shot, config.data, corpus, job, final=kept)
        seconds = measured.seconds + (0 if kept else time.perf_counter() - start)
        bundle = protocol.evaluate(
            rounded(without_symbols(old.net)),
            corpus,
            config,
            to_json(measured)["history"],
            measured.command,
            seconds,
            torch.device(job.device),
            quiet=False,
            few_shot=few_shot,
        )
        later = (
            "Then the image distortion model was put beside it, and all was calibrated and measured again, by "
            "`docs/refit_few_shot.py --keep-network`."
            if kept
            else "Later its weights were rounded to 16 bits, the network for new symbols was trained in the place of that head, and "
            "all was measured again, by `docs/refit_few_shot.py`."
        )
        provenance = f"{measured.provenance} {later}".strip()
        save(replace(bundle, measurements=replace(bundle.measurements, provenance=provenance)), job.out)
    print(f"Bundle: {job.out}")


if __name__ == "__main__":
    main()
