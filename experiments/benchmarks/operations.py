"""Floating-point operations that a training step executes, counted in its graph."""

import math

import tensorflow as tf


def of_step(train_step, spec, every: int = 1) -> int:
    """Counts the operations of convolutions and matrix products, gradients included.

    A multiplication and an addition are two. What the graph says is what is executed: fused
    upsampling counts what it has left, gradients that nothing uses do not count, a penalty of
    every k-th step its k-th part.

    Args:
        train_step: Of a GAN.
        spec: What a batch looks like, of known sizes.
        every: Steps between two uses of what stands in a branch.
    """
    graph = tf.function(train_step).get_concrete_function(spec).graph
    return round(_of_graph(graph, every))


def _of_graph(graph, every: int) -> float:
    total = 0.0
    for op in _needed(graph):
        total += _of_op(op)
        if op.type in ("If", "StatelessIf"):
            branch = graph._get_function(op.get_attr("then_branch").name)
            total += _of_graph(branch.graph, 1) / every
        elif op.type in ("PartitionedCall", "StatefulPartitionedCall"):
            called = graph._get_function(op.get_attr("f").name)
            total += _of_graph(called.graph, every)
    return total


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


def _of_op(op) -> float:
    """Twice the multiplications of one operation."""
    if op.type == "MatMul":
        rows_first = op.get_attr("transpose_a")
        inner = op.inputs[0].shape[0 if rows_first else 1]
        return 2.0 * math.prod(op.outputs[0].shape) * inner
    if op.type == "Conv2D":
        return 2.0 * math.prod(op.outputs[0].shape) * math.prod(op.inputs[1].shape[:3])
    if op.type == "Conv2DBackpropInput":
        return 2.0 * math.prod(op.inputs[2].shape) * math.prod(op.inputs[1].shape[:3])
    if op.type == "Conv2DBackpropFilter":
        return 2.0 * math.prod(op.inputs[2].shape) * math.prod(op.outputs[0].shape[:3])
    return 0.0
