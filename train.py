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

    python train.py --data-dir DATA --out runs/base                      # MNIST alone
    python train.py --data-dir DATA --preset fast                        # a small network, in seconds
    python train.py --strokes --omniglot small1 small2 --scans 20000     # what the shipped bundle learned from

What it attains is in `metrics.json` beside the weights, with the command, seed, versions, time and
hardware it was measured with.
"""

from __future__ import annotations

import argparse
import platform
import shlex
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from siamese.bundle import card, hub
from siamese.bundle import format as bundle
from siamese.data import images as data
from siamese.data import pendigits as strokes
from siamese.data.synthetic import corruptions as scenes
from siamese.data.synthetic import half_swaps as chimeras
from siamese.data.synthetic import outliers as strangers
from siamese.evaluation import metrics
from siamese.evaluation import one_shot as oneshot
from siamese.evaluation import plots as report
from siamese.evaluation import protocol as evaluate
from siamese.matcher import NOVELTY_RANK
from siamese.models.networks import BACKBONES, HEADS, EmbeddingNet, NetworkConfig, certainty, embed
from siamese.presets import PRESETS
from siamese.retrieval import projection
from siamese.retrieval.calibration import Calibration, fit_calibration
from siamese.retrieval.gallery import Gallery
from siamese.training import head_retraining as symbol_head
from siamese.training.losses import DISTANCES, MININGS
from siamese.training.trainer import LOSSES, SAMPLINGS, Sources, Step, TrainConfig, Trainer, train

CHECKPOINT = "checkpoint.pt"
DOUBTED = 0.05  # of the validation digits, which are then looked at again
HELD_ALPHABET = "Early_Aramaic"  # of the set small1; not trained on unless `--hold-out` says otherwise


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    recipe, net = TrainConfig(), NetworkConfig()
    add = parser.add_argument
    add(
        "--data-dir",
        help="holds MNIST/raw as torchvision lays it out; default $SIAMESE_DATA, else downloaded to ./data",
    )
    add("--out", default="runs/base", help="folder of the bundle")
    add("--preset", choices=PRESETS, help="a recipe by name; what else is given goes before it")
    add("--resume", action="store_true", help="go on from the folder's last checkpoint")
    add("--limit", type=int, metavar="N", help="train on N images, for a smoke run")
    add("--device", choices=("cpu", "cuda", "mps"), help="default: the best there is")
    add("--seed", type=int, default=recipe.seed)
    group = parser.add_argument_group("network")
    group.add_argument("--backbone", choices=BACKBONES, default=net.backbone)
    group.add_argument("--pretrained-backbone", action="store_true", help="start a torchvision backbone from ImageNet")
    group.add_argument("--embedding-dim", type=int, default=net.embedding_dim)
    group.add_argument("--channels", type=int, nargs=3, default=net.channels, help="of the conv backbone's stages")
    group.add_argument(
        "--details",
        type=int,
        metavar="N",
        help=f"N x N of the conv backbone's second stage for the last head; {symbol_head.DETAILS} if that is for symbols, else 0",
    )
    group.add_argument(
        "--one-head", action="store_true", help="for digits and symbols alike; else symbols have a head of their own"
    )
    group.add_argument("--blocks", type=int, nargs=3, default=net.blocks, help="convolutions in each stage")
    group = parser.add_argument_group("recipe")
    group.add_argument("--epochs", type=int, default=recipe.epochs)
    group.add_argument("--loss", choices=LOSSES, default=recipe.loss, help="a head for symbols ends with supcon")
    group.add_argument("--sampling", choices=SAMPLINGS, default=recipe.sampling, help="what a step is made of")
    group.add_argument("--distance", choices=DISTANCES, default=recipe.distance)
    group.add_argument("--margin", type=float, help="of the contrastive (default 1) or triplet (0.3) loss")
    group.add_argument("--temperature", type=float, default=recipe.temperature, help="of the supcon loss")
    group.add_argument("--mining", choices=MININGS, default=recipe.mining, help="of in-batch triplets")
    group.add_argument("--per-class", type=int, default=recipe.per_class, help="pictures of each digit in a batch")
    group.add_argument("--symbols", type=int, default=recipe.symbols, help="of Omniglot in a batch, 4 pictures of each")
    group.add_argument(
        "--symbols-every", type=int, default=recipe.symbols_every, metavar="N", help="they are in every N-th batch"
    )
    group.add_argument("--learning-rate", type=float, default=recipe.learning_rate)
    group.add_argument(
        "--exclude-classes", type=int, nargs="+", default=[], metavar="DIGIT", help="never train on these"
    )
    group.add_argument(
        "--digits", type=int, metavar="N", help="learn from N of MNIST, and from chimeras and strangers of all"
    )
    group = parser.add_argument_group("more to learn from")
    group.add_argument(
        "--strokes", action="store_true", help="digits drawn by pen: DATA_DIR/pendigits/pendigits-orig.tra"
    )
    group.add_argument("--scans", type=int, default=0, metavar="N", help="N MNIST digits re-scanned and photographed")
    group.add_argument(
        "--strangers",
        type=int,
        default=0,
        metavar="N",
        help="N pictures that are no digit: digits nested in digits, doodles",
    )
    group.add_argument(
        "--drop-outliers",
        action="store_true",
        help="leave out digits that a small network, trained first, sees wrongly labelled",
    )
    group.add_argument("--omniglot", nargs="+", choices=("small1", "small2", "full"), default=[], metavar="SET")
    group.add_argument(
        "--chimeras",
        type=int,
        default=0,
        metavar="N",
        help="with --one-head, N of each two digits: the upper half of one on the lower half of the other",
    )
    group.add_argument("--hold-out", nargs="*", default=[HELD_ALPHABET], help="alphabets that are never trained on")
    group = parser.add_argument_group("Hugging Face Hub")
    group.add_argument("--push-to-hub", metavar="USER/REPO", help="where to push the bundle, once it is made")
    group.add_argument("--private", action="store_true", help="create that repository so that only you see it")
    words, arguments = arguments, parser.parse_args(arguments)
    # The preset's values take the place of the defaults, so that what was written still counts.
    parser.set_defaults(augmentation=recipe.augmentation)
    parser.set_defaults(**PRESETS.get(arguments.preset, {}))
    arguments = parser.parse_args(words)
    if arguments.private and not arguments.push_to_hub:
        raise ValueError("--private says how to make the repository of --push-to-hub, which is missing")
    if arguments.limit is not None and arguments.limit < 100:
        raise ValueError(f"--limit must be at least 100 images, got {arguments.limit}")
    if arguments.digits is not None and arguments.digits < 100:
        raise ValueError(f"--digits must be at least 100, got {arguments.digits}")
    if arguments.device == "cuda" and not torch.cuda.is_available():
        raise ValueError("--device cuda: this machine has no CUDA device that torch can use")
    if Path(arguments.out).is_file():
        raise ValueError(f"--out names a folder, and {arguments.out!r} is a file")
    if arguments.strangers < 0 or (arguments.strangers and arguments.sampling != "classes"):
        raise ValueError(f"--strangers must be 0 or more, and goes with --sampling classes; got {arguments.strangers}")
    if arguments.chimeras and not (arguments.one_head and arguments.sampling == "classes"):
        raise ValueError("--chimeras are near to digits: they go with --one-head, and --sampling classes")
    if arguments.details and arguments.backbone != "conv":
        raise ValueError(f"--details are the conv backbone's: with {arguments.backbone}, give --details 0")
    for name, least in (("scans", 0), ("chimeras", 0), ("symbols", 2), ("symbols_every", 1)):
        if getattr(arguments, name) < least:
            option = name.replace("_", "-")
            raise ValueError(f"--{option} must be {least} or more, got {getattr(arguments, name)}")
    if set(arguments.exclude_classes) - set(range(10)) or len(set(arguments.exclude_classes)) > 8:
        raise ValueError(f"--exclude-classes takes up to eight digits from 0 to 9, got {arguments.exclude_classes}")
    return arguments


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    device = options.device or best_device()
    network, config = settings(options)
    out = Path(options.out)
    if options.push_to_hub:
        hub.check_push(options.push_to_hub, options.private)

    corpus = Corpus(options)
    torch.manual_seed(config.seed)
    two = len(network.heads) > 1  # then the one for symbols sees details once it is fitted anew
    learning = replace(network, details=0) if two else network
    trainer = Trainer(EmbeddingNet(learning, options.pretrained_backbone), corpus.sources, config, device)
    corpus.command = shlex.join(["python", "train.py", *command_line(options)])
    if options.resume:
        trainer.restore(out / CHECKPOINT, corpus.command)
    fit(trainer, corpus, out)
    seconds = sum(row["seconds"] for row in trainer.history)

    net = trainer.averaged
    if two:
        print("Fitting the symbols' head ...", flush=True)
        start = time.perf_counter()
        steps = min(symbol_head.STEPS, trainer.steps_per_epoch * config.epochs)  # no longer than the rest
        net = symbol_head.refitted(net, corpus.sources.symbols, config, network.details, steps)
        seconds += time.perf_counter() - start
    net = net.cpu().to(memory_format=torch.contiguous_format).eval()
    print("Measuring ...", flush=True)
    trained = finish(net, corpus, trainer, options, round(seconds))
    bundle.save(trained, out)
    report.write_report(trained.metrics, trained.calibration.threshold, out / "report.html")
    print(card.results_table(trained.metrics))
    print(card.other_table(trained.metrics))
    if options.push_to_hub:
        hub.push(out, options.push_to_hub, options.private)
    print(f"\nBundle: {out}")


def settings(options: argparse.Namespace) -> tuple[NetworkConfig, TrainConfig]:
    """The network that comes out, and the recipe, that the options describe."""
    recipe = {field.name: getattr(options, field.name) for field in fields(TrainConfig) if field.name in RECIPE}
    two = options.omniglot and options.sampling == "classes" and not options.one_head
    unsaid = symbol_head.DETAILS if two and options.backbone == "conv" else 0
    network = NetworkConfig(
        backbone=options.backbone,
        embedding_dim=options.embedding_dim,
        channels=options.channels,
        blocks=options.blocks,
        heads=HEADS if two else HEADS[:1],
        details=unsaid if options.details is None else options.details,
    )
    return network, TrainConfig(**recipe)


def best_device() -> str:
    """CUDA, Apple's GPU, or the processor."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


RECIPE = (
    "epochs",
    "loss",
    "sampling",
    "distance",
    "margin",
    "temperature",
    "mining",
    "per_class",
    "symbols",
    "symbols_every",
    "learning_rate",
    "seed",
    "augmentation",
)


class Corpus:
    """All the pictures of a run, each in one part only: to fit, to choose by, to report on."""

    def __init__(self, options: argparse.Namespace) -> None:
        mnist, test = data.load_mnist(options.data_dir), data.load_mnist(options.data_dir, train=False)
        if options.limit:
            mnist, test = data.limit(mnist, options.limit), data.limit(test, options.limit)
        self.mnist, self.test = mnist, test
        split = data.split_mnist(mnist, round(len(mnist) * data.VALIDATION_SIZE / 60000))
        self.fit, self.validation = split.fit, split.validation
        self.pen_fit, self.pen_held = (), ()
        self.alphabets_held: list[data.Alphabet] = []
        drawn = scans = symbols = None
        if options.strokes:
            self.pen_fit, self.pen_held = strokes.hold_out(strokes.load_pendigits(options.data_dir))
            if options.limit:
                self.pen_fit, self.pen_held = self.pen_fit[: options.limit], self.pen_held[: options.limit]
            drawn = strokes.varied(self.pen_fit, copies=6, seed=1, redraw=True).without(options.exclude_classes)
        if options.scans:
            scans = self._scenes(options.scans).without(options.exclude_classes)
        if options.omniglot:
            alphabets = data.load_omniglot(options.data_dir, tuple(options.omniglot))
            names = [alphabet.name for alphabet in alphabets]
            unknown = sorted(set(options.hold_out) - set(names) - {HELD_ALPHABET})
            if unknown or not set(names) - set(options.hold_out):
                raise ValueError(f"--hold-out takes some of {', '.join(names)}; got {', '.join(options.hold_out)}")
            self.alphabets_held = [alphabet for alphabet in alphabets if alphabet.name in options.hold_out]
            symbols = data.as_classes([alphabet for alphabet in alphabets if alphabet.name not in options.hold_out])
        digits = self.fit.without(options.exclude_classes)
        if options.drop_outliers:
            digits = without_outliers(digits)
        chosen = data.limit(digits, options.digits, seed=13) if options.digits else digits
        nested = strangers.drawn(digits, options.strangers, seed=11) if options.strangers else None
        joined = chimeras.joined(digits, options.chimeras, seed=12) if options.chimeras else None
        self.sources = Sources(chosen, strokes=drawn, scans=scans, symbols=symbols, chimeras=joined, strangers=nested)

    def _scenes(self, count: int) -> data.LabeledImages:
        scanned = scenes.seen(data.limit(self.fit, count - count // 4, seed=3), scenes.scan, seed=4)
        photographed = scenes.seen(data.limit(self.fit, count // 4, seed=5), scenes.photograph, seed=6)
        return data.join(scanned, photographed)


def without_outliers(digits: data.LabeledImages) -> data.LabeledImages:
    """The digits without those whose label at most one of their ten neighbours shares.

    The neighbours are as the fast preset's network sees them, whose training is too short to learn a wrong
    label by heart (after Northcutt et al., 2021). k-NN is fitted on all digits nonetheless.
    """
    network, recipe = settings(parse(["--preset", "fast"]))
    torch.manual_seed(recipe.seed)
    scout = Trainer(EmbeddingNet(network), Sources(digits), recipe)
    train(scout)
    kept = digits.subset(metrics.agreement(embed(scout.averaged, digits.images), digits.labels) > 1)
    print(f"{len(digits) - len(kept)} of {len(digits)} digits left out as outliers", flush=True)
    return kept


def fit(trainer: Trainer, corpus: Corpus, out: Path) -> None:
    """Train with a bar an epoch, and a checkpoint after each."""
    quick = data.limit(corpus.fit, 20000, seed=1)
    bars: dict[int, tqdm] = {}

    def validate(net: EmbeddingNet) -> dict:
        accuracy = metrics.knn_accuracy(
            embed(net, quick.images), quick.labels, embed(net, corpus.validation.images), corpus.validation.labels
        )
        return {"validation 5-nn": accuracy}

    def on_step(trainer: Trainer, step: Step) -> None:
        if step.epoch not in bars:
            label = f"epoch {step.epoch + 1}/{trainer.config.epochs}"
            bars[step.epoch] = tqdm(total=trainer.steps_per_epoch, desc=label, mininterval=1, file=sys.stdout)
        bar = bars[step.epoch]
        bar.update()
        if bar.n % 10 == 0 or bar.n == bar.total:
            seconds = max(bar.format_dict["elapsed"], 1e-6)
            rate = bar.n * step.seen / seconds
            bar.set_postfix_str(f"loss {step.loss:.3f}, active {step.active:.1%}, {rate:.0f} images/s", refresh=False)

    def on_epoch(trainer: Trainer, figures: dict) -> None:
        bar = bars.pop(figures["epoch"] - 1)
        bar.set_postfix_str(
            f"loss {figures['loss']:.3f}, active {figures['active']:.1%}, {figures['images_per_second']:.0f} images/s, "
            f"validation 5-NN {figures['validation 5-nn']:.2%}"
        )
        bar.close()
        trainer.save(out / CHECKPOINT, corpus.command)

    train(trainer, validate, on_step, on_epoch)


def finish(
    net: EmbeddingNet, corpus: Corpus, trainer: Trainer, options: argparse.Namespace, seconds: int
) -> bundle.Bundle:
    """Calibrate on the validation pictures, measure on the test pictures, put the bundle together."""
    validation = corpus.validation
    doubt = torch.quantile(certainty(net, validation.images), DOUBTED)
    net.config = replace(net.config, doubt=round(float(doubt), 5))
    embedded_validation = embed(net, validation.images)
    domains = {"clean": metrics.pair_distances(embedded_validation, validation.labels)}
    some = data.limit(validation, 2500, seed=2)
    domains["scanned"] = paired(net, scenes.seen(some, scenes.scan, seed=7))
    domains["photographed"] = paired(net, scenes.seen(some, scenes.photograph, seed=8))
    if corpus.pen_held:
        # One half of the held-out people calibrate, the other half are reported on.
        choose, _ = strokes.halve(corpus.pen_held)
        domains["drawn"] = paired(net, strokes.varied(choose, copies=2, seed=9))

    embedded_test = embed(net, corpus.test.images)
    novelty = evaluate.novelty_threshold(embedded_validation, embedded_test, NOVELTY_RANK)
    calibration = fit_calibration(list(domains.values()), novelty)

    embedded_fit = embed(net, corpus.mnist.images)
    results = {
        "test": evaluate.measure(embedded_fit, corpus.mnist, embedded_test, corpus.test, calibration),
        "baselines": evaluate.baselines(net.config, trainer.config.seed, corpus.mnist, corpus.test),
        "validation": validated(embedded_validation, corpus, net, calibration, domains),
        "beyond": beyond(net, corpus, embedded_test, calibration, options),
    }
    pairs = metrics.pair_distances(embedded_test, corpus.test.labels)
    results |= {
        "test_images": len(corpus.test),
        "fit_images": len(corpus.mnist),
        "curves": evaluate.curves(pairs, calibration),
        "validation distances": evaluate.histogram(domains["clean"]),
        "history": trainer.history,
        "trained_on": ["mnist"] + ["strokes"] * options.strokes + ["omniglot"] * bool(options.omniglot),
        "recipe": trainer.config.to_json(),
        "network": net.config.to_json() | {"parameters": sum(p.numel() for p in net.parameters())},
        "command": corpus.command,
        "seed": trainer.config.seed,
        "seconds": seconds,
        "hardware": hardware(trainer.device),
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
    }
    images, labels = corpus.test.images[:, 0].numpy(), corpus.test.labels.numpy()
    xy = projection.tsne(embedded_test.numpy())
    gallery = Gallery(images, labels, embedded_test.numpy(), xy)
    symbols = symbol_calibration(net, corpus) or calibration
    return bundle.Bundle(net, gallery, calibration, symbols, tuple("0123456789"), results)


def symbol_calibration(net: EmbeddingNet, corpus: Corpus) -> Calibration | None:
    """The curve for symbols never trained on, from the alphabets that were held out; None without any."""
    domains = [
        paired(net, data.as_classes([alphabet], rotations=False), head="symbols") for alphabet in corpus.alphabets_held
    ]
    return fit_calibration(domains) if domains else None


def paired(net: EmbeddingNet, pictures: data.LabeledImages, head: str = "digits") -> metrics.PairDistances:
    return metrics.pair_distances(embed(net, pictures.images, head), pictures.labels)


def validated(
    embedded: torch.Tensor,
    corpus: Corpus,
    net: EmbeddingNet,
    calibration: Calibration,
    domains: dict[str, metrics.PairDistances],
) -> dict:
    """The figures that choices may be made by: on validation pictures, fitted on the 55,000."""
    fitted = embed(net, corpus.fit.images)
    return {
        "5-nn accuracy": metrics.knn_accuracy(fitted, corpus.fit.labels, embedded, corpus.validation.labels),
        "equal error rate": {name: metrics.equal_error_rate(pairs)[0] for name, pairs in domains.items()},
        "calibration error on the pictures it was fitted to": {
            name: metrics.calibration_error(pairs, calibration.probability(pairs.centres))
            for name, pairs in domains.items()
        },
    }


def beyond(
    net: EmbeddingNet, corpus: Corpus, gallery: torch.Tensor, calibration: Calibration, options: argparse.Namespace
) -> dict[str, float]:
    """What the network does with what it was not fitted to: other pen drawings, and an alphabet held out."""
    figures = {}
    _, held = strokes.halve(corpus.pen_held)
    for brush in strokes.BRUSHES if held else ():
        drawn = strokes.rendered(held, brush)
        accuracy = metrics.knn_accuracy(gallery, corpus.test.labels, embed(net, drawn.images), drawn.labels)
        figures[f"Pen drawings by people never seen, brush {brush} of {strokes.CANVAS}: 5-NN accuracy"] = accuracy
    if held:
        pairs = paired(net, strokes.varied(held, copies=1, seed=10))
        figures["Pen drawings by people never seen: equal error rate"] = metrics.equal_error_rate(pairs)[0]
        figures["Pen drawings by people never seen: calibration error"] = metrics.calibration_error(
            pairs, calibration.probability(pairs.centres)
        )
    for alphabet in corpus.alphabets_held:
        if len(alphabet.images) >= oneshot.WAYS:
            runs = oneshot.generate_runs(alphabet.images, runs=200, seed=0)
            errors = evaluate.omniglot(net, runs)
            for name in ("this network", "raw pixels"):
                figures[f"{alphabet.name} (used to choose the recipe), {oneshot.WAYS}-way one-shot error, {name}"] = (
                    errors[name][0]
                )
    if options.exclude_classes:
        unseen = corpus.test.subset(torch.isin(corpus.test.labels, torch.tensor(options.exclude_classes)))
        names = ", ".join(map(str, options.exclude_classes))
        for head in net.config.heads:
            rate, _ = metrics.equal_error_rate(paired(net, unseen, head))
            by = f" by the head for {head}" if len(net.config.heads) > 1 else ""
            figures[f"Digits {names}, never trained on: equal error rate{by}"] = rate
    return figures


ELSEWHERE = ("data_dir", "out", "resume", "device", "push_to_hub", "private")


def command_line(options: argparse.Namespace) -> list[str]:
    """The options that make the same bundle again; where the data lay and where it went is not among them."""
    words = ["--preset", options.preset] if options.preset else []
    unsaid = vars(parse(words))
    for name, value in vars(options).items():
        if name in ELSEWHERE or value == unsaid[name]:
            continue
        words.append("--" + name.replace("_", "-"))
        words += [] if value is True else [str(v) for v in (value if isinstance(value, list | tuple) else [value])]
    return words


def hardware(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    return f"{model}, {torch.get_num_threads()} cores"


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\nStopped. Go on with --resume.", file=sys.stderr)
        sys.exit(130)
