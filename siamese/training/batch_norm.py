"""Batch normalisation by the statistics of the whole batch, of which each process holds a share.

torch's own `SyncBatchNorm` computes on GPUs alone. This one computes on every device, so that what is tested on processors
is what runs on GPUs. Statistics are combined by their counts (Chan, Golub and LeVeque, 1979): shares may be uneven.
"""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function


class SynchronisedBatchNorm(nn.BatchNorm2d):
    """`nn.BatchNorm2d` whose batch is that of all processes. Outside of training it is the same."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same."""
        if not self.training or not dist.is_initialized():
            return super().forward(x)
        mean, variance, count = _statistics(at_least_float32(x.detach()))
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            share = self.momentum if self.momentum is not None else 1 / float(self.num_batches_tracked)
            self.running_mean.lerp_(mean, share)
            self.running_var.lerp_(variance * count / (count - 1).clamp(min=1), share)
        return cast(Tensor, _Normalise.apply(x, self.weight, self.bias, mean, variance, count, self.eps))


def at_least_float32(x: Tensor) -> Tensor:
    """A tensor that was computed in lower precision in float32, and any other as it is."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def synchronised(net: nn.Module) -> None:
    """Replace each `nn.BatchNorm2d` within a network, in place; its weights keep their names."""
    for name, module in list(net.named_children()):
        if type(module) is nn.BatchNorm2d:
            other = SynchronisedBatchNorm(
                module.num_features, module.eps, module.momentum, module.affine, module.track_running_stats
            )
            other.__dict__ = module.__dict__  # the same parameters, buffers and mode
            setattr(net, name, other)
        else:
            synchronised(module)


def _statistics(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and variance of each channel over all processes, (C,), and the number of values, a scalar."""
    variance, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
    own = torch.cat([mean, variance, mean.new_tensor([x.numel() / x.shape[1]])])
    rows = [torch.empty_like(own) for _ in range(dist.get_world_size())]
    dist.all_gather(rows, own)
    means, variances, counts = torch.stack(rows).split([len(mean), len(mean), 1], dim=1)
    count = counts.sum()
    mean = (means * counts).sum(0) / count
    return mean, ((variances + (means - mean) ** 2) * counts).sum(0) / count, count


class _Normalise(Function):
    """Normalise by given statistics. The gradient counts that they follow from the values of all processes."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any,
        x: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        mean: Tensor,
        variance: Tensor,
        count: Tensor,
        eps: float,
    ) -> Tensor:
        ctx.save_for_backward(x, weight, mean, (variance + eps).rsqrt(), count)
        return F.batch_norm(x, mean, variance, weight, bias, eps=eps)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        x, weight, mean, scale, count = ctx.saved_tensors
        normalised = (at_least_float32(x) - mean[:, None, None]) * scale[:, None, None]
        of_output = at_least_float32(gradient)
        of_bias, of_weight = of_output.sum((0, 2, 3)), (of_output * normalised).sum((0, 2, 3))
        sums = torch.stack([of_bias, of_weight])
        dist.all_reduce(sums)
        shift, stretch = (sums / count)[:, :, None, None]
        of_x = (of_output - shift - normalised * stretch) * (scale if weight is None else scale * weight)[:, None, None]
        if weight is None:
            return of_x.to(x.dtype), None, None, None, None, None, None
        return of_x.to(x.dtype), of_weight, of_bias, None, None, None, None
