"""The folder that a trained model is: save it, load it, trust nothing in it.

config.json           format version, input, architecture, inference, label names, calibrations
model.safetensors     weights, float32 or float16
gallery.png           the gallery's pictures, a sprite sheet, 100 a row; gallery.webp where they are no ink, and
                      gallery.tiles where they are many, small pictures one after the other
gallery.safetensors   their embeddings (float16), labels, map coordinates; where the tiles begin, and the index, if there is one
metrics.json          everything measured, and how
README.md             the model card
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from siamese.bundle.card import model_card
from siamese.bundle.described import FORMAT_VERSION, BundleConfig
from siamese.bundle.files import read_json, write_json, write_text, written_together
from siamese.bundle.gallery_files import load_gallery, pictures_file, save_gallery
from siamese.bundle.measurements import Measurements
from siamese.bundle.self_check import check_embeddings
from siamese.bundle.weights import load_weights, save_weights
from siamese.config import InferenceConfig, from_json, to_json
from siamese.models.networks import EmbeddingNet, channels_last
from siamese.retrieval.calibration import Calibration
from siamese.retrieval.gallery import Gallery

FILES = ("config.json", "model.safetensors", "gallery.png", "gallery.safetensors", "metrics.json", "README.md")
FEW_SHOT = "few_shot."  # before the names of that network's weights
INSTEAD = {"gallery.png": ("gallery.webp", "gallery.tiles")}  # where the pictures are no ink, or many
ALL_FILES = (*FILES, *(other for others in INSTEAD.values() for other in others))

T = TypeVar("T")


@dataclass(frozen=True)
class Bundle:
    """A trained model and what belongs to it.

    Attributes:
        net: the network, in evaluation mode.
        gallery: the pictures that a query is compared with.
        inference: how it answers.
        calibration: from distance to probability, of the first head.
        few_shot_calibration: of the few-shot head, for classes that the network never trained on. Where none of those
            were at hand, it is the same as `calibration`.
        labels: names of the gallery's labels, by index.
        measurements: what was measured of it.
        few_shot_net: the network for classes that were never trained on, in evaluation mode; None where it is `net`.
    """

    net: EmbeddingNet
    gallery: Gallery
    inference: InferenceConfig
    calibration: Calibration
    few_shot_calibration: Calibration
    labels: tuple[str, ...]
    measurements: Measurements
    few_shot_net: EmbeddingNet | None = None

    @property
    def nets(self) -> dict[str, EmbeddingNet]:
        """Its networks, by what stands before the names of their weights in the file."""
        return {"": self.net} | ({FEW_SHOT: self.few_shot_net} if self.few_shot_net else {})

    @property
    def config(self) -> BundleConfig:
        """What config.json says of it.

        Raises:
            ValueError: the parts do not fit together.
        """
        return BundleConfig(
            FORMAT_VERSION,
            self.net.input,
            self.net.config,
            self.inference,
            self.labels,
            self.calibration,
            self.few_shot_calibration,
            self.few_shot_net.input if self.few_shot_net else None,
            self.few_shot_net.config if self.few_shot_net else None,
        )


def bundle_card(bundle: Bundle, repo: str = "user/repo") -> str:
    """The model card of a bundle, whose example loads it from a repository; `model_card` says what it raises."""
    own, distortion = bundle.few_shot_net is not None, bundle.inference.few_shot_distortion > 0
    return model_card(bundle.measurements, bundle.net.config.heads, own, repo, distortion)


def save(bundle: Bundle, folder: Path) -> None:
    """Write a bundle. One that stood there gives way once all files of the new one are whole.

    Raises:
        ValueError: the bundle's parts do not fit together; then nothing is written.
        OSError: a file could not be written; then the bundle that stood there is untouched.
    """
    config, card = to_json(bundle.config), bundle_card(bundle)
    with written_together(folder, last="config.json") as unfinished:
        save_weights(bundle.nets, unfinished / "model.safetensors")
        save_gallery(bundle.gallery, unfinished, bundle.net.input)
        write_json(unfinished / "metrics.json", to_json(bundle.measurements))
        write_text(unfinished / "README.md", card)
        write_json(unfinished / "config.json", config)
    kept = pictures_file(bundle.gallery, bundle.net.input)
    for name, others in INSTEAD.items():
        for other in {name, *others} - {kept}:  # of a bundle with another input, or with fewer pictures or more
            (folder / other).unlink(missing_ok=True)


def missing_files(names: Iterable[str]) -> list[str]:
    """What a folder or a repository with files of these names lacks to be a bundle."""
    present = set(names)
    ways = [(name, *INSTEAD.get(name, ())) for name in FILES]
    return [" or ".join(names) for names in ways if not present & set(names)]


def files_of(names: Iterable[str]) -> list[str]:
    """Which of these files are a bundle's."""
    return [name for name in names if name in ALL_FILES]


def load(folder: Path, self_check: bool = True) -> Bundle:
    """Read a bundle strictly; no file in it is ever unpickled.

    Args:
        folder: to read.
        self_check: make sure that the network finds the stored embeddings of its gallery's pictures again, and that the
            pictures of a sheet can be decoded; it takes some 0.1 s. A process may leave it out where another has done it.

    Raises:
        ValueError: a file is missing, of an unknown version, or holds anything but what belongs there; the message
            names the file, and the key or the tensor.
    """
    if not folder.is_dir():
        raise ValueError(f"There is no model folder {str(folder)!r}.")
    missing = missing_files([path.name for path in folder.iterdir() if path.is_file()])
    if missing:
        raise ValueError(f"{str(folder)!r} is no complete model: {', '.join(missing)} is missing.")
    path = folder / "config.json"
    values = read_json(path)
    version = values.get("format_version")
    if version != FORMAT_VERSION:
        raise ValueError(f"{path} has format version {version!r}; this code reads {FORMAT_VERSION}.")
    config = _understand(BundleConfig, values, path)

    def build() -> dict[str, EmbeddingNet]:
        try:
            nets = {"": EmbeddingNet(config.network, config.input)}
            if config.few_shot_network:
                nets[FEW_SHOT] = EmbeddingNet(config.few_shot_network, config.few_shot_input)
            return nets
        except (KeyError, OverflowError, RuntimeError, TypeError, ValueError) as error:
            raise ValueError(f"{path} describes a network that cannot be built: {error}") from error

    nets = load_weights(build, folder / "model.safetensors")
    gallery = load_gallery(folder, config.network.embedding_dim, len(config.labels), config.input)
    measurements = _understand(Measurements, read_json(folder / "metrics.json"), folder / "metrics.json")
    # The layout in which a processor convolves few pictures fastest; the weights stay what they are.
    nets = {name: channels_last(net.eval()) for name, net in nets.items()}
    net = nets[""]
    if self_check:
        check_embeddings(net, gallery, config.inference, folder)
    return Bundle(
        net,
        gallery,
        config.inference,
        config.calibration,
        config.few_shot_calibration,
        config.labels,
        measurements,
        nets.get(FEW_SHOT),
    )


def _understand(kind: type[T], values: dict[str, Any], path: Path) -> T:
    try:
        return from_json(kind, values, complete=True)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} cannot be understood: {error}.") from error
