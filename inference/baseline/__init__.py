"""The baseline predictor: published statistics and closed forms, no training."""
