"""Letters of many scripts, redrawn by pen."""

from __future__ import annotations

import numpy as np
import torch

from siamese.data.synthetic.letters import (
    RELATED,
    drawn_letters,
    letter_classes,
    load_scripts,
    redrawn,
    related_scripts,
)
from siamese.models.inference import embed

EVALUATED = {
    *("Avestan", "Ethiopic", "Glagolitic", "Gurmukhi", "Kannada", "Malayalam", "MeeteiMayek", "Mongolian", "Oriya"),
    *("SylotiNagri", "Syriac", "Tibetan"),
}
FEW = ("OlChiki", "Runic", "Tifinagh")


def some():
    return [script for script in load_scripts() if script.name in FEW]


def test_there_are_thousands_of_letters_of_about_one_unit():
    scripts = load_scripts()
    assert len(scripts) > 100
    assert sum(len(script.letters) for script in scripts) > 5000
    for script in scripts:
        assert 8 <= len(script.letters) <= 60
        for letter in script.letters:
            points = np.concatenate(letter)
            assert all(stroke.shape[1] == 2 and len(stroke) >= 2 for stroke in letter)
            assert np.abs(points).max() <= 0.5
            assert np.ptp(points, axis=0).max() > 0.95


def test_none_is_of_a_script_that_omniglot_evaluates_with():
    names = {script.name for script in load_scripts()}
    assert not names & EVALUATED
    # What `RELATED` names is there to be left out.
    assert {name for related in RELATED.values() for name in related} <= names


def test_a_variation_is_the_same_letter_but_not_the_same_drawing():
    (script,) = (script for script in load_scripts() if script.name == "OlChiki")
    letter = script.letters[0]
    varied = redrawn(letter, np.random.default_rng(1))
    assert len(varied) == len(letter)
    moved = np.concatenate(
        [np.ptp(mine, axis=0) - np.ptp(theirs, axis=0) for mine, theirs in zip(varied, letter, strict=True)]
    )
    assert 0 < np.abs(moved).max() < 0.4


def test_most_drawings_of_a_letter_are_nearest_to_one_another(matcher):
    """As the shipped network sees them: one example, among all letters of its script."""
    net = matcher.few_shot_net
    for alphabet in drawn_letters(some(), drawings=2, seed=3, side=net.input.size[0]):
        examples, queries = (embed(net, torch.from_numpy(alphabet.images[:, number])[:, None]) for number in (0, 1))
        nearest = (queries @ examples.T).argmax(dim=1)
        assert (nearest == torch.arange(len(nearest))).float().mean() > 0.7


def test_the_same_seed_draws_the_same_letters():
    first, again, other = (drawn_letters(some()[:1], drawings=2, seed=seed)[0].images for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape[1:] == (2, 28, 28)


def test_sets_that_are_alike_are_letters_of_a_script_in_one_orientation():
    classes, alike = letter_classes(drawn_letters(some(), drawings=2, seed=0))
    assert len(alike) == 4 * len(FEW)
    assert sorted(label for labels in alike for label in labels) == classes.labels.unique().tolist()
    for labels in alike:
        kinds = {tuple(classes.names[label].partition(",")[::2]) for label in labels}
        assert len({(name.rpartition(" ")[0], turned) for name, turned in kinds}) == 1
    turned = classes.subset(torch.isin(classes.labels, torch.tensor([alike[1][0]]))).images
    upright = classes.subset(torch.isin(classes.labels, torch.tensor([alike[0][0]]))).images
    assert torch.equal(turned, upright.rot90(1, (2, 3)))


def test_a_letter_is_the_same_at_twice_the_resolution():
    small, large = (drawn_letters(some()[:1], drawings=1, seed=1, side=side)[0].images for side in (28, 56))
    assert large.shape[2:] == (56, 56)
    halved = large.reshape(-1, 28, 2, 28, 2).mean(axis=(2, 4))
    apart = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(small.reshape(-1, 28, 28), halved, strict=True)]
    assert np.median(apart) > 0.9


def test_scripts_are_related_to_the_alphabet_of_their_name_at_least():
    assert related_scripts(["Hebrew", "Korean"]) == {"Hebrew", "RashiHebrew", "Korean"}
    assert related_scripts([]) == set()
