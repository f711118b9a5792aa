"""Any image classifier of torchvision's, or of that form, as a backbone: its features without its classifier.

The classifier is found in the graph of the computation, the same way for every architecture: it is the last of the
model's parts that holds weights. What enters it is pooled from the last feature map, which is taken before the pooling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from siamese.config import InputConfig, NetworkConfig
from siamese.models.pooling import pooled

LEAST_SIDE = 64  # pixels


@dataclass(frozen=True)
class Cut:
    """Where features are taken from a classifier.

    Attributes:
        final: the node of the last feature map, (B, C, h, w), or of the last features, (B, C).
        shape: of what it gives.
        intermediate: the last feature map of twice its resolution or more; None where there is none.
        intermediate_shape: of that.
    """

    final: fx.Node
    shape: torch.Size
    intermediate: fx.Node | None
    intermediate_shape: torch.Size | None


class ClassifierBackbone(nn.Module):
    """(B, 1 or 3, H, W) -> (B, all_features); a single channel is shown as three equal ones.

    Pictures of less than 64 pixels are enlarged: most classifiers halve the resolution five times.

    Args:
        model: the classifier, with weights or without; it is taken apart.
        config: whose `final_grid` (None for 1) and `intermediate_grid` say how feature maps are pooled. A model that has
            no finer feature map, such as a vision transformer, does without intermediate features.
        input: the form of the pictures.

    Attributes:
        out_features: length of the last feature map's part, which comes first.
        all_features: of the whole.
        left_out: names of the parts that were left out: the classifier, and such as serve training it alone.

    Raises:
        ValueError: it does not take pictures of that size.
    """

    def __init__(self, model: nn.Module, config: NetworkConfig, input: InputConfig) -> None:
        super().__init__()
        self.final_grid, self.intermediate_grid = config.final_grid or 1, 0
        scale = max(1.0, LEAST_SIDE / min(input.size))
        self.size = round(input.size[0] * scale), round(input.size[1] * scale)
        cut = find_cut(model, self.size, config.backbone)
        outputs = {"final": cut.final}
        self.out_features = cut.shape[1] * (self.final_grid**2 if len(cut.shape) == 4 else 1)
        self.all_features = self.out_features
        if config.intermediate_grid and cut.intermediate and cut.intermediate_shape:
            outputs["intermediate"] = cut.intermediate
            self.intermediate_grid = config.intermediate_grid
            self.all_features += cut.intermediate_shape[1] * self.intermediate_grid**2
        parts = {name for name, part in model.named_children() if _has_weights(part)}
        self.model = _with_outputs(model, cut.final.graph, outputs)
        self.left_out = sorted(parts - {name for name, _ in self.model.named_children()})

    @classmethod
    def by_name(cls, config: NetworkConfig, input: InputConfig, pretrained: bool = False) -> ClassifierBackbone:
        """A classifier of `torchvision.models`.

        Args:
            config: that names it.
            input: the form of the pictures.
            pretrained: begin from torchvision's own weights, which are downloaded.

        Raises:
            ValueError: there is no such classifier, its weights cannot be had, or it takes no such pictures.
        """
        from torchvision import models

        check_backbone(config.backbone)
        try:
            # Where there is an auxiliary classifier it is for training as a classifier.
            model = models.get_model(config.backbone, weights="DEFAULT" if pretrained else None)
        except OSError as error:
            raise ValueError(f"The weights of {config.backbone} could not be downloaded: {error}") from error
        return cls(model, config, input)

    def maps(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """The feature maps that are pooled: the last one, and an earlier one where it is used."""
        if x.shape[-2:] != self.size:
            x = F.interpolate(x, size=self.size, mode="bilinear", align_corners=False)
        maps = self.model(x.expand(-1, 3, -1, -1))
        final = maps["final"]
        return final[..., None, None] if final.ndim == 2 else final, maps.get("intermediate")

    def forward(self, x: Tensor) -> Tensor:
        return pooled(*self.maps(x), self.final_grid, self.intermediate_grid)


def check_backbone(name: str) -> None:
    """Refuse a name that is no classifier of `torchvision.models`.

    Raises:
        ValueError: it is none; the message lists some.
    """
    from torchvision import models

    known = models.list_models(module=models)
    if name not in known:
        some = ", ".join(["resnet18", "efficientnet_b0", "mobilenet_v3_small", "convnext_tiny"])
        raise ValueError(
            f"backbone {name!r} is neither conv nor one of torchvision's {len(known)} classifiers, such as {some}"
        )


def find_cut(model: nn.Module, size: tuple[int, int], name: str = "The model") -> Cut:
    """Where a classifier's features are, found by running it once on a blank picture.

    Raises:
        ValueError: it cannot be traced, takes no pictures of that size, or ends in no classifier.
    """
    model.eval()
    blank = torch.zeros(1, 3, *size)
    try:
        with torch.inference_mode():
            model(blank)  # traced, it would not say as clearly what is wrong
            graph = fx.Tracer().trace(model)
            shapes = _Shapes(fx.GraphModule(model, graph))
            shapes.run(blank)
    except Exception as error:
        line = str(error).strip().splitlines() or [type(error).__name__]
        raise ValueError(
            f"{name} takes no pictures of {size[0]}x{size[1]}: {line[0]}. Try another --image-size."
        ) from error
    nodes = list(graph.nodes)
    weighted = [node for node in nodes if _has_weights(_module_of(model, node))]
    if not weighted:
        raise ValueError(f"{name} is no classifier: nothing in it has weights.")
    first = next(node for node in nodes if _is_in(str(weighted[-1].target).partition(".")[0], node))
    # From what enters the classifier back to the map that was pooled: past flattening, dropout, mean and the like.
    enters = next(node for node in first.all_input_nodes if node.op != "get_attr")
    final = enters
    while True:
        shape = shapes.of.get(final)
        is_map = shape is not None and len(shape) == 4 and min(shape[2:]) > 1
        if is_map and not isinstance(_module_of(model, final), nn.AdaptiveAvgPool2d):
            break
        before = final.all_input_nodes
        if len(before) != 1 or _has_weights(_module_of(model, final)):
            final = enters
            break
        final = before[0]
    shape = shapes.of[final]
    if len(shape) not in (2, 4):
        raise ValueError(f"{name} is no classifier that features can be taken of: they have the shape {tuple(shape)}.")
    intermediate = None
    if len(shape) == 4:
        height, width = shape[2:]
        # What enters a convolution is a feature map, its channels first; in between other layouts occur.
        convolutions = [node for node in nodes if isinstance(_module_of(model, node), nn.Conv2d)]
        maps = {source for node in convolutions for source in node.all_input_nodes}
        for node in nodes[: nodes.index(final)]:
            if node in maps and node.op != "placeholder" and _is_finer(shapes.of[node], height, width):
                intermediate = node
    return Cut(final, shape, intermediate, shapes.of[intermediate] if intermediate else None)


def _is_finer(shape: torch.Size, height: int, width: int) -> bool:
    """Whether a feature map has twice the rows and columns of another, which may have been rounded up."""
    return shape[2] >= 2 * height - 1 > 1 and shape[3] >= 2 * width - 1


def _is_in(part: str, node: fx.Node) -> bool:
    """Whether a node is one of a part's modules, or computes with its weights, as ConvNeXt's normalisation does."""
    named = [node] if node.op == "call_module" else [at for at in node.all_input_nodes if at.op == "get_attr"]
    return any(str(at.target).partition(".")[0] == part for at in named)


def _module_of(model: nn.Module, node: fx.Node) -> nn.Module | None:
    return model.get_submodule(str(node.target)) if node.op == "call_module" else None


def _has_weights(module: nn.Module | None) -> bool:
    return module is not None and next(module.parameters(), None) is not None


class _Shapes(fx.Interpreter):
    """Runs a graph and keeps the shape of every tensor in it."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.of: dict[fx.Node, torch.Size] = {}

    def run_node(self, node: fx.Node) -> Any:
        result = super().run_node(node)
        if isinstance(result, Tensor):
            self.of[node] = result.shape
        return result


def _with_outputs(model: nn.Module, graph: fx.Graph, outputs: dict[str, fx.Node]) -> fx.GraphModule:
    """The model cut off after some of its nodes: a dictionary of what they give. Parameters keep their names."""
    for node in reversed(list(graph.nodes)):
        if node.op == "output":
            graph.erase_node(node)
    graph.output(outputs)
    graph.eliminate_dead_code()
    module = fx.GraphModule(model, graph)
    module.delete_all_unused_submodules()
    return module
