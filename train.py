# /// script
# requires-python = ">=3.10,<3.13"
# dependencies = [
#   "torch>=2.8,<2.13",
#   "torchvision>=0.23,<0.28",
#   "huggingface-hub>=1.16,<3",
#   "safetensors>=0.5",
#   "numpy>=2.0",
#   "scipy>=1.13",
#   "pillow>=11",
#   "scikit-learn>=1.6",
#   "openTSNE>=1.0.2",
#   "plotly>=6.0",
#   "tqdm>=4.66",
# ]
# ///
"""Train a Siamese network on handwritten digits, measure it honestly, write one bundle.

    python train.py --data-dir DATA --preset fast      # 99.5 % 5-NN on validation pictures after its first epoch, 12 s
    python train.py --data-dir DATA --preset full      # 99.71 % on test pictures, 0.21 % equal error rate, 23 min

Times are of training, on two cores of an AMD EPYC; the first is a median over three seeds (`benchmarks/README.md`), the
second was one run, the model that ships. `metrics.json` beside the weights has the figures of a run, with its
configuration, command, seed, versions, time and hardware. `main` below is the recipe; `siamese.config` has the presets.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import Any

import torch

from siamese import cli
from siamese.bundle import hub, tables
from siamese.bundle.format import save
from siamese.data.corpus import digits_to_fit, load_corpus, training_sources
from siamese.data.sources import Role
from siamese.evaluation import plots, protocol
from siamese.models.networks import EmbeddingNet
from siamese.training import checkpoints
from siamese.training.head_retraining import retrain_head
from siamese.training.label_noise import clean_labels
from siamese.training.progress import ProgressBars
from siamese.training.trainer import Trainer, train


def main(arguments: list[str] | None = None) -> None:
    # Configuration, and whether the run can go on and the result be pushed.
    config, job = cli.parse_training(arguments)
    checkpoint = job.out / checkpoints.CHECKPOINT
    resumed = checkpoints.read(checkpoint, config, job.device) if job.resume else None
    if job.push_to_hub:
        hub.check_push(job.push_to_hub, job.private)

    # Data.
    corpus = load_corpus(config.data, job.data_dir)
    digits, kept = digits_to_fit(config.data, corpus), None
    if config.data.filter_label_noise:
        kept = resumed["kept"].cpu() if resumed else clean_labels(digits, config.training.seed, job.device)
        print(f"Label-noise filter: {int((~kept).sum())} of {len(digits)} digits left out", flush=True)
        digits = digits.subset(kept)
    sources = training_sources(config.data, corpus, digits)

    # Training. A head that is retrained afterwards sees intermediate features only then.
    torch.manual_seed(config.training.seed)
    network = replace(config.network, intermediate_grid=0) if config.head_retraining else config.network
    net = EmbeddingNet(network, config.input, config.training.pretrained_backbone)
    trainer = Trainer(net, sources, config.training, job.device)
    if resumed:
        checkpoints.restore(trainer, resumed, str(checkpoint))
    bars = ProgressBars()

    def on_epoch(trainer: Trainer, figures: dict[str, Any]) -> None:
        bars.on_epoch(trainer, figures)
        checkpoints.save(trainer, checkpoint, config, kept)

    train(trainer, protocol.validator(corpus), bars.on_step, on_epoch)
    net, seconds = trainer.ema, sum(row["seconds"] for row in trainer.history)

    # The head for unseen classes, on the frozen backbone.
    if config.head_retraining:
        print("Retraining the symbols' head ...", flush=True)
        start = time.perf_counter()
        symbols = next(source for source in sources if source.role == Role.SYMBOL)
        steps = trainer.steps_per_epoch * config.training.epochs
        grid = config.network.intermediate_grid
        net = retrain_head(net, symbols, config.training, config.head_retraining, grid, steps)
        seconds += time.perf_counter() - start

    # Measuring, once, and what comes of it.
    print("Measuring ...", flush=True)
    net = net.cpu().eval()
    trained = protocol.evaluate(net, corpus, config, trainer.history, cli.command(config), seconds, trainer.device)
    save(trained, job.out)
    plots.write_report(trained.measurements, trained.calibration.threshold, job.out / "report.html")
    print(tables.results_table(trained.measurements))
    print(tables.generalisation_table(trained.measurements))
    if job.push_to_hub:
        hub.push(job.out, job.push_to_hub, job.private)
    print(f"\nBundle: {job.out}")


if __name__ == "__main__":
    sys.exit(cli.status_of("train.py", main, "Stopped. Go on with --resume."))
