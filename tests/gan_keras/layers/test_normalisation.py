"""Normalisations: known answers, and equality with Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_keras import layers


@pytest.mark.parametrize("shape", [(8, 5, 6, 3), (16, 7), (1, 4, 4, 2)])
@pytest.mark.parametrize(
    "options", [{}, {"scale": False, "center": False, "epsilon": 1e-5}, {"momentum": 0.8}]
)
def test_batch_normalization_is_that_of_keras(shape, options):
    """Values, first and second derivatives, and the moving statistics."""
    random = np.random.default_rng(0)
    x = tf.constant(random.normal(2, 3, shape), tf.float32)
    weights = random.normal(size=shape).astype("float32")

    def everything(kind):
        layer = kind(**options)
        layer.build(shape)
        for variable in layer.trainable_variables:
            variable.assign(1 + np.random.default_rng(1).normal(size=variable.shape))
        parameters = [variable.value for variable in layer.trainable_variables]

        @tf.function
        def derivatives(x):
            with tf.GradientTape() as outer:
                outer.watch(x)
                with tf.GradientTape() as inner:
                    inner.watch(x)
                    y = layer(x, training=True)
                    loss = tf.reduce_sum(weights * tf.nn.softplus(y))
                gradient = inner.gradient(loss, x)
                total = loss + tf.reduce_sum(gradient**2)
            return [y, gradient, *outer.gradient(total, [x, *parameters])]

        found = derivatives(x)
        return [*found, layer(x, training=False), layer.moving_mean, layer.moving_variance]

    expected, found = map(everything, (keras.layers.BatchNormalization, layers.BatchNormalization))
    for a, b in zip(expected, found, strict=True):
        a, b = np.asarray(a), np.asarray(b)
        np.testing.assert_allclose(b, a, rtol=2e-5, atol=2e-5 * np.abs(a).max())


def test_batch_normalization_is_fused_for_images_alone():
    def operations(layer, shape, **kwargs):
        layer.build(shape)
        graph = tf.function(lambda x: layer(x, **kwargs)).get_concrete_function(
            tf.TensorSpec(shape, tf.float32)
        )
        return "FusedBatchNormV3" in str(graph.graph.as_graph_def())

    image = (4, 3, 3, 2)
    assert operations(layers.BatchNormalization(), image, training=True)
    assert not operations(layers.BatchNormalization(), image, training=False)
    assert not operations(layers.BatchNormalization(), (4, 2), training=True)
    assert not operations(layers.BatchNormalization(axis=1), image, training=True)
    assert not operations(layers.BatchNormalization(synchronized=True), image, training=True)
    frozen = layers.BatchNormalization()
    frozen.trainable = False
    assert not operations(frozen, image, training=True)
