"""The one place where tensors meet kernels.

A processor knows one example as numpy arrays, forward and backward. Here it becomes an operation on
a batch of tensors with a gradient: examples run in as many threads as torch may use, and each for
itself, so the result does not depend on their number. A tensor of another device is copied to the
host and its result back.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ..errors import ParameterError
from .audio import require_audio

Array = npt.NDArray[np.floating]


class ExampleProcessor(Protocol):
    """A processor and its reverse pass, one example at a time.

    Audio is of shape ``(2, time)``, float32 or float64, whole hops. Parameters are float64; a
    processor names its own (to a type checker, only ``*: Any`` and ``**: Any`` together allow it).
    """

    def forward(self, x: Array, y: Array, *parameters: Any, **unused: Any) -> Any:
        """Write the processed ``x`` to ``y``; return what `backward` has to remember."""
        ...

    def backward(
        self, x: Array, memory: Any, gy: Array, gx: Array, *parameters: Any, **unused: Any
    ) -> tuple[Array, ...]:
        """Write the gradient of ``x`` to ``gx``, given that of the output.

        Returns:
            The gradient of each parameter, in its shape.

        """
        ...


def process(
    processor: ExampleProcessor, x: Tensor, *parameters: Tensor, active: Tensor | None = None
) -> Tensor:
    """Run a processor on a batch, with gradients for the audio and for every parameter.

    Memory: one copy of ``x`` and one of the result, and little besides, until the gradient is
    computed. There is no second derivative.

    Args:
        processor: Of one example.
        x: Shape ``(batch, 2, time)``, whole hops, float32 or float64, any device.
        parameters: Each of shape ``(batch, …)``.
        active: Which examples are processed, shape ``(batch,)``; the others pass unchanged.

    Returns:
        Same shape, type and device as ``x``.

    Raises:
        ParameterError: ``x`` has another shape or type, or something is not of its batch.

    """
    require_audio(x, channels=(2,))
    chosen = [True] * x.shape[0] if active is None else active.tolist()
    for count in (len(chosen), *(len(parameter) for parameter in parameters)):
        if count != x.shape[0]:
            raise ParameterError(
                f"there are {x.shape[0]} examples of audio and {count} of settings",
                code="bad_shape",
            )
    result: Tensor = _Process.apply(processor, chosen, x, *parameters)  # type: ignore[no-untyped-call]
    return result


class _Process(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, processor: ExampleProcessor, active: list[bool], x: Tensor, *parameters: Tensor
    ) -> Tensor:
        audio = x.detach().cpu().contiguous()
        settings = [p.detach().cpu().double().contiguous() for p in parameters]
        out = torch.empty_like(audio)
        loud, processed = audio.numpy(), out.numpy()
        values = [tensor.numpy() for tensor in settings]
        memories: list[Any] = [None] * len(active)

        def run(i: int) -> None:
            if active[i]:
                memories[i] = processor.forward(loud[i], processed[i], *(v[i] for v in values))
            else:
                processed[i] = loud[i]

        _for_each(run, len(active))
        ctx.save_for_backward(audio, *settings)
        ctx.processor, ctx.active, ctx.memories = processor, active, memories
        ctx.homes = [(p.device, p.dtype) for p in parameters]
        return out.to(x.device)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        audio, *settings = ctx.saved_tensors
        above = gradient.detach().cpu().to(audio.dtype).contiguous()
        below = torch.empty_like(audio)
        slopes = [torch.zeros_like(tensor) for tensor in settings]
        loud, of_output, of_input = audio.numpy(), above.numpy(), below.numpy()
        values, of_values = ([t.numpy() for t in tensors] for tensors in (settings, slopes))

        def run(i: int) -> None:
            if not ctx.active[i]:
                of_input[i] = of_output[i]
                return
            found = ctx.processor.backward(
                loud[i], ctx.memories[i], of_output[i], of_input[i], *(v[i] for v in values)
            )
            for whole, part in zip(of_values, found, strict=True):
                whole[i] = part

        _for_each(run, len(ctx.active))
        homed = [s.to(*home) for s, home in zip(slopes, ctx.homes, strict=True)]
        return None, None, below.to(gradient.device), *homed


def _for_each(run: Callable[[int], None], count: int) -> None:
    workers = min(torch.get_num_threads(), count)
    if workers <= 1:
        for i in range(count):
            run(i)
        return
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(run, range(count)):
            pass  # an error in a thread is raised here
