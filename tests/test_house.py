"""The house: imports run one way, modules stay short, and every package says what is in it."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import ROOT

# From the ground up; what stands in a row may be imported by every row below it in this list.
ROWS = (
    ("siamese.config",),
    ("siamese.inputs",),
    ("siamese.models",),
    ("siamese.data",),
    ("siamese.retrieval", "siamese.bundle"),
    ("siamese.evaluation", "siamese.training"),
    ("siamese.matcher",),
    ("siamese.recipes",),
    ("siamese", "siamese.ui", "siamese.cli", "siamese.__main__"),
    ("app", "train"),
)
ROW = {name: number for number, row in enumerate(ROWS) for name in row}
MODULES = [*sorted((ROOT / "siamese").rglob("*.py")), ROOT / "app.py", ROOT / "train.py"]
MOST_LINES = {".py": 220, ".js": 250}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The part of the house that a module lies in: a top-level package or module."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "siamese" else parts[0]


def imports_of(path: Path) -> set[str]:
    """All modules that a file imports anywhere in it, in functions and for type hints too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: imports are absolute"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                found.add(name if is_module(name) else str(node.module))
    return found


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


OURS = {name_of(path): {name for name in imports_of(path) if is_module(name)} for path in MODULES}


def test_every_module_has_its_place():
    assert {room_of(name) for name in OURS} == set(ROW)


@pytest.mark.parametrize("module", OURS)
def test_imports_run_downwards(module):
    upward = [name for name in OURS[module] if ROW[room_of(name)] > ROW[room_of(module)]]
    assert upward == []


def test_nothing_is_imported_in_a_circle():
    rooms: dict[str, set[str]] = {room: set() for room in ROW}
    for module, imported in OURS.items():
        rooms[room_of(module)] |= {room_of(name) for name in imported} - {room_of(module)}
    for graph in (OURS, rooms):
        assert circle(graph) == []


def circle(graph: dict[str, set[str]]) -> list[str]:
    """A circle of a graph, empty if there is none."""
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for other in graph.get(node, set()) - {node}:
            if found := visit(other, [*path, node]):
                return found
        done.add(node)
        return []

    return next(filter(None, (visit(node, []) for node in graph)), [])


def test_a_circle_would_be_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


APART = [
    ("siamese.evaluation", "siamese.training"),
    ("siamese.training", "siamese.evaluation"),
    ("siamese.cli", "siamese.ui"),
]
APART += [("siamese.retrieval", "siamese.bundle"), ("train", "app"), ("app", "train"), ("train", "siamese.ui")]


@pytest.mark.parametrize(("room", "other"), APART)
def test_rooms_of_a_row_that_know_nothing_of_each_other(room, other):
    assert [name for name in OURS if room_of(name) == room and other in map(room_of, OURS[name])] == []


@pytest.mark.parametrize(
    ("library", "importers"),
    [
        ("gradio", ("app", "siamese.ui")),
        (
            "huggingface_hub",
            ("siamese.bundle.card", "siamese.bundle.folder_card", "siamese.bundle.hub", "siamese.bundle.hub_errors"),
        ),
        ("argparse", ("siamese.cli.commands", "siamese.cli.parser", "siamese.cli.training", "siamese.cli.pairs")),
    ],
)
def test_some_libraries_stay_in_their_room(library, importers):
    assert importlib.util.find_spec(library)
    found = [name_of(path) for path in MODULES if any(n.split(".")[0] == library for n in imports_of(path))]
    assert found
    assert [name for name in found if not name.startswith(importers)] == []


@pytest.mark.parametrize(
    "path",
    [*MODULES, *sorted((ROOT / "siamese/ui/static").glob("*.js"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_module_is_long(path):
    most = 120 if path.name == "train.py" else MOST_LINES[path.suffix]
    assert len(path.read_text(encoding="utf-8").splitlines()) <= most


def test_every_module_says_what_it_is():
    for path in MODULES:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path} says nothing of itself"


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=name_of)
def test_every_package_says_in_a_few_lines_what_is_in_it(path):
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert 2 <= len(text.splitlines()) <= 12
    inside = [p.stem for p in path.parent.iterdir() if p.suffix == ".py" and p.stem != "__init__"]
    assert any(name in text for name in inside)


def test_no_test_and_no_benchmark_touches_the_path():
    for path in (path for folder in ("tests", "benchmarks", "docs") for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            touched = isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.path"
            assert not touched, f"{path}, line {node.lineno}"
        assert "conftest" not in imports_of(path), path


def test_nothing_that_gradio_writes_lies_in_the_tree():
    """It writes a .pyi beside the module of each component that is subclassed."""
    code = "from siamese.ui import page"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list((ROOT / "siamese").rglob("*.pyi")) == []
