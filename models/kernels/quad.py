"""Two pairs as one number, so that a filter runs on two signals of two channels at once.

A quad holds the four values of two pairs (see `pair`) and is computed with as a vector of four.
Every lane is rounded like the pair that it comes from, so a kernel gives the same bits with either.
Factors that differ between the two pairs are quads too.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import PrimitiveModel
from numba.extending import intrinsic, register_model

Quad: TypeAlias = Any
"""A quad inside a kernel; it has no form outside."""

VECTOR = ir.VectorType(ir.DoubleType(), 4)
LANES = tuple(ir.Constant(ir.IntType(32), lane) for lane in range(4))


class QuadType(types.Type):  # type: ignore[misc]
    """The type of a quad."""

    def __init__(self) -> None:
        super().__init__(name="Quad")


@register_model(QuadType)
class QuadModel(PrimitiveModel):  # type: ignore[misc]
    """A quad in the machine: one vector."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)


QUAD = QuadType()


@intrinsic  # type: ignore[untyped-decorator]
def quad(typing: Any, a: Any, b: Any) -> Any:
    """Return the quad of the pairs ``a`` and ``b``."""
    signature = QUAD(types.complex128, types.complex128)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _vector(builder, [builder.extract_value(z, i) for z in arguments for i in (0, 1)])

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def factors(typing: Any, a: Any, b: Any) -> Any:
    """Return the quad that scales its first pair by ``a`` and its second by ``b``."""
    signature = QUAD(types.float64, types.float64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _vector(builder, [factor for factor in arguments for _ in range(2)])

    return signature, generate


@intrinsic  # type: ignore[untyped-decorator]
def first(typing: Any, a: Any) -> Any:
    """Return the first pair of a quad."""
    return types.complex128(a), lambda *generation: _pair(0, *generation)


@intrinsic  # type: ignore[untyped-decorator]
def second(typing: Any, a: Any) -> Any:
    """Return the second pair of a quad."""
    return types.complex128(a), lambda *generation: _pair(2, *generation)


@intrinsic  # type: ignore[untyped-decorator]
def fused(typing: Any, a: Any, b: Any, k: Any) -> Any:
    """Return ``a + k · b`` lane by lane, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.v4f64")
        a, b, k = arguments
        return builder.call(function, [b, k, a])

    return QUAD(a, b, k), generate


@intrinsic  # type: ignore[untyped-decorator]
def product(typing: Any, a: Any, b: Any) -> Any:
    """Return ``a · b`` lane by lane."""
    return QUAD(a, b), lambda context, builder, signature, arguments: builder.fmul(*arguments)


@intrinsic  # type: ignore[untyped-decorator]
def total(typing: Any, a: Any, b: Any) -> Any:
    """Return ``a + b``."""
    return QUAD(a, b), lambda context, builder, signature, arguments: builder.fadd(*arguments)


@intrinsic  # type: ignore[untyped-decorator]
def difference(typing: Any, a: Any, b: Any) -> Any:
    """Return ``a - b``."""
    return QUAD(a, b), lambda context, builder, signature, arguments: builder.fsub(*arguments)


@intrinsic  # type: ignore[untyped-decorator]
def load(typing: Any, table: Any, row: Any, column: Any) -> Any:
    """Return the quad at ``table[row, column : column + 4]``, a C-contiguous float64 array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, signature, arguments[:3])
        return builder.load(pointer, align=8)

    return QUAD(table, types.intp, types.intp), generate


@intrinsic  # type: ignore[untyped-decorator]
def store(typing: Any, table: Any, row: Any, column: Any, a: Any) -> Any:
    """Write the quad ``a`` to ``table[row, column : column + 4]``, as `load` reads it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, signature, arguments[:3])
        builder.store(arguments[3], pointer, align=8)
        return context.get_dummy_value()

    return types.void(table, types.intp, types.intp, QUAD), generate


def _vector(builder: Any, values: list[Any]) -> Any:
    vector = ir.Constant(VECTOR, ir.Undefined)
    for lane, value in zip(LANES, values, strict=True):
        vector = builder.insert_element(vector, value, lane)
    return vector


def _pair(lane: int, context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    pair = ir.Constant(context.get_value_type(signature.return_type), ir.Undefined)
    for i in (0, 1):
        value = builder.extract_element(arguments[0], LANES[lane + i])
        pair = builder.insert_value(pair, value, i)
    return pair


def _pointer(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = signature.args[0]
    table = context.make_array(kind)(context, builder, arguments[0])
    item = cgutils.get_item_pointer(context, builder, kind, table, arguments[1:])
    return builder.bitcast(item, VECTOR.as_pointer())
