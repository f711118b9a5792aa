"""What the Spaces builder, Hub Jobs and a reader of README.md rely on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml
from packaging.requirements import Requirement

from siamese.bundle.tables import with_tables
from tests.helpers import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def requirements() -> dict[str, Requirement]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    parsed = [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]
    return {requirement.name: requirement for requirement in parsed}


def front_matter() -> dict:
    return yaml.safe_load(README.split("---")[1])


def test_front_matter_is_complete_and_valid():
    front = front_matter()
    assert front["sdk"] == "gradio"
    assert (ROOT / front["app_file"]).is_file()
    assert front["license"] == "mit"
    assert 0 < len(front["short_description"]) <= 60
    assert front["python_version"] in ("3.10", "3.12"), "what ZeroGPU offers"
    assert front["colorFrom"] in ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")


def test_the_sdk_version_lies_in_the_range_of_requirements():
    assert front_matter()["sdk_version"] in requirements()["gradio"].specifier


def test_no_exact_pins_that_would_fight_with_the_builder():
    assert [str(r) for r in requirements().values() if any(s.operator == "==" for s in r.specifier)] == []


def test_inline_metadata_of_train_py_agrees_with_requirements():
    block = re.search(r"# /// script\n(.*?)# ///", (ROOT / "train.py").read_text(), re.DOTALL)[1]
    inline = {r.name: r for r in map(Requirement, re.findall(r'#   "(.+)",', block))}
    page_alone = ("gradio", "cachetools")
    wanted = {name: requirement for name, requirement in requirements().items() if name not in page_alone}
    assert {name: str(r) for name, r in inline.items()} == {name: str(r) for name, r in wanted.items()}


def test_hub_jobs_command_resolves(tmp_path):
    hf = Path(sys.executable).with_name("hf")
    command = (
        "jobs uv run --dry-run --namespace me --flavor a10g-small -v hf://spaces/me/space:/code -e PYTHONPATH=/code"
    )
    variables = os.environ | {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "HF_TOKEN": "hf_none"}
    done = subprocess.run(
        [hf, *command.split(), "train.py", "--push-to-hub", "me/model"],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Job not submitted" in done.stdout + done.stderr
    assert re.search(r"script\W+train.py", done.stdout)


def test_readme_shows_the_figures_of_the_shipped_bundle(matcher):
    assert with_tables(README, matcher.bundle.measurements) == README


def test_readme_shows_pictures_that_are_there():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert len(pictures) >= 4
    assert [picture for picture in pictures if not (ROOT / picture).is_file()] == []


def test_ci_runs_the_command_that_readme_gives():
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert len(commands) == 2
    steps = commands[1].split(" && ")
    script = (ROOT / ".ci" / "run").read_text()
    assert all(step in script for step in steps)


def test_the_shipped_bundle_stays_under_8_megabytes(matcher):
    assert sum(file.stat().st_size for file in matcher.folder.iterdir()) < 8_000_000


def test_model_card_front_matter_carries_the_measured_figures(matcher):
    text = (matcher.folder / "README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(text.split("---")[1])
    (result,) = front["model-index"][0]["results"]
    values = {metric["type"]: metric["value"] for metric in result["metrics"]}
    assert abs(values["k-nn accuracy"] - matcher.bundle.measurements.value("5-nn accuracy")) < 1e-6
    assert front["license"] == "mit" and front["pipeline_tag"]
