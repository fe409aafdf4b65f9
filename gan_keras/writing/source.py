"""Where glyphs come from: a run's generator as a function, and who reads what it draws."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from gan_keras.data.pipeline import scale, unscale
from gan_keras.samples import sampling
from gan_keras.steps import latents
from gan_keras.writing.characters import Alphabet

# Reads images uint8 `(n, h, w, c)` and gives the probability of each class.
Reader = Callable[[np.ndarray], np.ndarray]


def cannot_write(run: sampling.Sampler) -> str | None:
    """Why a run cannot write, or None if it can."""
    if not run.takes_labels:
        return f"{run.source} takes no class, so it cannot be told what to write"
    shape = run.generator.output_shape
    if len(shape) != 4 or shape[-1] != 1:
        return f"{run.source} makes no grey images, which writing needs"
    if not len(Alphabet(run.class_names)):
        return (
            f"{run.source} has no class that is a character; its classes are "
            f"{', '.join(run.class_names[:5])}, ..."
        )
    return None


class Source:
    """A run's generator as a function that is traced once, for batches of any size.

    Args:
        run: It takes classes and makes grey images.

    Attributes:
        inverted: Whether the run's data are bright paper with dark ink; glyphs are always the other
            way round.
    """

    def __init__(self, run: sampling.Sampler):
        generator: keras.Model = run.generator
        length = generator.inputs[0].shape[-1]

        @tf.function(
            input_signature=[
                tf.TensorSpec((None, length), tf.float32),
                tf.TensorSpec((None,), tf.int32),
            ]
        )
        def images(z, labels):
            found = generator([z, labels], training=False)
            return unscale(found, run.ink, run.value_range)[..., 0]

        self._images = images
        self.inverted = False
        labels = np.arange(len(run.class_names), dtype=np.int32)
        z = latents.LATENTS[run.latent]((len(labels), length), (0, 0)).numpy()
        some = self(z, labels)
        border = np.concatenate([some[:, 0].ravel(), some[:, -1].ravel()])
        self.inverted = bool(np.median(border) > 127)

    def __call__(self, z: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Draws glyphs.

        Args:
            z: float32 `(n, latent_dim)`.
            labels: int32 `(n,)`.

        Returns:
            uint8 `(n, h, w)`, ink 255.
        """
        return self.as_data(self._images(tf.constant(z), tf.constant(labels)).numpy())

    def as_data(self, images: np.ndarray) -> np.ndarray:
        """Turns glyphs to what the run's data are, or back."""
        return 255 - images if self.inverted else images


def as_reader(model: keras.Model) -> Reader:
    """A classifier as a function that is traced once, for any number of images."""

    @tf.function(input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)])
    def probabilities(images):
        return tf.nn.softmax(model(scale(images), training=False))

    return lambda images: probabilities(tf.constant(images)).numpy()
