"""The sub-commands of `python -m siamese`: index, evaluate, push, pull."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from siamese.cli import pairs
from siamese.cli.ending import status_of
from siamese.cli.parser import Parser


def main(arguments: list[str] | None = None) -> int:
    """Run a sub-command; returns the exit status."""
    parser = Parser(
        prog="python -m siamese", description="Measure a model, give it a gallery, or move it to and from the Hub."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    evaluate = commands.add_parser("evaluate", help="measure a model on a published task, or on pairs of your own")
    tasks = evaluate.add_subparsers(dest="task", required=True)
    task = tasks.add_parser("omniglot", help="20-way one-shot classification within alphabets")
    task.add_argument("--runs", required=True, type=Path, help="folder with run01/{training,test,class_labels.txt} ...")
    task.add_argument("--model", help="a bundle's folder or user/repo on the Hub; default: the one that ships")
    task.set_defaults(run=_evaluate_omniglot)
    listed = tasks.add_parser("pairs", help="verification on any list of pairs")
    pairs.add_arguments(listed)
    listed.set_defaults(run=pairs.run)
    index = commands.add_parser("index", help="embed a folder of pictures: the gallery of a trained model")
    index.add_argument("folder", type=Path, help="with a sub-folder for each class, or without any")
    index.add_argument("--model", help="a bundle's folder or user/repo on the Hub; default: the one that ships")
    index.add_argument("--out", required=True, type=Path, help="folder of the new bundle, such as runs/mine")
    index.add_argument("--device", choices=("cpu", "cuda", "mps"), help="default: a GPU if there is one")
    index.set_defaults(run=_index)
    push = commands.add_parser("push", help="upload a bundle in one commit")
    push.add_argument("folder", help="of the bundle, such as runs/base")
    push.add_argument("repo", metavar="USER/REPO", help="created if it isn't there")
    push.add_argument("--private", action="store_true", help="create it so that only you see it")
    push.set_defaults(run=_push)
    pull = commands.add_parser("pull", help="download a bundle into the cache, and check it")
    pull.add_argument("repo", metavar="USER/REPO[@REVISION]")
    pull.set_defaults(run=_pull)
    given = parser.parse_args(arguments)
    return status_of("siamese", lambda: given.run(given))


def _index(given: argparse.Namespace) -> None:
    from siamese.bundle.folder_lock import alone_in
    from siamese.bundle.locating import names_folder
    from siamese.matcher import load
    from siamese.models.device import best_device, check_device
    from siamese.models.processes import is_main
    from siamese.recipes.index import index
    from siamese.recipes.indexing.together import together

    device = given.device or best_device()
    check_device(device)
    with together() as wait:
        if not is_main():
            wait()  # until the main process has found all to be in order
        matcher = load(given.model)
        # Of this machine's folders only the names are told: a bundle may be published.
        source = matcher.folder.resolve().name if given.model and names_folder(given.model) else matcher.source
        words = ["python", "-m", "siamese", "index", given.folder.resolve().name, "--out", given.out.resolve().name]
        words += ["--model", source] if given.model else []
        with alone_in(given.out):
            count, failed = index(matcher, given.folder, given.out, shlex.join(words), device, wait)
    if not is_main():
        return
    for name, why in failed:
        print(f"Left out: {name}: {why}")
    if failed:
        print(f"Left out: {len(failed)} of {count + len(failed)} files.")
    print(f"Pictures: {count}\n\nBundle: {given.out}")


def _evaluate_omniglot(given: argparse.Namespace) -> None:
    from siamese.evaluation import one_shot
    from siamese.matcher import load

    matcher = load(given.model)
    if matcher.input.kind != "ink":
        raise ValueError("Omniglot's drawings are symbols: take a model of ink, not of photographs or documents.")
    runs = one_shot.read_runs(given.runs, matcher.few_shot_net.input.size[0])
    measured = one_shot.omniglot(matcher.few_shot_net, runs, matcher.inference)
    print(f"{len(runs)} runs, {len(runs[0].support)} ways, one example each")
    for name, (mean, standard_error) in measured.items():
        print(f"{mean:7.2%} ± {standard_error:.2%}  {name}")
    for name, mean in one_shot.PUBLISHED:
        print(f"{mean:7.2%}           {name} (published)")


def _push(given: argparse.Namespace) -> None:
    from siamese.bundle import hub

    hub.push(given.folder, given.repo, given.private)


def _pull(given: argparse.Namespace) -> None:
    from siamese.bundle import hub
    from siamese.bundle.format import load

    pulled = hub.pull(given.repo, deadline=hub.TRANSFER_SECONDS)
    load(pulled.folder)
    print(*filter(None, (pulled.problem, f"{pulled.name}: {pulled.folder}")), sep="\n")
