"""Memories of the past that keep the two networks from chasing each other in circles.

Both are Keras layers only so that their state belongs to the model that holds them.
"""

import keras
import tensorflow as tf


class ReplayBuffer(keras.layers.Layer):
    """Past fakes, some of which are shown to the discriminator again.

    After the image history of Shrivastava et al. 2017, section 2.3 (and the experience replay of
    the ganhacks, item 8): half of each batch of fakes is replaced by random past ones, then the
    replaced ones enter the buffer, the oldest giving way. While it is empty, batches pass
    unchanged.

    Args:
        capacity: Images kept, > 0.
        image_shape: `(h, w, channels)`.
    """

    def __init__(self, capacity: int, image_shape: tuple[int, ...]) -> None:
        super().__init__(dtype="float32")
        self.capacity = capacity
        self.images = self.add_weight(
            name="images", shape=(capacity, *image_shape), initializer="zeros", trainable=False
        )
        # Images ever added: the next place is this modulo the capacity.
        self.count = self.add_weight(
            name="count", shape=(), dtype="int64", initializer="zeros", trainable=False
        )
        self.built = True

    def exchange(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Replaces the first half of a batch by past images, and stores what it took out.

        Args:
            images: float `(n, h, w, channels)`, new fakes. For the discriminator's update: no
                gradient flows to the generator.
            seed: Seed pair.

        Returns:
            float of the same shape.
        """
        images = tf.stop_gradient(images)
        size = tf.shape(images)[0]
        taken = tf.cast(tf.round(tf.cast(size, tf.float32) * 0.5), tf.int32)
        filled = tf.minimum(tf.convert_to_tensor(self.count), self.capacity)
        draws = tf.random.stateless_uniform(
            [size], seed=seed, minval=0, maxval=tf.maximum(filled, 1), dtype=tf.int64
        )
        replaced = tf.logical_and(tf.range(size) < taken, filled > 0)
        past = tf.cast(tf.gather(self.images.value, draws), images.dtype)
        ones = [1] * (images.shape.rank - 1)
        shown = tf.where(tf.reshape(replaced, [-1, *ones]), past, images)
        self._add(images[:taken])
        return shown

    def _add(self, images: tf.Tensor) -> None:
        """Stores fakes over the oldest ones; of more than `capacity` only the last are kept."""
        images = tf.cast(images, tf.float32)
        total = tf.shape(images, out_type=tf.int64)[0]
        start = tf.maximum(total - self.capacity, 0)
        count = tf.convert_to_tensor(self.count)
        places = (count + tf.range(start, total)) % self.capacity
        # In place, through the tf.Variable: assigning the whole buffer would copy it every step.
        self.images.value.scatter_update(tf.IndexedSlices(images[start:], places))
        self.count.assign(count + total)


class HistoricalAverage(keras.layers.Layer):
    """Penalty on the distance of weights to their mean over time (Salimans et al. 2016, 3.3).

    `weight * || theta - 1/t sum_i theta[i] ||^2`: dampens orbits around an equilibrium.

    Args:
        network: Its trainable weights are meant.
        weight: Weight of the penalty, > 0.
    """

    def __init__(self, network: keras.Model, weight: float) -> None:
        super().__init__(dtype="float32")
        self.weight = weight
        # Behind a function, where Keras does not look: the network's weights are not this layer's.
        self._network = lambda: network
        self.means = [
            self.add_weight(
                name=f"mean_{index}", shape=v.shape, initializer="zeros", trainable=False
            )
            for index, v in enumerate(network.trainable_variables)
        ]
        self.steps = self.add_weight(
            name="steps", shape=(), dtype="int64", initializer="zeros", trainable=False
        )
        self.built = True

    def penalty(self) -> tf.Tensor:
        """Weighted squared distance to the mean, float32 scalar: 0 before the first update."""
        distance = tf.add_n(
            [
                tf.reduce_sum(tf.square(tf.cast(v, tf.float32) - tf.convert_to_tensor(mean)))
                for v, mean in zip(self._network().trainable_variables, self.means, strict=True)
            ]
        )
        return self.weight * tf.where(tf.convert_to_tensor(self.steps) > 0, distance, 0.0)

    def update(self) -> None:
        """Takes the current weights into the mean, after an update of the network."""
        steps = tf.convert_to_tensor(self.steps) + 1
        rate = 1.0 / tf.cast(steps, tf.float32)
        for variable, mean in zip(self._network().trainable_variables, self.means, strict=True):
            old = tf.convert_to_tensor(mean)
            mean.assign(old + rate * (tf.cast(variable, tf.float32) - old))
        self.steps.assign(steps)
