"""Keras layers that GANs need and Keras lacks; all of them can be saved and reloaded."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

PACKAGE = "gan_keras"


@keras.saving.register_keras_serializable(package=PACKAGE)
class UpsampleConv2D(keras.layers.Conv2D):
    """Nearest-neighbour upsampling and a "same" convolution in one, exactly, for less work.

    Equal to `UpSampling2D(factor)` followed by `Conv2D(filters, kernel_size, padding="same")` in
    values and gradients, with the same `kernel` and `bias` (shape, initialisation, order), so that
    weights can be exchanged with the plain pair; :func:`plain_clone` does so for a whole model.

    After nearest upsampling several taps of the kernel fall on the same low-resolution pixel. For
    each output phase (the position of an output pixel within its low-resolution pixel) these taps
    are summed beforehand, a fixed linear map of the kernel; then one small convolution on the
    low-resolution grid computes all phases as channels, and `depth_to_space` interleaves them
    (the sub-pixel convolution of Shi et al. 2016, with tied weights). At factor 2 a 5x5 kernel
    becomes four 3x3 ones (9 multiplications per output for 25), a 3x3 kernel four 2x2 ones
    (4 for 9). On two CPU cores a 5x5 layer of 256 to 128 channels takes half the time of the pair,
    a 3x3 layer gains only in float32 and where channels are many: measure before using it there.

    Args:
        filters: int, channels of the output.
        kernel_size: int or pair, size of the (high-resolution) kernel.
        factor: int >= 1, upsampling factor of both axes.
        padding: "same".
        **kwargs: Of `keras.layers.Conv2D`: activation, use_bias, initialisers and so on. Strides,
            dilation and groups must be 1, the data format "channels_last".

    Raises:
        ValueError: If the factor or an argument of the convolution is not supported.

    Example:
        ```python
        x = UpsampleConv2D(32, 5, factor=2)(x)  # (batch, 7, 7, 64) -> (batch, 14, 14, 32)
        ```
    """

    def __init__(self, filters, kernel_size, factor=2, padding="same", **kwargs):
        super().__init__(filters, kernel_size, padding=padding, **kwargs)
        if not isinstance(factor, int) or factor < 1:
            raise ValueError(f"factor must be an int >= 1. Received: factor={factor}")
        supported = {
            "padding": ("same", self.padding),
            "data_format": ("channels_last", self.data_format),
            "strides": ((1, 1), tuple(self.strides)),
            "dilation_rate": ((1, 1), tuple(self.dilation_rate)),
            "groups": (1, self.groups),
        }
        for name, (wanted, received) in supported.items():
            if received != wanted:
                raise ValueError(f"UpsampleConv2D needs {name}={wanted}. Received: {received}")
        self.factor = factor

    def call(self, inputs):
        """Upsamples and convolves.

        Args:
            inputs: float `(batch, h, w, channels)`.

        Returns:
            float `(batch, factor h, factor w, filters)`.
        """
        row_taps, row_crop, row_pads = _phase_taps(self.kernel_size[0], self.factor)
        column_taps, column_crop, column_pads = _phase_taps(self.kernel_size[1], self.factor)
        # not conv2d's explicit padding: its gradients in bfloat16 take 50 times as long on CPUs
        padded = tf.pad(inputs, [[0, 0], row_pads, column_pads, [0, 0]])
        kernels = self._phase_kernels(row_taps, column_taps, inputs.dtype)
        outputs = tf.nn.conv2d(padded, kernels, strides=1, padding="VALID")
        if self.factor > 1:
            outputs = tf.nn.depth_to_space(outputs, self.factor)
            outputs = outputs[:, _kept(row_crop, self.factor), _kept(column_crop, self.factor)]
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, tf.cast(self.bias, inputs.dtype))
        return outputs if self.activation is None else self.activation(outputs)

    def _phase_kernels(self, row_taps, column_taps, dtype):
        """Sums the kernel's taps: `(rows, columns, channels, factor^2 filters)`."""
        kernel = tf.cast(self.kernel, dtype)
        # one matrix product over pairs of row and column taps, so that bfloat16 rounds only once
        pairs = tf.constant(np.kron(_as_matrix(row_taps), _as_matrix(column_taps)), dtype)
        summed = tf.matmul(pairs, tf.reshape(kernel, [pairs.shape[1], -1]))
        rows, columns, factor = len(row_taps), len(column_taps), self.factor
        summed = tf.reshape(summed, [rows, factor, columns, factor, kernel.shape[2], self.filters])
        summed = tf.transpose(summed, [0, 2, 4, 1, 3, 5])
        return tf.reshape(summed, [rows, columns, kernel.shape[2], factor**2 * self.filters])

    def compute_output_shape(self, input_shape):
        """`(batch, factor h, factor w, filters)`."""
        batch, height, width = input_shape[:3]
        sizes = [None if size is None else size * self.factor for size in (height, width)]
        return (batch, *sizes, self.filters)

    def get_config(self):
        """Configuration from which the layer can be rebuilt."""
        return {**super().get_config(), "factor": self.factor}

    def plain(self):
        """Returns the `Conv2D` of the equivalent plain pair, of the same name and unbuilt."""
        config = self.get_config()
        del config["factor"]
        return keras.layers.Conv2D.from_config(config)


def _phase_taps(size, factor):
    """Works out, for one axis, which kernel taps meet in which low-resolution pixel.

    Output o of the plain pair is the sum over taps t of `kernel[t] * low[(o + t - left) // factor]`
    with `left = (size - 1) // 2`. Outputs are computed in blocks of `factor` phases, block j
    beginning at output `factor j - crop`; the crop is chosen so that the window of low-resolution
    pixels a block needs is smallest (a 3-tap kernel at factor 2: 2 pixels with crop 1, else 3).

    Args:
        size: int, taps of the kernel.
        factor: int, upsampling factor.

    Returns:
        `(taps, crop, pads)`: 0/1 array `(window, factor, size)`; int, the surplus outputs before
        the first one; pair of ints, zeros to add before and after the low-resolution axis.
    """
    left = (size - 1) // 2

    def window(crop):
        return (-crop - left) // factor, (factor - 1 - crop + size - 1 - left) // factor

    def length(crop):
        first, last = window(crop)
        return last - first + 1

    crop = min(range(factor), key=length)
    first, last = window(crop)
    taps = np.zeros((last - first + 1, factor, size))
    for phase in range(factor):
        for tap in range(size):
            taps[(phase - crop + tap - left) // factor - first, phase, tap] = 1.0
    # with a crop there is one block more than low-resolution pixels
    return taps, crop, [-first, last + (1 if crop else 0)]


def _as_matrix(taps):
    return taps.reshape(-1, taps.shape[-1])


def _kept(crop, factor):
    return slice(crop, crop - factor) if crop else slice(None)


def plain_clone(model):
    """Copies a model with every `UpsampleConv2D` as the pair `UpSampling2D`, `Conv2D`.

    The copy has the same weights in the same order and computes the same function, but needs no
    class of this package to be loaded: use it for export.

    Args:
        model: Functional or Sequential model, built; may contain other such models. Layers within
            wrappers are copied as they are.

    Returns:
        A model of the same kind, with its own copies of the weights.
    """
    factors = {
        layer.name: layer.factor for layer in model.layers if isinstance(layer, UpsampleConv2D)
    }

    def upsampling(layer):
        return keras.layers.UpSampling2D(
            factors[layer.name], name=f"{layer.name}_upsampling", dtype=layer.dtype_policy
        )

    def clone(layer):
        if isinstance(layer, keras.Model):
            return plain_clone(layer)
        if isinstance(layer, UpsampleConv2D):
            return layer.plain()
        return layer.__class__.from_config(layer.get_config())

    def call(layer, inputs, *args, **kwargs):
        if layer.name in factors:
            inputs = upsampling(layer)(inputs)
        return layer(inputs, *args, **kwargs)

    if isinstance(model, keras.Sequential):
        copy = keras.Sequential(name=model.name)
        copy.add(keras.Input(batch_shape=model.input_shape, dtype=model.inputs[0].dtype))
        for layer in model.layers:
            if layer.name in factors:
                copy.add(upsampling(layer))
            copy.add(clone(layer))
    else:
        copy = keras.models.clone_model(model, clone_function=clone, call_function=call)
    copy.set_weights(model.get_weights())
    return copy


@keras.saving.register_keras_serializable(package=PACKAGE)
class SpectralNorm(keras.layers.Wrapper):
    """Divides a layer's kernel by its largest singular value (Miyato et al. 2018, eq. 8).

    `keras.layers.SpectralNormalization` overwrites the kernel in every training call, so that a
    generator step, which passes through the discriminator, changes the discriminator, and the
    gradient misses the normalisation. Here the kernel stays what the optimizer made it, the layer
    runs with `W / sigma(W)`, and gradients flow through sigma, as in the paper. A training
    call only stores the progress of the power iteration.

    Args:
        layer: A layer with a `kernel` (Dense, Conv2D, ...) or `embeddings`.
        power_iterations: int >= 1, power iterations per call.
        **kwargs: Of `keras.layers.Wrapper`.

    Raises:
        ValueError: If `power_iterations` is not positive, or the layer has no kernel.
    """

    def __init__(self, layer, power_iterations=1, **kwargs):
        super().__init__(layer, **kwargs)
        if power_iterations < 1:
            raise ValueError(
                "power_iterations must be at least 1. "
                f"Received: power_iterations={power_iterations}"
            )
        self.power_iterations = power_iterations

    def build(self, input_shape):
        """Builds the wrapped layer and the start vector of the power iteration."""
        super().build(input_shape)
        kernel = self._kernel_variable()
        # not constant: orthogonal to the first singular vector it would never find it
        self.vector_u = self.add_weight(
            name="vector_u",
            shape=(kernel.shape[-1],),
            initializer=keras.initializers.RandomNormal(stddev=1.0, seed=0),
            dtype="float32",
            trainable=False,
            autocast=False,
        )

    def call(self, inputs, training=False):
        """Calls the layer with its kernel divided by its spectral norm."""
        variable = self._kernel_variable()
        kernel = tf.convert_to_tensor(variable)
        matrix = tf.reshape(tf.cast(kernel, tf.float32), [-1, kernel.shape[-1]])
        fixed = tf.stop_gradient(matrix)
        u = tf.convert_to_tensor(self.vector_u)
        for _ in range(self.power_iterations):
            v = tf.math.l2_normalize(tf.linalg.matvec(fixed, u))
            u = tf.math.l2_normalize(tf.linalg.matvec(fixed, v, transpose_a=True))
        if training:
            self.vector_u.assign(u)
        sigma = tf.reduce_sum(v * tf.linalg.matvec(matrix, u))
        kernel = kernel / tf.cast(tf.maximum(sigma, 1e-12), kernel.dtype)
        # within the scope the layer reads the normalised tensor in the place of its variable
        with keras.StatelessScope(state_mapping=[(variable, kernel)]):
            return self.layer(inputs)

    def compute_output_shape(self, input_shape):
        """The wrapped layer's output shape."""
        return self.layer.compute_output_shape(input_shape)

    def get_config(self):
        """Configuration from which the layer can be rebuilt."""
        return {**super().get_config(), "power_iterations": self.power_iterations}

    def _kernel_variable(self):
        for name in ("kernel", "embeddings"):
            if hasattr(self.layer, name):
                return getattr(self.layer, name)
        raise ValueError(
            "SpectralNorm needs a layer with a kernel or embeddings. "
            f"Received: layer={type(self.layer).__name__}"
        )


@keras.saving.register_keras_serializable(package=PACKAGE)
class MinibatchDiscrimination(keras.layers.Layer):
    """Lets a discriminator see how alike the examples of a batch are (Salimans et al. 2016, 3.2).

    A tensor T maps the features f(x_i) to B rows of C numbers, M_i. Appended to the features are
    `o(x_i)_b = sum_j exp(-||M_i,b - M_j,b||_1)` over all examples j of the batch, i included.
    Reals and fakes must come in separate batches.

    Args:
        num_kernels: int, B, the features that are appended.
        kernel_dim: int, C, the dimension in which distances are taken.
        **kwargs: Of `keras.layers.Layer`.

    Raises:
        ValueError: If the input is not `(batch, features)`.
    """

    def __init__(self, num_kernels=50, kernel_dim=5, **kwargs):
        super().__init__(**kwargs)
        self.num_kernels = num_kernels
        self.kernel_dim = kernel_dim

    def build(self, input_shape):
        """Creates the tensor T, `(features, num_kernels * kernel_dim)`."""
        if len(input_shape) != 2:
            raise ValueError(
                "MinibatchDiscrimination needs an input of shape (batch, features). "
                f"Received: shape={tuple(input_shape)}"
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.num_kernels * self.kernel_dim),
            initializer="glorot_uniform",
        )

    def call(self, inputs):
        """Appends the closeness features.

        Args:
            inputs: float `(batch, features)`.

        Returns:
            float `(batch, features + num_kernels)`.
        """
        rows = tf.matmul(inputs, tf.cast(self.kernel, inputs.dtype))
        rows = tf.reshape(tf.cast(rows, tf.float32), [-1, self.num_kernels, self.kernel_dim])
        distances = tf.reduce_sum(tf.abs(rows[:, tf.newaxis] - rows[tf.newaxis]), axis=-1)
        closeness = tf.reduce_sum(tf.exp(-distances), axis=1)
        return tf.concat([inputs, tf.cast(closeness, inputs.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        """`(batch, features + num_kernels)`."""
        return (input_shape[0], input_shape[1] + self.num_kernels)

    def get_config(self):
        """Configuration from which the layer can be rebuilt."""
        own = {"num_kernels": self.num_kernels, "kernel_dim": self.kernel_dim}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package=PACKAGE)
class MinibatchStdDev(keras.layers.Layer):
    """Appends the batch's mean standard deviation as a constant channel (Karras et al. 2018, 3).

    The standard deviation of each feature at each place over a group of examples, averaged to one
    number per group. Reals and fakes must come in separate batches.

    Args:
        group_size: None for the whole batch, or an int that divides every batch.
        epsilon: float, added to the variance: the root of 0 has no gradient.
        **kwargs: Of `keras.layers.Layer`.

    Raises:
        ValueError: If the group size is not positive or does not divide a known batch size.
    """

    def __init__(self, group_size=None, epsilon=1e-8, **kwargs):
        super().__init__(**kwargs)
        if group_size is not None and group_size < 1:
            raise ValueError(f"group_size must be None or >= 1. Received: group_size={group_size}")
        self.group_size = group_size
        self.epsilon = epsilon

    def call(self, inputs):
        """Appends the standard deviation.

        Args:
            inputs: float `(batch, ..., channels)` of rank 2 or more.

        Returns:
            float `(batch, ..., channels + 1)`.
        """
        shape = tf.shape(inputs)
        batch = inputs.shape[0]
        if self.group_size is not None and batch is not None and batch % self.group_size:
            raise ValueError(
                f"group_size must divide the batch. Received: group_size={self.group_size}, "
                f"batch={batch}"
            )
        group = shape[0] if self.group_size is None else self.group_size
        grouped = tf.reshape(
            tf.cast(inputs, tf.float32), tf.concat([[-1, group], shape[1:]], axis=0)
        )
        deviation = tf.sqrt(tf.math.reduce_variance(grouped, axis=1) + self.epsilon)
        mean = tf.reduce_mean(deviation, axis=list(range(1, inputs.shape.rank)))
        each = tf.reshape(tf.repeat(mean, group), [-1] + [1] * (inputs.shape.rank - 1))
        channel = tf.broadcast_to(each, tf.concat([shape[:-1], [1]], axis=0))
        return tf.concat([inputs, tf.cast(channel, inputs.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        """`(batch, ..., channels + 1)`."""
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self):
        """Configuration from which the layer can be rebuilt."""
        own = {"group_size": self.group_size, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package=PACKAGE)
class GroupStdDev(keras.layers.Layer):
    """How much a group of examples varies, one number a channel (after Karras et al. 2018, 3).

    The standard deviation of each feature at each place over a group of neighbours in the batch,
    averaged over places, given to every member of the group. Unlike :class:`MinibatchStdDev` it
    keeps channels apart and may see reals and fakes in one batch, reals in the first half: the
    number of groups is even, so that no group has both.

    Args:
        group_size: int >= 2, about how many examples make a group; any batch size will do.
        epsilon: float, added to the variance: the root of 0 has no gradient.
        **kwargs: Of `keras.layers.Layer`.

    Raises:
        ValueError: If the group size is below 2.
    """

    def __init__(self, group_size=16, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        if group_size < 2:
            raise ValueError(f"group_size must be at least 2. Received: group_size={group_size}")
        self.group_size = group_size
        self.epsilon = epsilon

    def call(self, inputs):
        """Measures the variation.

        Args:
            inputs: float `(batch, h, w, channels)`.

        Returns:
            float `(batch, channels)`.
        """
        batch = tf.shape(inputs)[0]
        pairs = (batch + 2 * self.group_size - 1) // (2 * self.group_size)
        group = tf.range(batch) * (2 * pairs) // batch
        values = tf.cast(inputs, tf.float32)
        mean = tf.math.segment_mean(values, group)
        # Two passes: the mean of squares less the square of the mean loses digits.
        distance = tf.square(values - tf.gather(mean, group))
        variance = tf.math.segment_mean(distance, group)
        deviation = tf.reduce_mean(tf.sqrt(variance + self.epsilon), axis=[1, 2])
        return tf.cast(tf.gather(deviation, group), inputs.dtype)

    def compute_output_shape(self, input_shape):
        """`(batch, channels)`."""
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        """Configuration from which the layer can be rebuilt."""
        own = {"group_size": self.group_size, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


def pack(images, count):
    """Joins every `count` neighbours of a batch into one example (PacGAN, Lin et al. 2018, 3).

    Args:
        images: float `(batch, ..., channels)`; the batch must be a multiple of `count`.
        count: int >= 1, the degree of packing.

    Returns:
        float `(batch / count, ..., count * channels)`, the images side by side in the channels.

    Raises:
        ValueError: If a known batch size is no multiple of `count`.
    """
    images = tf.convert_to_tensor(images)
    batch, rank = images.shape[0], images.shape.rank
    if count < 1 or (batch is not None and batch % count):
        raise ValueError(
            f"count must be >= 1 and divide the batch. Received: count={count}, batch={batch}"
        )
    if count == 1:
        return images
    shape = tf.shape(images)
    grouped = tf.reshape(images, tf.concat([[-1, count], shape[1:]], axis=0))
    # the group axis to the last place but one, beside the channels
    grouped = tf.transpose(grouped, [0, *range(2, rank), 1, rank])
    packed = tf.reshape(grouped, tf.concat([[-1], shape[1:-1], [count * images.shape[-1]]], axis=0))
    return tf.ensure_shape(
        packed,
        [None if batch is None else batch // count, *images.shape[1:-1], count * images.shape[-1]],
    )


@keras.saving.register_keras_serializable(package=PACKAGE)
class Packing(keras.layers.Layer):
    """:func:`pack` as the first layer of a discriminator.

    The logits are as many as there are packs, so ask for that many targets. With a gradient
    penalty use :func:`pack` outside the discriminator: the penalty is about the gradient with
    respect to a whole pack.

    Args:
        count: int >= 1, the degree of packing.
        **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, count, **kwargs):
        super().__init__(**kwargs)
        self.count = count

    def call(self, inputs):
        """Packs `(batch, ..., channels)` to `(batch / count, ..., count * channels)`."""
        return pack(inputs, self.count)

    def compute_output_shape(self, input_shape):
        """`(batch / count, ..., count * channels)`."""
        batch = None if input_shape[0] is None else input_shape[0] // self.count
        return (batch, *input_shape[1:-1], self.count * input_shape[-1])

    def get_config(self):
        """Configuration from which the layer can be rebuilt."""
        return {**super().get_config(), "count": self.count}


@keras.saving.register_keras_serializable(package=PACKAGE)
class PixelNorm(keras.layers.Layer):
    """Scales each pixel's feature vector to unit mean square (Karras et al. 2018, section 4.2).

    `b = a / sqrt(mean_c a_c^2 + epsilon)`.

    Args:
        epsilon: float, keeps the root away from 0.
        **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, epsilon=1e-8, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, inputs):
        """Normalises `(..., channels)` over the channels."""
        values = tf.cast(inputs, tf.float32)
        mean_square = tf.reduce_mean(tf.square(values), axis=-1, keepdims=True)
        return tf.cast(values * tf.math.rsqrt(mean_square + self.epsilon), inputs.dtype)

    def compute_output_shape(self, input_shape):
        """The input's shape."""
        return input_shape

    def get_config(self):
        """Configuration from which the layer can be rebuilt."""
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package=PACKAGE)
class ConditionalBatchNormalization(keras.layers.Layer):
    """Batch normalisation with a gain and a shift for every class (de Vries et al. 2017).

    As generators of projection GANs use it (Miyato and Koyama 2018). Gains start at 1, shifts at 0.

    Args:
        num_classes: int, classes.
        momentum: float in [0, 1), of the moving statistics.
        epsilon: float, added to the variance.
        **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, num_classes, momentum=0.99, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.momentum = momentum
        self.epsilon = epsilon
        self.norm = keras.layers.BatchNormalization(
            momentum=momentum, epsilon=epsilon, center=False, scale=False, dtype=self.dtype_policy
        )

    def build(self, input_shape):
        """Creates gains and shifts, `(num_classes, channels)` each."""
        shape = (self.num_classes, input_shape[0][-1])
        self.gamma = self.add_weight(name="gamma", shape=shape, initializer="ones")
        self.beta = self.add_weight(name="beta", shape=shape, initializer="zeros")
        self.norm.build(input_shape[0])

    def call(self, inputs, training=False):
        """Normalises and applies each example's gain and shift.

        Args:
            inputs: Pair of float `(batch, ..., channels)` and int labels `(batch,)` or
                `(batch, 1)`.
            training: bool, whether the batch's statistics are used (and gathered).

        Returns:
            float `(batch, ..., channels)`.
        """
        features, labels = inputs
        labels = tf.reshape(tf.cast(labels, tf.int32), [-1])
        shape = [-1] + [1] * (features.shape.rank - 2) + [features.shape[-1]]
        gamma = tf.reshape(tf.gather(tf.cast(self.gamma, features.dtype), labels), shape)
        beta = tf.reshape(tf.gather(tf.cast(self.beta, features.dtype), labels), shape)
        return gamma * self.norm(features, training=training) + beta

    def compute_output_shape(self, input_shape):
        """The features' shape."""
        return input_shape[0]

    def get_config(self):
        """Configuration from which the layer can be rebuilt."""
        own = {
            "num_classes": self.num_classes,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }
        return {**super().get_config(), **own}
