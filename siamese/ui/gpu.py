"""`on_gpu` for functions that use a Space GPU: on ZeroGPU they run in a worker process that holds one."""

from __future__ import annotations

from collections.abc import Callable

try:
    from spaces import GPU as on_gpu  # noqa: N811
except ImportError:

    def on_gpu(function: Callable | None = None, *, duration: int | None = None) -> Callable:
        """Outside of Spaces the function or generator function stays as it is, and the duration is not used."""
        return function or (lambda function: function)


__all__ = ["on_gpu"]
