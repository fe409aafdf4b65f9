"""What a training step executes: its convolutions and matrix products, found in its graph."""

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Kernel:
    """A convolution, one of its gradients, or a matrix product, of known sizes.

    Attributes:
        kind: TensorFlow's name of the operation.
        inputs: Shapes of what it works on; of a gradient, the sizes that it is told of left out.
        output: Shape of the result.
        attributes: What else decides on the result, names and values.
        dtype: Name of the type.
    """

    kind: str
    inputs: tuple[tuple[int, ...], ...]
    output: tuple[int, ...]
    attributes: tuple[tuple[str, Any], ...]
    dtype: str

    @classmethod
    def of(cls, op: tf.Operation) -> "Kernel":
        """Describes an operation of a graph.

        Args:
            op: Its `type` is a key of `_ATTRIBUTES`.
        """
        tensors = list(op.inputs)
        told = {"Conv2DBackpropInput": 0, "Conv2DBackpropFilter": 1}.get(op.type)
        if told is not None:
            del tensors[told]
        attributes = tuple((name, _plain(op.get_attr(name))) for name in _ATTRIBUTES[op.type])
        return cls(
            op.type,
            tuple(tuple(tensor.shape) for tensor in tensors),
            tuple(op.outputs[0].shape),
            attributes,
            op.outputs[0].dtype.name,
        )

    @property
    def operations(self) -> float:
        """Twice the multiplications."""
        first, second = self.inputs
        if self.kind == "MatMul":
            inner = first[0 if dict(self.attributes)["transpose_a"] else 1]
            return 2.0 * math.prod(self.output) * inner
        if self.kind == "Conv2D":
            return 2.0 * math.prod(self.output) * math.prod(second[:3])
        if self.kind == "Conv2DBackpropInput":
            return 2.0 * math.prod(second) * math.prod(first[:3])
        return 2.0 * math.prod(second) * math.prod(self.output[:3])

    def alone(self) -> Callable[[], Any]:
        """Returns what runs the kernel by itself, on noise."""
        dtype = tf.as_dtype(self.dtype)
        first, second = (tf.cast(tf.random.normal(shape), dtype) for shape in self.inputs)
        sizes = tf.constant(self.output, tf.int32)
        options = dict(self.attributes)
        run = {
            "MatMul": lambda: tf.raw_ops.MatMul(a=first, b=second, **options),
            "Conv2D": lambda: tf.raw_ops.Conv2D(input=first, filter=second, **options),
            "Conv2DBackpropInput": lambda: tf.raw_ops.Conv2DBackpropInput(
                input_sizes=sizes, filter=first, out_backprop=second, **options
            ),
            "Conv2DBackpropFilter": lambda: tf.raw_ops.Conv2DBackpropFilter(
                input=first, filter_sizes=sizes, out_backprop=second, **options
            ),
        }[self.kind]
        return tf.function(run, autograph=False)


_CONVOLUTION = ("strides", "padding")
_ATTRIBUTES = {
    "MatMul": ("transpose_a", "transpose_b"),
    "Conv2D": _CONVOLUTION,
    "Conv2DBackpropInput": _CONVOLUTION,
    "Conv2DBackpropFilter": _CONVOLUTION,
}


def kernels(train_step: Callable[..., Any], spec: Any, every: int = 1) -> Counter[Kernel]:
    """Counts what a step executes, gradients included.

    What the graph says is what is executed: fused upsampling counts what it has left, gradients
    that nothing uses do not count, a penalty of every k-th step counts 1 / k.

    Args:
        train_step: Of a GAN.
        spec: What a batch looks like, of known sizes.
        every: Steps between two uses of what stands in a branch.
    """
    found: Counter[Kernel] = Counter()
    graph = tf.function(train_step).get_concrete_function(spec).graph
    for kernel, times in _of_graph(graph, every):
        found[kernel] += times
    return found


def of_step(train_step: Callable[..., Any], spec: Any, every: int = 1) -> int:
    """Counts the floating-point operations of `kernels`; a product with a sum is two.

    Args:
        train_step: As for `kernels`.
        spec: As for `kernels`.
        every: As for `kernels`.
    """
    found = kernels(train_step, spec, every)
    return round(sum(kernel.operations * times for kernel, times in found.items()))


def _of_graph(graph, every: int) -> Iterator[tuple[Kernel, float]]:
    for op in _needed(graph):
        if op.type in _ATTRIBUTES:
            yield Kernel.of(op), 1.0
        elif op.type in ("If", "StatelessIf"):
            branch = graph._get_function(op.get_attr("then_branch").name)
            yield from ((kernel, times / every) for kernel, times in _of_graph(branch.graph, 1))
        elif op.type in ("PartitionedCall", "StatefulPartitionedCall"):
            called = graph._get_function(op.get_attr("f").name)
            yield from _of_graph(called.graph, every)


def _needed(graph):
    """The operations that TensorFlow does not drop before it runs a graph."""
    waiting = [tensor.op for tensor in graph.outputs] + list(graph.control_outputs)
    seen = set()
    while waiting:
        op = waiting.pop()
        if op not in seen:
            seen.add(op)
            waiting += [tensor.op for tensor in op.inputs] + list(op.control_inputs)
    return seen


def _plain(value):
    """An attribute as `tf.raw_ops` takes it, hashable."""
    if isinstance(value, bytes):
        return value.decode()
    return tuple(value) if isinstance(value, list) else value
