"""The benchmark of second opinions: its distances and its scaling of ink, by hand, and that it runs."""

from __future__ import annotations

import aligned_comparator
import common
import local_matching
import numpy as np
import pytest
import second_opinion
import torch

from siamese.config import InputConfig, NetworkConfig
from siamese.data.omniglot import load_omniglot
from siamese.data.synthetic.pen import pen_ink
from siamese.models.networks import initialised
from tests.omniglot_files import write_omniglot


@pytest.fixture
def maps() -> torch.Tensor:
    return torch.rand(6, 3, 5, 5, generator=torch.Generator().manual_seed(0))


def test_ink_of_the_networks_size_is_the_packages_own(tmp_path):
    write_omniglot(tmp_path, "small1", {"Greek": 2, "Latin": 1})
    write_omniglot(tmp_path, "small2", {"Latin": 1})
    drawings = second_opinion.read(tmp_path, 28)
    assert list(drawings) == ["Greek", "Latin"]
    for alphabet in load_omniglot(tmp_path, ("small1",)):
        assert (drawings[alphabet.name].numpy() == alphabet.images).all()
    assert second_opinion.read(tmp_path, 56)["Greek"].shape == (2, 4, 56, 56)


def test_displacement_by_hand(maps):
    a, b = maps[:1], maps[1:2]
    found = float(local_matching.displaced(a, b, reach=1, context=1))
    padded, total = np.pad(b[0].numpy(), ((0, 0), (1, 1), (1, 1))), 0.0
    for row in range(5):
        for column in range(5):
            places = [(row + down, column + across) for down in range(3) for across in range(3)]
            total += min(((a[0, :, row, column].numpy() - padded[:, y, x]) ** 2).sum() for y, x in places)
    assert found == pytest.approx(total, rel=1e-5)


def test_what_is_moved_within_reach_is_the_same():
    dot, moved = torch.zeros(2, 1, 1, 7, 7)
    dot[..., 3, 3] = moved[..., 4, 2] = 1
    assert float(local_matching.both_ways(dot, moved, reach=1, context=3)) == 0
    assert float(local_matching.both_ways(dot, moved, reach=0, context=3)) > 0


def test_transport_costs_nothing_to_itself_and_its_displacement_else():
    dot, moved = torch.full((2, 1, 1, 5, 5), 1e-12)
    dot[..., 2, 2] = moved[..., 2, 4] = 1
    assert float(local_matching.optimal_transport(dot, dot, 0.1)) == pytest.approx(0, abs=1e-4)
    assert float(local_matching.optimal_transport(dot, moved, 0.1)) == pytest.approx(0.1 * 2**2, rel=1e-3)


@pytest.mark.parametrize("name", local_matching.MATCHINGS)
def test_matchings_do_not_depend_on_the_order(name):
    net = initialised(NetworkConfig(), InputConfig(), seed=0).eval()
    pictures = torch.randint(0, 256, (3, 1, 28, 28), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    first, second = torch.tensor([0, 1]), torch.tensor([2, 0])
    with torch.inference_mode():
        forth = local_matching.MATCHINGS[name](net, pictures, first, second)
        back = local_matching.MATCHINGS[name](net, pictures, second, first)
    assert torch.allclose(forth, back, rtol=1e-4)


def test_a_family_is_of_different_characters():
    paths = aligned_comparator.family(np.random.default_rng(0), drawings=2)
    assert [len(drawings) for drawings in paths] == [2] * aligned_comparator.FAMILY
    rng = np.random.default_rng(0)
    inks = {pen_ink(drawings[0], rng).tobytes() for drawings in paths}
    assert len(inks) == aligned_comparator.FAMILY


def test_a_weight_of_zero_is_the_plain_distance():
    tasks = second_opinion.Tasks.of(characters=20, drawers=4)
    rows = torch.nn.functional.normalize(torch.rand(80, 8, generator=torch.Generator().manual_seed(0)), dim=1)
    tasks.squared = tasks.distances(rows)
    tasks.nearest = tasks.squared.topk(5, largest=False).indices
    right = (tasks.nearest != torch.arange(20)[:, None]).float()
    tasks.opinions["oracle"] = right
    assert torch.equal(tasks.combined("oracle", 0), second_opinion.error(tasks.squared))
    assert torch.equal(tasks.combined("oracle", 1e6), right.min(dim=2).values.mean(dim=1))


def test_it_runs(tmp_path, capsys, monkeypatch):
    write_omniglot(tmp_path, "small1", {"Greek": 8, "Latin": 8})
    write_omniglot(tmp_path, "small2", {"Korean": 4, "Tagalog": 4})
    monkeypatch.setattr(common, "use_cores", lambda count: None)
    monkeypatch.setattr(second_opinion, "FOLDS", (("Korean", "Tagalog"),))
    monkeypatch.setattr(second_opinion, "CANDIDATES", 3)
    monkeypatch.setattr(second_opinion, "TASKS", 2)
    second_opinion.main(["--data-dir", str(tmp_path), "--folds", "0", "--steps", "2"])
    printed = capsys.readouterr().out
    for row in ("plain distance", "56 pixels", "+ comparator, 28 pixels", *local_matching.MATCHINGS):
        assert f"| {row}" in printed or f"| + {row}" in printed
