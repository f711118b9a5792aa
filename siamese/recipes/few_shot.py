"""The network for classes never trained on: it learns from many kinds of symbols, each as much as the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from siamese.bundle.card import TRAINED_WITHOUT
from siamese.bundle.weights import rounded
from siamese.config import DataConfig, FewShotConfig, ink_input
from siamese.data.corpus import Corpus, digits_to_fit, split_alphabets
from siamese.data.images import LabeledImages, join, limit
from siamese.data.omniglot import Alphabet, as_classes, load_omniglot
from siamese.data.sources import Role, Source
from siamese.data.synthetic.letters import drawn_letters, letter_classes, load_scripts, related_scripts
from siamese.data.synthetic.pen import varied
from siamese.evaluation.few_shot import FewShot, measure_few_shot
from siamese.inputs.preparing import resized, to_batch
from siamese.models.networks import EmbeddingNet, initialised
from siamese.recipes.job import Job
from siamese.recipes.run import learn
from siamese.training.trainer import Trainer

LETTERS_SEED, PEN_SEED = 16, 17  # of the drawings


def train_few_shot(
    config: FewShotConfig,
    data: DataConfig,
    corpus: Corpus,
    job: Job,
    steps: int | None = None,
    final: EmbeddingNet | None = None,
) -> FewShot:
    """Train it without the alphabets held out, measure it by them, and train it again on all.

    Args:
        config: of this network.
        data: of the run that it is part of: alphabets, those held out, digits left out, and the limit count.
        corpus: of the run, of whose digits and pen recordings it learns some.
        job: what the run needs besides.
        steps: of the training before, which this one does not exceed; None where there was none.
        final: the network that learned from all alphabets, by the same recipe, if it is there already.

    Raises:
        ValueError: Omniglot cannot be read.
    """
    known, held_out = split_alphabets(load_omniglot(job.data_dir, data.omniglot, config.side), data)
    letters, digits = _letters(config, data.limit), _digits(config, data, corpus)
    related = related_scripts([alphabet.name for alphabet in held_out])
    unrelated = [alphabet for alphabet in letters if alphabet.name not in related]
    net = _trained(config, known, unrelated, digits, job, steps)
    again = config.all_alphabets and bool(held_out)
    measured = measure_few_shot(net, held_out, config.inference, TRAINED_WITHOUT if again else "this network")
    if not again:
        return measured
    return replace(measured, net=final or _trained(config, [*known, *held_out], letters, digits, job, steps))


def _letters(config: FewShotConfig, limit: int | None) -> list[Alphabet]:
    """Drawings of the letters of other scripts, and of no more scripts than it takes to have `limit` drawings."""
    if not config.letters:
        return []
    assert config.letters.pictures, "FewShotConfig refuses letters without their number"
    scripts, count = [], 0
    for script in load_scripts():
        if limit is None or count < limit:
            scripts.append(script)
            count += config.letters.pictures * len(script.letters)
    return drawn_letters(scripts, config.letters.pictures, LETTERS_SEED, config.side)


def _digits(config: FewShotConfig, data: DataConfig, corpus: Corpus) -> LabeledImages | None:
    """Some of MNIST's digits, enlarged, and each pen recording of the run, redrawn."""
    if not config.digits:
        return None
    form = ink_input(config.side)
    chosen = digits_to_fit(data, corpus)
    if config.digits.pictures:
        chosen = limit(chosen, config.digits.pictures, seed=13)
    pixels = [resized(ink, form) for ink in chosen.images[:, 0].numpy()]
    enlarged = LabeledImages(to_batch(pixels, form), chosen.labels, chosen.names)
    if not corpus.pen:
        return enlarged
    return join(enlarged, varied(corpus.pen, 1, PEN_SEED, True, config.side).without(data.exclude_classes))


def _trained(
    config: FewShotConfig,
    alphabets: Sequence[Alphabet],
    letters: Sequence[Alphabet],
    digits: LabeledImages | None,
    job: Job,
    steps: int | None,
) -> EmbeddingNet:
    """A network that learned from some alphabets, on the CPU, in evaluation mode."""
    sources = [Source.of(as_classes(list(alphabets)), Role.SYMBOL, config.symbols)]
    if letters and config.letters:
        classes, alike = letter_classes(letters)
        sources.append(replace(Source.of(classes, Role.SYMBOL, config.letters), alike=alike, hard_share=1.0))
    if digits and config.digits:
        sources.append(Source.of(digits, Role.SYMBOL, config.digits))
    net = initialised(config.network, ink_input(config.side), config.training.seed)
    epochs = config.training.epochs if steps is None else min(config.training.epochs, steps // sources[0].steps)
    trainer = Trainer(net, sources, replace(config.training, epochs=max(1, epochs)), job.device)
    print(f"Network for new symbols: {len(alphabets)} alphabets, letters of {len(letters)} other scripts", flush=True)
    learn(trainer, job.threads)
    return rounded(trainer.ema.cpu().eval())
