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
"""Train a Siamese network on handwritten digits or on your own pictures, measure it honestly, write one bundle.

    python train.py --data-dir DATA --preset fast      # 99.5 % 5-NN on validation pictures after its first epoch, 12 s
    python train.py --data-dir DATA --preset full      # 99.71 % on test pictures, 0.21 % equal error rate, 51 min
    python train.py --images DIR                       # your pictures, a folder of each class: docs/own-pictures.md

Times are of training, on two cores of an AMD EPYC; the first is a median over three seeds (`benchmarks/README.md`), the
second was one run, the model that ships. `metrics.json` beside the weights has the figures of a run, with its
configuration, command, seed, versions, time and hardware. `siamese.recipes` has the two recipes, `siamese.config` the presets.
"""

from __future__ import annotations

import os
import signal
import sys

# Before torch is imported. A thread that waits for another spins for some microseconds, as long as a free core takes to end its part,
# and then sleeps, so that other processes get the core. Of OpenMP's libraries GNU's alone can spin so briefly: with the others it sleeps.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ["OMP_WAIT_POLICY"] = "passive"
    os.environ.setdefault("GOMP_SPINCOUNT", "5000")
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C during the imports ends in silence

from siamese import cli
from siamese.bundle import hub, tables
from siamese.bundle.folder_lock import alone_in
from siamese.bundle.format import save
from siamese.evaluation import collapse, plots
from siamese.recipes.digits import train_digits
from siamese.recipes.pictures import train_pictures
from siamese.training import distributed


def main(arguments: list[str] | None = None) -> None:
    config, job = cli.parse_training(arguments)
    distributed.join(job.device)  # the processes that torchrun started; the main one alone measures and writes
    if job.push_to_hub:
        hub.check_push(job.push_to_hub, job.private)
    recipe = train_pictures if job.images else train_digits
    command = cli.command(config, job.images, job.weights, cli.flags_of(job))
    with alone_in(job.out):
        trained = recipe(config, job, command)
        save(trained, job.out)
        plots.write_report(trained.measurements, trained.calibration.threshold, job.out / "report.html")
    print(*collapse.warnings(trained.measurements), tables.both_tables(trained.measurements), sep="\n\n")
    if job.push_to_hub:
        hub.push(job.out, job.push_to_hub, job.private)
    print(f"\nBundle: {job.out}")


if __name__ == "__main__":
    sys.exit(cli.status_of("train.py", main, "Stopped. Go on with --resume."))
