"""Reverse passes of the kernels: from the gradient of what they give to that of what they take."""
