"""Learned predictors: a linear estimator or a network, from statistics to settings."""
