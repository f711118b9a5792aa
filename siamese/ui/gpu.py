"""A Space GPU where there is one: on ZeroGPU the decorated function runs in a worker that holds it."""

from __future__ import annotations

from collections.abc import Callable

try:
    from spaces import GPU as on_gpu  # noqa: N811
except ImportError:

    def on_gpu(function: Callable | None = None, *, duration: int | None = None) -> Callable:
        """Off Spaces the function, or generator function, runs as it is, however many seconds it says it takes."""
        return function or (lambda function: function)


__all__ = ["on_gpu"]
