"""Two channels as one number, so that a filter runs on both at once.

A pair is a complex number: left is its real part, right its imaginary part. The operations below
treat it as a vector of two, which a processor handles in one instruction; numba by itself never
finds that out, and its own complex arithmetic would mix the channels. Products are fused with the
addition (one rounding, IEEE 754 ``fusedMultiplyAdd``), which is exact and the same everywhere.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

VECTOR = ir.VectorType(ir.DoubleType(), 2)
LANES = tuple(ir.Constant(ir.IntType(32), lane) for lane in (0, 1))


@intrinsic  # type: ignore[untyped-decorator]
def add_scaled(typing: Any, a: Any, b: Any, k: Any) -> Any:
    """Return ``a + k · b`` for pairs ``a``, ``b`` and a factor ``k``, rounded once."""
    signature = types.complex128(types.complex128, types.complex128, types.float64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
        fused = cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.v2f64")
        a, b, k = arguments
        vectors = [_vector(builder, b), _repeated(builder, k), _vector(builder, a)]
        return _pair(builder, builder.call(fused, vectors), a.type)

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def scaled(typing: Any, a: Any, k: Any) -> Any:
    """Return ``k · a`` for a pair ``a`` and a factor ``k``."""
    signature = types.complex128(types.complex128, types.float64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, k = arguments
        product = builder.fmul(_vector(builder, a), _repeated(builder, k))
        return _pair(builder, product, a.type)

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def subtract(typing: Any, a: Any, b: Any) -> Any:
    """Return ``a - b`` for pairs."""
    signature = types.complex128(types.complex128, types.complex128)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b = (_vector(builder, argument) for argument in arguments)
        return _pair(builder, builder.fsub(a, b), arguments[0].type)

    return signature, generate


def _vector(builder: Any, pair: Any) -> Any:
    vector = ir.Constant(VECTOR, ir.Undefined)
    for i, lane in enumerate(LANES):
        vector = builder.insert_element(vector, builder.extract_value(pair, i), lane)
    return vector


def _repeated(builder: Any, factor: Any) -> Any:
    vector = ir.Constant(VECTOR, ir.Undefined)
    for lane in LANES:
        vector = builder.insert_element(vector, factor, lane)
    return vector


def _pair(builder: Any, vector: Any, kind: Any) -> Any:
    pair = ir.Constant(kind, ir.Undefined)
    for i, lane in enumerate(LANES):
        pair = builder.insert_value(pair, builder.extract_element(vector, lane), i)
    return pair
