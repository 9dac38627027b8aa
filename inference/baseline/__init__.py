"""The baseline predictor: published statistics and closed forms, no training."""

from __future__ import annotations

from .predictor import BaselinePredictor

__all__ = ["BaselinePredictor"]
