"""Convolutions and matrix products that a training step executes, found in its graph."""

import dataclasses
import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

# Operation -> names of its inputs and attributes, as `tf.raw_ops` has them.
_CONVOLUTION = ("strides", "padding")
_KINDS = {
    "MatMul": (("a", "b"), ("transpose_a", "transpose_b")),
    "Conv2D": (("input", "filter"), _CONVOLUTION),
    "Conv2DBackpropInput": (("input_sizes", "filter", "out_backprop"), _CONVOLUTION),
    "Conv2DBackpropFilter": (("input", "filter_sizes", "out_backprop"), _CONVOLUTION),
}


@dataclasses.dataclass(frozen=True)
class Kernel:
    """A convolution, one of its gradients, or a matrix product, of known sizes.

    Attributes:
        kind: TensorFlow's name of the operation.
        inputs: Name and shape of each input; an input that holds the output's sizes has None.
        output: Shape of the result.
        attributes: Name and value of each attribute.
        dtype: Name of the type.
    """

    kind: str
    inputs: tuple[tuple[str, tuple[int, ...] | None], ...]
    output: tuple[int, ...]
    attributes: tuple[tuple[str, Any], ...]
    dtype: str

    @classmethod
    def of(cls, op: tf.Operation) -> "Kernel":
        """Describes an operation of a graph, whose `type` is a key of `_KINDS`."""
        inputs, attributes = _KINDS[op.type]
        return cls(
            op.type,
            tuple(
                (name, None if name.endswith("_sizes") else tuple(tensor.shape))
                for name, tensor in zip(inputs, op.inputs, strict=True)
            ),
            tuple(op.outputs[0].shape),
            tuple((name, _plain(op.get_attr(name))) for name in attributes),
            op.outputs[0].dtype.name,
        )

    @property
    def operations(self) -> float:
        """Twice the multiplications."""
        first, second = (shape for _, shape in self.inputs if shape is not None)
        if self.kind == "MatMul":
            inner = first[0 if dict(self.attributes)["transpose_a"] else 1]
            return 2.0 * math.prod(self.output) * inner
        if self.kind == "Conv2D":
            return 2.0 * math.prod(self.output) * math.prod(second[:3])
        if self.kind == "Conv2DBackpropInput":
            return 2.0 * math.prod(second) * math.prod(first[:3])
        return 2.0 * math.prod(second) * math.prod(self.output[:3])

    def alone(self) -> Callable[[], Any]:
        """Returns a function that runs the kernel by itself, on noise."""
        arguments = dict(self.attributes)
        for name, shape in self.inputs:
            if shape is None:
                arguments[name] = tf.constant(self.output, tf.int32)
            else:
                arguments[name] = tf.cast(tf.random.normal(shape), tf.as_dtype(self.dtype))
        return tf.function(lambda: getattr(tf.raw_ops, self.kind)(**arguments), autograph=False)


def kernels(train_step: Callable[..., Any], spec: Any, every: int = 1) -> dict[Kernel, float]:
    """Counts what a step executes, gradients included.

    The graph decides: fused upsampling counts only its remaining work, gradients that nothing uses
    do not count, a penalty of every k-th step counts 1 / k.

    Args:
        train_step: Of a GAN.
        spec: Specification of a batch, of known sizes.
        every: Steps between two uses of a branch.
    """
    found: dict[Kernel, float] = defaultdict(float)
    graph = tf.function(train_step).get_concrete_function(spec).graph
    for kernel, times in _of_graph(graph, every):
        found[kernel] += times
    return found


def total(found: dict[Kernel, float]) -> int:
    """Sums the floating-point operations of `kernels`; a product with a sum is two."""
    return round(sum(kernel.operations * times for kernel, times in found.items()))


def _of_graph(graph: Any, every: int) -> Iterator[tuple[Kernel, float]]:
    for op in _needed(graph):
        if op.type in _KINDS:
            yield Kernel.of(op), 1.0
        elif op.type in ("If", "StatelessIf"):
            branch = graph._get_function(op.get_attr("then_branch").name)
            yield from ((kernel, times / every) for kernel, times in _of_graph(branch.graph, 1))
        elif op.type in ("PartitionedCall", "StatefulPartitionedCall"):
            called = graph._get_function(op.get_attr("f").name)
            yield from _of_graph(called.graph, every)


def _needed(graph: Any) -> set[tf.Operation]:
    """The operations that TensorFlow does not drop before it runs a graph."""
    waiting = [tensor.op for tensor in graph.outputs] + list(graph.control_outputs)
    seen: set[tf.Operation] = set()
    while waiting:
        op = waiting.pop()
        if op not in seen:
            seen.add(op)
            waiting += [tensor.op for tensor in op.inputs] + list(op.control_inputs)
    return seen


def _plain(value: Any) -> Any:
    """An attribute as `tf.raw_ops` takes it, hashable."""
    if isinstance(value, bytes):
        return value.decode()
    return tuple(value) if isinstance(value, list) else value
