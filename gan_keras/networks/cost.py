"""The cost of a network in multiplications, from the shapes of its layers."""

import math

import keras

from gan_keras.layers import UpsampleConv2D


def multiplications(model: keras.Model) -> int:
    """Multiplications in the kernels of a network for one example, forward.

    Only dense layers and convolutions count; everything else is small beside them, if not always
    in time. Borders count in full, a layer that is used several times counts once. A backward pass
    takes twice as many.

    Args:
        model: Functional or Sequential model, built; may contain other such models.
    """
    return sum(_of_layer(layer) for layer in model.layers)


def _of_layer(layer: keras.layers.Layer) -> int:
    if isinstance(layer, keras.Model):
        return multiplications(layer)
    inner = getattr(layer, "layer", layer)  # inside a wrapper
    if isinstance(inner, UpsampleConv2D):
        return inner.multiplications(layer.input.shape)
    kernel = getattr(inner, "kernel", None)
    if kernel is None:
        return 0
    # a transposed convolution spreads each input, everything else gathers for each output
    spreads = isinstance(inner, keras.layers.Conv2DTranspose)
    places = (layer.input if spreads else layer.output).shape[1:-1]
    return math.prod(kernel.shape) * math.prod(places)
