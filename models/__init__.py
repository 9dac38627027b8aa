"""The mastering chain: what its settings mean, and the mathematics of every processor.

Knows arrays, no files. Audio inside this package is ``(batch, channel, time)`` where there is a
batch, and ``(channel, time)`` in kernels, which render one track; full scale is ±1.
"""
