"""Studios whose taste is known: mixes, and masters made by other means than the chain's."""
