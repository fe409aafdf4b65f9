"""Memories of the past that keep the two networks from chasing each other in circles.

Both are Keras layers only so that their state belongs to the model that holds them: it is saved
and restored with the model's weights.
"""

from __future__ import annotations

import keras
import tensorflow as tf


class ReplayBuffer(keras.layers.Layer):
    """Past fakes, some of which are shown to the discriminator again.

    After the image history of Shrivastava et al. 2017, section 2.3 (and the experience replay of
    the ganhacks, item 8): part of each batch of fakes is replaced by random past ones, then the
    replaced ones enter the buffer, the oldest giving way. Until the buffer holds an image, batches
    pass unchanged.

    Args:
        capacity: int > 0, images kept.
        image_shape: `(h, w, channels)`.
        fraction: float in (0, 1], the part of each batch that is replaced (rounded to images).
        **kwargs: Of `keras.layers.Layer`.

    Raises:
        ValueError: If capacity or fraction are out of range.
    """

    def __init__(self, capacity, image_shape, fraction=0.5, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        if capacity < 1 or not 0.0 < fraction <= 1.0:
            raise ValueError(
                "capacity must be >= 1 and fraction in (0, 1]. "
                f"Received: capacity={capacity}, fraction={fraction}"
            )
        self.capacity = capacity
        self.image_shape = tuple(image_shape)
        self.fraction = fraction
        self.images = self.add_weight(
            name="images", shape=(capacity, *self.image_shape), initializer="zeros", trainable=False
        )
        self.labels = self.add_weight(
            name="labels", shape=(capacity,), dtype="int32", initializer="zeros", trainable=False
        )
        # images ever added: the next place is this modulo the capacity
        self.count = self.add_weight(
            name="count", shape=(), dtype="int64", initializer="zeros", trainable=False
        )
        self.built = True

    def add(self, images, labels=None):
        """Stores fakes over the oldest ones; of more than `capacity` only the last are kept.

        Args:
            images: float `(n, h, w, channels)`.
            labels: int `(n,)`, or None for 0 each.
        """
        images = tf.stop_gradient(tf.cast(images, tf.float32))
        labels = tf.zeros(tf.shape(images)[:1], tf.int32) if labels is None else labels
        labels = tf.reshape(tf.cast(labels, tf.int32), [-1])
        total = tf.shape(images, out_type=tf.int64)[0]
        start = tf.maximum(total - self.capacity, 0)
        count = tf.convert_to_tensor(self.count)
        places = (count + tf.range(start, total)) % self.capacity
        # in place, through the tf.Variable: assigning the whole buffer would copy it every step
        self.images.value.scatter_update(tf.IndexedSlices(images[start:], places))
        self.labels.value.scatter_update(tf.IndexedSlices(labels[start:], places))
        self.count.assign(count + total)

    def exchange(self, images, seed, labels=None):
        """Replaces the first images of a batch by past ones, and stores those it took out.

        Args:
            images: float `(n, h, w, channels)`, the new fakes. For the discriminator's step: no
                gradient flows to the generator.
            seed: int `(2,)`, a seed pair.
            labels: int `(n,)`, the fakes' labels, or None.

        Returns:
            `(images, labels)` as the discriminator shall see them, of the same shapes; labels are
            int32, or None if none were given.
        """
        images = tf.stop_gradient(images)
        size = tf.shape(images)[0]
        taken = tf.cast(tf.round(tf.cast(size, tf.float32) * self.fraction), tf.int32)
        filled = tf.minimum(tf.convert_to_tensor(self.count), self.capacity)
        draws = tf.random.stateless_uniform(
            [size], seed=seed, minval=0, maxval=tf.maximum(filled, 1), dtype=tf.int64
        )
        replaced = tf.logical_and(tf.range(size) < taken, filled > 0)
        past = tf.cast(tf.gather(self.images.value, draws), images.dtype)
        shown = tf.where(tf.reshape(replaced, [-1] + [1] * len(self.image_shape)), past, images)
        shown_labels = None
        if labels is not None:
            labels = tf.reshape(tf.cast(labels, tf.int32), [-1])
            past_labels = tf.gather(self.labels.value, draws)
            shown_labels = tf.where(replaced, past_labels, labels)
        self.add(images[:taken], None if labels is None else labels[:taken])
        return shown, shown_labels


class HistoricalAverage(keras.layers.Layer):
    """Penalty on the distance of weights to their mean over time (Salimans et al. 2016, 3.3).

    `|| theta - 1/t sum_i theta[i] ||^2`: dampens orbits around an equilibrium.

    Args:
        variables: Variables, or a model whose trainable ones are meant. Only their shapes are
            kept; give the variables themselves to the methods.
        **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, variables, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.means = [
            self.add_weight(
                name=f"mean_{index}", shape=v.shape, initializer="zeros", trainable=False
            )
            for index, v in enumerate(_trainable(variables))
        ]
        self.steps = self.add_weight(
            name="steps", shape=(), dtype="int64", initializer="zeros", trainable=False
        )
        self.built = True

    def penalty(self, variables):
        """Squared distance to the mean: 0 before the first update.

        Args:
            variables: The variables (or the model) of the constructor.

        Returns:
            float32 scalar; add it, weighted, to the loss of the network.
        """
        distance = tf.add_n(
            [
                tf.reduce_sum(tf.square(tf.cast(v, tf.float32) - tf.convert_to_tensor(mean)))
                for v, mean in self._pairs(variables)
            ]
        )
        return tf.where(tf.convert_to_tensor(self.steps) > 0, distance, 0.0)

    def update(self, variables):
        """Takes the current values into the mean; call it after each step of the optimizer.

        Args:
            variables: The variables (or the model) of the constructor.
        """
        steps = tf.convert_to_tensor(self.steps) + 1
        rate = 1.0 / tf.cast(steps, tf.float32)
        for variable, mean in self._pairs(variables):
            old = tf.convert_to_tensor(mean)
            mean.assign(old + rate * (tf.cast(variable, tf.float32) - old))
        self.steps.assign(steps)

    def _pairs(self, variables):
        variables = _trainable(variables)
        if [tuple(v.shape) for v in variables] != [tuple(m.shape) for m in self.means]:
            raise ValueError(
                "variables must be those of the constructor. Received: shapes "
                f"{[tuple(v.shape) for v in variables]}, expected "
                f"{[tuple(m.shape) for m in self.means]}"
            )
        return zip(variables, self.means, strict=True)


def _trainable(variables):
    return list(getattr(variables, "trainable_variables", variables))
