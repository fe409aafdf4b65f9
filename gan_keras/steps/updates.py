"""Updates of weights: gradients, optimizers, learning rates, clipping and averaging."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from gan_keras.hardware import replicas

Variables = Sequence[keras.Variable]


def update(
    optimizer: keras.optimizers.Optimizer,
    tape: tf.GradientTape,
    loss: tf.Tensor,
    variables: Variables,
    due: tf.Tensor | None = None,
) -> tf.Tensor:
    """Moves variables down the gradient of a loss.

    Args:
        optimizer: Has state for all of the variables.
        tape: Has recorded `loss`.
        loss: Scalar, the mean over the examples on this device.
        variables: All that is changed, besides the optimizer's state.
        due: Scalar bool tensor: nothing is changed where it is false. None: always due.

    Returns:
        Euclidean length of the gradient, float32 scalar.
    """
    # A table of embeddings gets rows, one per example. Keras would add up the squares of those that
    # are of one class; as one tensor their sum is squared, as the paper of Adam has it.
    gradients = [
        None if gradient is None else tf.convert_to_tensor(gradient)
        for gradient in tape.gradient(loss, variables)
    ]
    several = tf.distribute.get_strategy().num_replicas_in_sync > 1
    if several:
        # Optimizers add up over devices: the sum is the gradient of the mean over the whole batch.
        gradients = replicas.share(gradients)
    known = [gradient for gradient in gradients if gradient is not None]
    # An update in place could otherwise overtake a product that still reads the weights: with a
    # Wasserstein loss, whose gradients need no logits, one step in some hundred came out
    # different, which no exact resume survives (TensorFlow 2.21 on CPU).
    with tf.control_dependencies([tf.group(loss, *known)]):
        if due is None:
            optimizer.apply(gradients, variables)
        else:
            changed = [*variables, *optimizer.variables]
            replicas.do_if(due, lambda: optimizer.apply(gradients, variables), changed)
    norms = [tf.cast(gradient, tf.float32) for gradient in known]
    return tf.linalg.global_norm(replicas.add(norms) if several else norms)


def clip_weights(variables: Variables, limit: float) -> None:
    """Clips weights to [-limit, limit] (Arjovsky et al. 2017, algorithm 1, line 7).

    Biases and gains of normalisations are clipped as well.

    Args:
        variables: Changed in place.
        limit: The paper uses 0.01.
    """
    for variable in variables:
        variable.assign(tf.clip_by_value(tf.convert_to_tensor(variable), -limit, limit))


def average_weights(average: Variables, current: Variables, decay: float, step: tf.Tensor) -> None:
    """Moves averaged weights towards the current ones.

    `average = decay * average + (1 - decay) * current` (Yazici et al. 2019) for all float weights,
    the moving statistics of BatchNormalization included: they belong to the weights they were
    gathered under. Other variables are copied. The decay starts small, `(1 + step) / (10 + step)`,
    so that the first weights, mere noise, are soon forgotten.

    The average makes better and steadier pictures than the weights of any one step (Karras et al.
    2018, appendix A.1).

    Args:
        average: Changed in place.
        current: Variables of the same shapes, in the same order.
        decay: Final decay in [0, 1].
        step: Scalar int tensor or variable, steps made.
    """
    step = tf.cast(tf.convert_to_tensor(step), tf.float32)
    decay = tf.minimum(tf.cast(decay, tf.float32), (1.0 + step) / (10.0 + step))
    rest = 1.0 - decay
    for averaged, variable in zip(average, current, strict=True):
        value = tf.convert_to_tensor(variable)
        if value.dtype.is_floating:
            # In this form decay 1 leaves the average bit-equal and decay 0 copies exactly.
            value = decay * tf.convert_to_tensor(averaged) + rest * value
        averaged.assign(value)


def make_optimizer(
    name: str, rate: "float | ByStep", beta_1: float, beta_2: float, epsilon: float
) -> keras.optimizers.Optimizer:
    """Makes the optimizer of one network.

    Args:
        name: `adam`, `rmsprop` or `sgd`.
        rate: Learning rate.
        beta_1: Adam's decay of the first moment.
        beta_2: Adam's decay of the second moment.
        epsilon: Adam's and RMSprop's, beside the root of the second moment.
    """
    if name == "sgd":
        return keras.optimizers.SGD(rate)
    if name == "rmsprop":
        # Keras adds epsilon under the root, where 1e-8 would silence gradients below 1e-4.
        return keras.optimizers.RMSprop(rate, rho=0.99, epsilon=epsilon**2)
    return FusedAdam(rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)


def learning_rate(rate: float, decay: str, length: int, steps: keras.Variable) -> "float | ByStep":
    """A constant rate, or one that decays over training steps.

    Args:
        rate: Learning rate at step 0.
        decay: `constant`; `linear` and `cosine`, which fall to 0; `exponential`, which passes a
            hundredth of the rate at `length` and goes on; `inverse_sqrt`, which stays until
            `length` and then falls as one over the root of the steps (Karras et al. 2024,
            arXiv:2312.02696): a run can end anywhere, or go on.
        length: Training steps until the decay ends; with `inverse_sqrt` until it begins.
        steps: Counts training steps.
    """
    schedules = keras.optimizers.schedules
    if decay == "linear":
        return ByStep(schedules.PolynomialDecay(rate, length, end_learning_rate=0.0), steps)
    if decay == "cosine":
        return ByStep(schedules.CosineDecay(rate, length), steps)
    if decay == "exponential":
        return ByStep(schedules.ExponentialDecay(rate, length, decay_rate=0.01), steps)
    if decay == "inverse_sqrt":

        def falling(step: tf.Tensor) -> tf.Tensor:
            return rate * tf.math.rsqrt(tf.maximum(tf.cast(step, tf.float32) / length, 1.0))

        return ByStep(falling, steps)
    return rate


class ByStep(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule over training steps, not over the updates of its optimizer.

    An optimizer can make several updates per step, or forget how many it has made. Keras' callbacks
    see only `model.optimizer`, which a GAN does not have.

    Args:
        schedule: Training steps made -> learning rate.
        counter: Scalar int variable, training steps made.
    """

    def __init__(self, schedule: Callable[[tf.Tensor], tf.Tensor], counter: keras.Variable) -> None:
        self.schedule = schedule
        self.counter = counter

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """The rate at this training step; the optimizer's own count plays no part."""
        del step
        return self.schedule(tf.convert_to_tensor(self.counter))


@keras.saving.register_keras_serializable(package="gan_keras")
class FusedAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam` (Kingma & Ba 2015), each variable updated by one kernel.

    Keras spells the update out in eight operations, each of which reads and writes memory of the
    variable's size; TensorFlow's own kernel does the same in one pass, on CPUs and GPUs:

        m <- m + (1 - beta_1) (g - m)
        v <- v + (1 - beta_2) (g^2 - v)
        w <- w - lr sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)

    On one CPU core 0.9 M parameters take 0.7 ms for 2.0. Variables, their order and the arguments
    are as in Keras' class, so that either can go on where the other stopped; results agree but
    for the rounding. `update` makes the gradients of embeddings dense.
    """

    def apply(self, grads: Sequence[tf.Tensor], trainable_variables: Any = None) -> None:
        """Updates all variables, with factors that are computed once where that can be."""
        # each of several devices needs its own
        self._shared = self._factors() if replicas.total() == 1 else None
        super().apply(grads, trainable_variables)

    def _factors(self) -> dict[str, tf.Tensor]:
        """What is the same for all variables."""
        step = tf.cast(self.iterations + 1, tf.float32)
        beta_1, beta_2 = tf.constant(self.beta_1), tf.constant(self.beta_2)
        return {
            "beta1_power": tf.pow(beta_1, step),
            "beta2_power": tf.pow(beta_2, step),
            "beta1": beta_1,
            "beta2": beta_2,
            "epsilon": tf.constant(self.epsilon),
            "lr": tf.cast(self.learning_rate, tf.float32),
        }

    def update_step(
        self,
        gradient: tf.Tensor,
        variable: tf.Variable,
        learning_rate: tf.Tensor,
    ) -> None:
        """Updates one variable and its moments.

        Args:
            gradient: Tensor of the variable's shape.
            variable: float32, its replica on this device where there are several.
            learning_rate: Scalar.
        """
        del learning_rate  # is among the factors
        index = self._get_variable_index(variable)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            grad=tf.cast(gradient, tf.float32),
            **(self._shared or self._factors()),
        )
