"""Words of a command line become a configuration, and a configuration the command that makes it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from siamese import cli
from siamese.bundle.locating import PRETRAINED_GROCERIES
from siamese.config import PRESETS, RunConfig


def parsed(words: list[str]) -> RunConfig:
    config, _ = cli.parse_training(words)
    return config


def test_without_words_the_run_is_the_default():
    assert parsed([]) == RunConfig() == PRESETS["base"]


@pytest.mark.parametrize("name", [name for name in PRESETS if not PRESETS[name].folder])
def test_a_preset_is_a_whole_configuration(name):
    assert parsed(["--preset", name]) == PRESETS[name]


def test_a_backbone_of_torchvisions_has_no_intermediate_features():
    assert PRESETS["unseen"].network.intermediate_grid > 0
    assert parsed(["--preset", "unseen", "--backbone", "resnet18"]).network.intermediate_grid == 0
    assert parsed(["--preset", "unseen", "--backbone", "conv"]) == PRESETS["unseen"]


def test_help_names_every_default(capsys):
    with pytest.raises(SystemExit):
        cli.parse_training(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    for default in ("(20)", "(128)", "(supcon)", "(batch-hard)", "(0.005)", "(0.07)", "(conv)", "(runs/base)"):
        assert default in text


def test_what_is_given_goes_before_the_preset():
    """Wherever it stands, and even where it is what would hold without the preset."""
    epochs = RunConfig().training.epochs
    assert PRESETS["fast"].training.epochs != epochs
    given = ["--epochs", str(epochs)]
    for words in (["--preset", "fast", *given], [*given, "--preset", "fast"]):
        config = parsed(words)
        assert config.training == replace(PRESETS["fast"].training, epochs=epochs)
        assert config.network == PRESETS["fast"].network


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--preset", "fast"],
        ["--preset", "fast", "--epochs", "20", "--seed", "3"],
        ["--preset", "unseen", "--exclude-classes", "8", "9"],
        ["--preset", "full", "--hold-out"],
        ["--limit", "300", "--embedding-dim", "8"],
        ["--backbone", "resnet18", "--pretrained-backbone"],
        ["--loss", "triplet", "--margin", "0.2", "--mining", "semi-hard", "--learning-rate", "0.001"],
        ["--loss", "contrastive", "--sampling", "pairs"],
        ["--preset", "unseen", "--temperature", "0.2", "--hold-out", "Greek", "Early_Aramaic"],
        ["--preset", "unseen", "--backbone", "resnet18"],
    ],
    ids=" ".join,
)
def test_the_recorded_command_comes_to_the_same(words):
    config = parsed(words)
    program, script, *recorded = shlex.split(cli.command(config))
    assert (program, script) == ("python", "train.py")
    assert sorted(recorded) == sorted(words)
    assert parsed(recorded) == config


def test_the_shortest_command_is_recorded():
    """A run that is another preset after all is recorded as that."""
    fast = PRESETS["fast"]
    assert cli.command(replace(fast)) == "python train.py --preset fast"


def test_a_configuration_that_no_options_come_to_has_no_command():
    config = replace(RunConfig(), network=replace(RunConfig().network, channels=(4, 8, 8)))
    with pytest.raises(ValueError, match="no command makes it"):
        cli.command(config)


def test_a_value_that_options_cannot_take_back_is_not_recorded():
    without = replace(RunConfig(), training=replace(RunConfig().training, margin=0.5))
    assert cli.command(without) == "python train.py --margin 0.5"
    assert cli.changed(without, {"training.margin": None}) == RunConfig()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--embedding-dim", "0"], "--embedding-dim must be at least 2"),
        (["--limit", "5"], "--limit must be at least 100 images, got 5"),
        (["--limit", "-1"], "--limit must be at least 100 images, got -1"),
        (["--epochs", "0"], "--epochs must be greater than 0, got 0"),
        (["--margin", "-1"], "--margin must lie between 0 and 2"),
        (["--learning-rate", "0"], "--learning-rate must be greater than 0"),
        (["--learning-rate", "inf"], "--learning-rate must be a finite number, got inf"),
        (["--learning-rate", "500"], "--learning-rate must be at most 100, got 500"),
        (["--temperature", "inf"], "--temperature must be a finite number, got inf"),
        (["--temperature", "nan"], "--temperature must be a finite number, got nan"),
        (["--margin", "nan"], "--margin must be a finite number, got nan"),
        (["--epochs", "1000000000"], "--epochs must be at most 100000"),
        (["--seed", "-1"], "--seed must be from 0 to 4294967295, got -1"),
        (["--seed", str(2**70)], "--seed must be from 0 to 4294967295"),
        (["--loss", "triplet", "--sampling", "pairs"], "goes with the loss 'contrastive'"),
        (["--exclude-classes", "12"], "--exclude-classes takes up to eight digits"),
        (["--exclude-classes", *"012345678"], "--exclude-classes takes up to eight digits"),
        (["--loss", "contrastive", "--sampling", "triplets"], "--sampling 'triplets' goes with the loss 'triplet'"),
        (["--hold-out", "Klingon"], "--hold-out names alphabets, and the preset base trains on none"),
        (["--preset", "full", "--sampling", "pairs", "--loss", "contrastive"], "outliers belong to no class"),
        (["--private"], "--private says how to make the repository of --push-to-hub"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_words_that_make_no_sense_are_refused(words, message):
    with pytest.raises(ValueError, match=message):
        cli.parse_training(words)


def test_a_file_is_no_folder_for_a_bundle(tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(ValueError, match="--out names a folder"):
        cli.parse_training(["--out", str(tmp_path / "run")])
    with pytest.raises(ValueError, match="run' is a file"):
        cli.parse_training(["--out", str(tmp_path / "run" / "inner")])


def test_a_folder_that_cannot_be_written_is_told_before_anything_starts(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)  # whoever may write everywhere has none
    with pytest.raises(ValueError, match="is read-only"):
        cli.parse_training(["--out", str(tmp_path / "new" / "run")])


def test_a_device_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    with pytest.raises(ValueError, match="--device mps: this machine has no Apple GPU"):
        cli.parse_training(["--device", "mps"])


@pytest.mark.parametrize(
    "words", [["--augmentation", "light"], ["--preset", "instant"], ["--loss", "softmax"], ["--epochs", "x"]]
)
def test_what_is_no_option_ends_with_status_2(words, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.parse_training(words)
    assert caught.value.code == 2
    assert "usage: train.py" in capsys.readouterr().err


def test_where_data_lie_and_results_go_is_no_part_of_the_configuration(tmp_path):
    config, job = cli.parse_training(["--data-dir", "here", "--out", str(tmp_path), "--resume", "--device", "cpu"])
    assert config == RunConfig()
    assert job == cli.Job("here", Path(tmp_path), True, "cpu", None, False)


def test_what_changes_no_recipe_is_recorded_too(tmp_path):
    words = ["--threads", "2", "--no-map", "--out", str(tmp_path)]
    config, job = cli.parse_training(words)
    assert config == RunConfig()
    assert cli.command(config, flags=cli.flags_of(job)) == "python train.py --threads 2 --no-map"


# --- python -m siamese ----------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [[], ["evaluate"], ["evaluate", "omniglot"], ["push", "runs/base"], ["dance"]])
def test_half_a_sub_command_ends_with_status_2(words, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert caught.value.code == 2
    assert "usage: python -m siamese" in capsys.readouterr().err


def test_what_is_wrong_is_told_in_a_line(tmp_path, capsys):
    assert cli.main(["evaluate", "omniglot", "--runs", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("siamese: ")
    assert "holds no runs" in line


def test_symbols_are_evaluated_by_a_model_of_ink_alone(tmp_path, capsys):
    assert cli.main(["evaluate", "omniglot", "--runs", str(tmp_path), "--model", str(PRETRAINED_GROCERIES)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "take a model of ink" in line


def test_a_device_that_is_not_there_ends_an_index_before_it_begins(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert cli.main(["index", str(tmp_path), "--out", str(tmp_path / "out"), "--device", "cuda"]) == 2
    assert capsys.readouterr().err == "siamese: --device cuda: this machine has no CUDA device that torch can use\n"
    assert not (tmp_path / "out").exists()


def test_ctrl_c_ends_with_status_130(capsys):
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert cli.status_of("train.py", interrupted, "Stopped. Go on with --resume.") == 130
    assert capsys.readouterr().err == "\nStopped. Go on with --resume.\n"
