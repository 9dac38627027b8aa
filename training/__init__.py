"""Learning from pairs of mix and master; needs the chain's differentiable form."""
