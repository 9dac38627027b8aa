"""The linear estimator: closed forms from statistics to moves, without a network."""
