"""Gain: one factor for the whole signal."""

from __future__ import annotations

from ..parameters import ParameterSpec

SPECS: tuple[ParameterSpec, ...] = (ParameterSpec("gain", "dB", -60.0, 60.0, 0.0, scaled=True),)
