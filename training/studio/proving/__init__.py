"""Whether a studio's model is better than what it started from, shown so that it can be checked."""
