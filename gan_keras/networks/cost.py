"""The cost of a network in multiplications, from the shapes of its layers."""

import math

import keras

from gan_keras.layers import UpsampleConv2D


def multiplications(layer: keras.layers.Layer) -> int:
    """Counts multiplications in the kernels of a network for one example, forward.

    Only dense layers and convolutions count; everything else is small beside them, if not always
    in time. Borders count in full, a layer that is used several times counts once. A backward pass
    takes twice as many.

    Args:
        layer: Functional or Sequential model, built; or a layer of one, which may be such a model.
    """
    if isinstance(layer, keras.Model):
        return sum(map(multiplications, layer.layers))
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
