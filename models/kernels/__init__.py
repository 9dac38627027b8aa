"""Loops over samples, compiled by numba: plain functions of arrays and numbers.

Both renderings of the chain call these kernels: the full-resolution engine block by block, the
differentiable form inside its autograd functions. A kernel keeps no state of its own; what a
recursion must remember is an array that the caller passes and the kernel updates in place.

Conventions. Audio is float64 unless said otherwise, C-contiguous, shape ``(channel, time)`` with
two channels (the engine renders mono as two equal channels); full scale is ±1. No kernel uses
``fastmath`` or ``parallel``, so results are the same on every run.
"""
