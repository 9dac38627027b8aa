"""Second-order digital filters that keep the shape of their analog prototype up to 16 kHz.

A bilinear filter is squeezed toward Nyquist, so a bell at 10 kHz would differ between 44.1 and
96 kHz. Here the poles are those of the prototype, mapped by ``z = exp(s T)``, and the numerator is
the minimum-phase one whose magnitude equals the prototype's at three frequencies, after
M. Vicanek, "Matched Second Order Digital Filters" (2016). With the third frequency at 0.35 of the
sample rate the error over bells and shelves of ±8 dB with corners up to 12 kHz is below 0.15 dB up
to 16 kHz at 44.1 kHz.

In ``u = sin²(ω/2)`` a polynomial's squared magnitude is
``(p0+p1+p2)² (1-u) + (p0-p1+p2)² u - 16 p0 p2 u (1-u)``, which loses no digits near DC.

Coefficients and corners are floats, or tensors with a value for each example.
"""

from __future__ import annotations

import math
from typing import TypeAlias

from ..namespace import Quantity, at_least, namespace

Quadratic: TypeAlias = tuple[Quantity, Quantity, Quantity]
"""Coefficients of ``s²``, ``s`` and 1, with ``s`` relative to the corner frequency."""

Section: TypeAlias = tuple[Quantity, Quantity, Quantity, Quantity, Quantity]
"""``b0 b1 b2 a1 a2`` of a digital section with ``a0 = 1``."""

IDENTITY: Section = (1.0, 0.0, 0.0, 0.0, 0.0)
CORNER_SHARE = 0.7
RATE_SHARE = 0.35

_TINY = 1e-30  # keeps the slope of a square root finite


def matched_section(
    numerator: Quadratic,
    denominator: Quadratic,
    frequency_hz: Quantity,
    sample_rate: int,
    *,
    corner_share: float = CORNER_SHARE,
    rate_share: Quantity = RATE_SHARE,
) -> Section:
    """Design the digital section of an analog prototype.

    Args:
        numerator: Prototype's numerator.
        denominator: Prototype's denominator.
        frequency_hz: Corner, at most 0.45 of the rate.
        sample_rate: In Hz.
        corner_share: Where to match below the corner, as a share of it.
        rate_share: Where to match near Nyquist, as a share of the rate.

    """
    share = frequency_hz / sample_rate
    poles = _mapped(denominator, 2.0 * math.pi * share)
    terms = _magnitude_terms(poles)

    def wanted(u: Quantity, ratio: Quantity) -> Quantity:
        power = _analog_power(numerator, ratio) / _analog_power(denominator, ratio)
        return power * _power(terms, u)

    # the numerator's own terms: the first from DC, the others from two equations in them
    low = _analog_power(numerator, 0.0) / _analog_power(denominator, 0.0) * terms[0]
    near, far = _half_sine(corner_share * share), _half_sine(rate_share + 0.0 * share)
    first = (wanted(near, corner_share) - (1.0 - near) * low) / near
    second = (wanted(far, rate_share / share) - (1.0 - far) * low) / far
    curvature = (first - second) / (4.0 * (far - near))
    high = first - 4.0 * (1.0 - near) * curvature
    return (*_minimum_phase(low, high, curvature), poles[1], poles[2])


def high_pass_section(frequency_hz: Quantity, q: float, sample_rate: int) -> Section:
    """Design a high-pass with a double zero at DC, matched at 0.35 of the rate."""
    poles = _mapped((1.0, 1.0 / q, 1.0), 2.0 * math.pi * frequency_hz / sample_rate)
    u = math.sin(math.pi * RATE_SHARE) ** 2
    ratio = RATE_SHARE * sample_rate / frequency_hz
    power = ratio**4 / _analog_power((1.0, 1.0 / q, 1.0), ratio)
    gain = (power * _power(_magnitude_terms(poles), u)) ** 0.5 / (4.0 * u)
    return (gain, -2.0 * gain, gain, poles[1], poles[2])


def inverse(section: Section) -> Section:
    """Return the section that undoes ``section``, which must be minimum phase."""
    b0, b1, b2, a1, a2 = section
    return (1.0 / b0, a1 / b0, a2 / b0, b1 / b0, b2 / b0)


def _half_sine(share: Quantity) -> Quantity:
    return namespace(share).sin(math.pi * share) ** 2


def _power(terms: Quadratic, u: Quantity) -> Quantity:
    return terms[0] * (1.0 - u) + terms[1] * u + 4.0 * terms[2] * u * (1.0 - u)


def _mapped(denominator: Quadratic, corner: Quantity) -> Quadratic:
    natural = (denominator[2] / denominator[0]) ** 0.5 * corner
    damping = denominator[1] / (2.0 * (denominator[0] * denominator[2]) ** 0.5)
    xp = namespace(natural)
    turned = (1.0 - damping * damping) * natural * natural  # negative for two real poles
    cosine = xp.where(
        turned >= 0.0,
        xp.cos(at_least(turned, _TINY) ** 0.5),
        xp.cosh(at_least(-turned, _TINY) ** 0.5),
    )
    radius = xp.exp(-damping * natural)
    return (1.0, -2.0 * radius * cosine, radius * radius)


def _magnitude_terms(p: Quadratic) -> Quadratic:
    return ((p[0] + p[1] + p[2]) ** 2, (p[0] - p[1] + p[2]) ** 2, -4.0 * p[0] * p[2])


def _analog_power(p: Quadratic, ratio: Quantity) -> Quantity:
    return (p[2] - p[0] * ratio * ratio) ** 2 + (p[1] * ratio) ** 2


def _minimum_phase(at_dc: Quantity, at_nyquist: Quantity, curvature: Quantity) -> Quadratic:
    low, high = at_least(at_dc, _TINY) ** 0.5, at_least(at_nyquist, _TINY) ** 0.5
    half = 0.5 * (low + high)
    b0 = 0.5 * (half + at_least(half * half + curvature, _TINY) ** 0.5)
    return (b0, 0.5 * (low - high), -curvature / (4.0 * b0))
