"""One-shot recognition within alphabets: python benchmarks/one_shot.py --data-dir DATA --alphabets NAME ... [--model FOLDER]

Name alphabets that the model did not learn from. From each, 200 tasks of the published shape (Lake et
al., 2015) are drawn: twenty characters by one person, to be found again among those of another. With --as-pictures, the
drawings are read as any picture that the app is given, not as the clean ones that they are.
"""

import argparse
import sys

import common

import siamese
from siamese.data.omniglot import load_omniglot
from siamese.evaluation import one_shot
from siamese.inputs.ink import to_inks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--alphabets", nargs="+", required=True, metavar="NAME")
    parser.add_argument("--model")
    parser.add_argument("--as-pictures", action="store_true")
    options = parser.parse_args()
    print(common.where())
    matcher = siamese.load(options.model)
    net, inference = matcher.few_shot_net, matcher.inference
    ink = (lambda png, side: to_inks(png, (side,))[0]) if options.as_pictures else None
    alphabets = load_omniglot(options.data_dir, side=net.input.size[0], ink=ink)
    known = {alphabet.name: alphabet for alphabet in alphabets}
    for name in options.alphabets:
        if name not in known:
            sys.exit(f"{name!r} is none of {', '.join(known)}")
        images = known[name].images
        if len(images) < one_shot.WAYS:
            sys.exit(f"{name} has {len(images)} characters, a task wants {one_shot.WAYS}")
        figures = one_shot.omniglot(net, one_shot.generate_runs(images, runs=200, seed=0), inference)
        print(f"{name:22s}" + "   ".join(f"{who} {mean:6.2%} ± {error:.2%}" for who, (mean, error) in figures.items()))


if __name__ == "__main__":
    main()
