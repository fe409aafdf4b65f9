"""The global norm."""

import numpy as np
import pytest
import tensorflow as tf

from gan_keras.steps import gradients


def test_global_norm_by_hand():
    # sqrt(3^2 + 4^2 + 12^2) = 13; None counts nothing
    value = gradients.global_norm([tf.constant([[3.0], [4.0]]), None, tf.constant(12.0)])
    assert float(value) == 13.0


def test_global_norm_is_float32_also_in_low_precision():
    value = gradients.global_norm([tf.ones(1000, tf.float16) * 100])  # 1e7 overflows float16
    assert value.dtype == tf.float32
    np.testing.assert_allclose(value, 100 * np.sqrt(1000), rtol=1e-3)


def test_no_gradient_at_all_is_an_error():
    with pytest.raises(ValueError, match="at least one gradient"):
        gradients.global_norm([None, None])


def test_updates_wait_for_the_loss_and_all_gradients():
    @tf.function
    def step(x):
        loss, gradient = tf.square(x), 2.0 * x
        with gradients.after(loss, [gradient, None]):
            return tf.identity(x, name="update")

    graph = step.get_concrete_function(tf.constant(1.0)).graph
    waits = graph.get_operation_by_name("update").control_inputs
    assert {op.type for op in waits} == {"Square", "Mul"}
