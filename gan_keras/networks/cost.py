"""How much work a network is, from the shapes of its layers."""

import math

import keras


def multiplications(model: keras.Model) -> int:
    """Multiplications of one example's way through the kernels of a network.

    Those of dense layers and convolutions alone; everything else is small beside them, if not
    always in time. Borders count in full, a layer that is used several times counts once. A
    backward pass does twice as many.

    Args:
        model: Functional or Sequential model, built; may contain other such models.
    """
    return sum(_of_layer(layer) for layer in model.layers)


def _of_layer(layer: keras.layers.Layer) -> int:
    if isinstance(layer, keras.Model):
        return multiplications(layer)
    inner = getattr(layer, "layer", layer)  # a wrapper's
    if hasattr(inner, "multiplications"):
        return inner.multiplications(layer.input.shape)
    kernel = getattr(inner, "kernel", None)
    if kernel is None:
        return 0
    # a transposed convolution spreads each input, everything else gathers for each output
    spreads = isinstance(inner, keras.layers.Conv2DTranspose)
    places = (layer.input if spreads else layer.output).shape[1:-1]
    return math.prod(kernel.shape) * math.prod(places)
