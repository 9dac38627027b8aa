"""Statistics of mel frames and the distances between them: losses, metrics and matching alike.

One definition each, for numpy arrays and torch tensors; with tensors every result has a gradient.

Frames are powers of mid ``(l + r) / 2`` and of side ``(l - r) / 2``, shape ``(batch, band,
frame)``; a full-scale sine in both channels has 1 in its mel band, and neighboring bands share what
lies between them, so that the sum over the bands is the power. A peak track holds the largest
absolute sample of both channels in each of its cells, shape ``(batch, cell)``.
"""
