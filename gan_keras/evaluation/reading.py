"""What a classifier makes of images."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf
from scipy.special import softmax

from gan_keras.data.pipeline import scale

BATCH = 512


@dataclasses.dataclass(frozen=True)
class Reading:
    """Images as a classifier sees them.

    Attributes:
        features: What its last layer but one computes, each image's scaled to a root mean square of
            1, float64 `(n, d)`. The length tells contrast and how sure the classifier is, and would
            outweigh the direction, which tells what is shown.
        probabilities: Of each class, float64 `(n, num_classes)`.
    """

    features: np.ndarray
    probabilities: np.ndarray

    @property
    def classes(self) -> np.ndarray:
        """The most probable class, int64 `(n,)`."""
        return self.probabilities.argmax(axis=1)

    def __getitem__(self, rows: np.ndarray) -> "Reading":
        """The reading of some of the images."""
        return Reading(self.features[rows], self.probabilities[rows])


def make_reader(classifier: keras.Model) -> keras.Model:
    """Returns a model from images in [-1, 1] to features and logits.

    Args:
        classifier: One of `classifier.make_classifier`.
    """
    features = classifier.get_layer("features").output
    return keras.Model(classifier.input, [features, classifier.output], name="reader")


def read(reader: keras.Model, images: np.ndarray) -> Reading:
    """Reads images.

    Args:
        reader: What `make_reader` gives.
        images: uint8 `(n, h, w, c)`, ink 255.
    """
    if not len(images):
        features, logits = (np.zeros((0, shape[-1]), np.float32) for shape in reader.output_shape)
    else:
        data = tf.data.Dataset.from_tensor_slices(images).batch(BATCH).map(scale).prefetch(2)
        features, logits = reader.predict(data, verbose=0)
    features = features.astype(np.float64)
    size = np.sqrt((features**2).mean(axis=1, keepdims=True))
    features = np.divide(features, size, out=features, where=size > 0)
    return Reading(features, softmax(logits.astype(np.float64), axis=-1))
