"""Training's own family of degradations: finished masters made to look like mixes, on mel frames.

None of it is shared with the generators of the benchmark: responses are drawn from a smooth random
process instead of nodes, dynamics are expanded in another number of bands by another law, and all
of it happens to frames, not to audio.
"""
