"""The global norm."""

import numpy as np
import pytest
import tensorflow as tf

from gan_keras import gradients


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
