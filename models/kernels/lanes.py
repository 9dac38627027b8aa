"""Eight numbers as one, so that a cascade of filters runs in every lane at once.

Four sections times two channels fill the lanes. In a cascade each section waits for the one before
it; if section ``k`` works on sample ``t - k`` at step ``t``, all can run at the same time. What a
step gives is then moved up by one section and becomes the input of the next step, and a reverse
pass meets the same samples in the same lanes when it walks the steps backward.

numba knows no vectors, so this module gives it a type for them. A processor with narrower vectors
takes two or four instructions in place of one, with the same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import PrimitiveModel
from numba.extending import intrinsic, register_model

Lanes: TypeAlias = Any
"""Eight numbers inside a kernel; they have no form outside."""

COUNT = 8
VECTOR = ir.VectorType(ir.DoubleType(), COUNT)
BYTES = 8
"""Arrays of float64 promise no more alignment than that of one number."""


class LanesType(types.Type):  # type: ignore[misc]
    """numba's type of eight numbers."""

    def __init__(self) -> None:
        super().__init__(name="lanes")


@register_model(LanesType)
class LanesModel(PrimitiveModel):  # type: ignore[misc]
    """Keeps them in a vector register."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)


lanes = LanesType()


@intrinsic  # type: ignore[untyped-decorator]
def load(typing: Any, array: Any, start: Any) -> Any:
    """Return the eight numbers from ``start`` on of a contiguous float64 array ``(n,)``."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_address(context, builder, signature, arguments), align=BYTES)

    return lanes(array, types.intp), generate


@intrinsic  # type: ignore[untyped-decorator]
def store(typing: Any, array: Any, start: Any, value: Any) -> Any:
    """Write to the eight numbers from ``start`` on of an array as `load` takes it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = _address(context, builder, signature, arguments)
        builder.store(arguments[2], address, align=BYTES)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), generate


@intrinsic  # type: ignore[untyped-decorator]
def spread(typing: Any, value: Any) -> Any:
    """Return ``value`` in every lane."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.Constant(VECTOR, ir.Undefined)
        vector = builder.insert_element(vector, arguments[0], _index(0))
        return builder.shuffle_vector(vector, vector, _order([0] * COUNT))

    return lanes(types.float64), generate


@intrinsic  # type: ignore[untyped-decorator]
def fused(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Return ``a + b · c`` lane by lane, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b, c = arguments
        return _fused(builder, b, c, a)

    return lanes(lanes, lanes, lanes), generate


@intrinsic  # type: ignore[untyped-decorator]
def fused_less(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Return ``b · c - a`` lane by lane, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b, c = arguments
        return _fused(builder, b, c, builder.fneg(a))

    return lanes(lanes, lanes, lanes), generate


@intrinsic  # type: ignore[untyped-decorator]
def product(typing: Any, a: Any, b: Any) -> Any:
    """Return ``a · b`` lane by lane."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fmul(*arguments)

    return lanes(lanes, lanes), generate


def shuffle(*order: int) -> Any:
    """Make an operation of two arguments that picks lanes: 0-7 of the first, 8-15 of the second."""

    @intrinsic  # type: ignore[untyped-decorator]
    def picked(typing: Any, a: Any, b: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.shuffle_vector(*arguments, _order(order))

        return lanes(lanes, lanes), generate

    return picked


@intrinsic  # type: ignore[untyped-decorator]
def led_by(typing: Any, a: Any, pair: Any) -> Any:
    """Return real and imaginary part of ``pair``, followed by the first six lanes of ``a``."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, pair = arguments
        vector = builder.shuffle_vector(a, a, _order([0, 0, 0, 1, 2, 3, 4, 5]))
        for lane in range(2):
            vector = builder.insert_element(vector, builder.extract_value(pair, lane), _index(lane))
        return vector

    return lanes(lanes, types.complex128), generate


@intrinsic  # type: ignore[untyped-decorator]
def first_two(typing: Any, a: Any) -> Any:
    """Return the first lane as the real and the second as the imaginary part."""
    return types.complex128(lanes), lambda *generation: _pair(0, *generation)


@intrinsic  # type: ignore[untyped-decorator]
def last_two(typing: Any, a: Any) -> Any:
    """Return the last lane but one as the real and the last as the imaginary part."""
    return types.complex128(lanes), lambda *generation: _pair(COUNT - 2, *generation)


def _address(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = signature.args[0]
    array = context.make_array(kind)(context, builder, arguments[0])
    address = cgutils.get_item_pointer(
        context, builder, kind, array, [arguments[1]], wraparound=False
    )
    return builder.bitcast(address, VECTOR.as_pointer())


def _pair(lane: int, context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    pair = ir.Constant(context.get_value_type(types.complex128), ir.Undefined)
    for i in range(2):
        part = builder.extract_element(arguments[0], _index(lane + i))
        pair = builder.insert_value(pair, part, i)
    return pair


def _fused(builder: Any, b: Any, c: Any, a: Any) -> Any:
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.v8f64")
    return builder.call(function, [b, c, a])


def _index(lane: int) -> Any:
    return ir.Constant(ir.IntType(32), lane)


def _order(order: Sequence[int]) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(32), COUNT), list(order))
