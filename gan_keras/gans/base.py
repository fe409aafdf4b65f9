"""The parts that all GANs of the suite share: state, metrics, updates, averaging.

The algorithms are in the files of the variants; nothing here decides what a step does.
"""

import functools
import inspect
import math
import weakref
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_keras.configs.base import RunConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.gans.inputs import Batch, Inputs, refusals, weightless
from gan_keras.hardware import devices, replicas
from gan_keras.layers import portable
from gan_keras.steps import augment, latents, losses, updates
from gan_keras.steps.latents import Purpose
from gan_keras.steps.losses import Targets
from gan_keras.steps.penalties import Penalty
from gan_keras.steps.replay import HistoricalAverage, ReplayBuffer
from gan_keras.steps.targets import POLICIES

LOGIT = "logit"  # name of the layer that ends a discriminator
# What `compile` of Keras takes that a GAN has no part of its own for.
COMPILED = {"jit_compile", "run_eagerly", "steps_per_execution"}
# Callbacks of Keras that act on `model.optimizer`.
_OF_ONE_OPTIMIZER = (
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ReduceLROnPlateau,
    keras.callbacks.SwapEMAWeights,
)
# What to do instead of saving a GAN whole.
_UNSAVED = (
    "a GAN is not saved whole; save_weights('gan.weights.h5') keeps all that training needs, "
    "export('generator') the generator as a SavedModel, and "
    "gan_keras.layers.portable(gan.sampler()).save('generator.keras') as a Keras model"
)


class StepMean(keras.metrics.Mean):
    """Mean over steps of values that are the same on all replicas.

    Keras' own adds up over replicas what each of them has counted; a checkpoint of two devices
    would hold every step of an epoch twice.
    """

    def add_variable(self, *args: Any, **kwargs: Any) -> keras.Variable:
        """Adds a variable; any one replica's copy is the whole."""
        kwargs["aggregation"] = "only_first_replica"
        return super().add_variable(*args, **kwargs)

    def update_state(self, values: tf.Tensor, sample_weight: None = None) -> None:
        """Adds a scalar, in a tenth of the operations that Keras' own takes for any values."""
        for variable, value in ((self.total, values), (self.count, 1.0)):
            variable.value.assign_add(value, read_value=False)


class _FiniteLosses(keras.callbacks.Callback):
    """Ends training after an epoch whose mean losses are not finite; nothing is done in a step."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Looks at the epoch's means."""
        for name in ("g_loss", "d_loss"):
            if not math.isfinite(value := float((logs or {}).get(name, 0.0))):
                raise DataError(
                    f"training has diverged: {name} is {value:g} in epoch {epoch + 1}; see that "
                    "the data are finite, or try a lower lr"
                )


class GAN(keras.Model):
    """A generator and a discriminator with a training step of their own.

    A subclass implements `train_step` and `test_step` and lists what it measures in `METRICS`. It
    never toggles `trainable`: each update names the variables that it changes.

    Args:
        config: Options of the variant.
        generator: Functional model; its first input is z `(batch, latent_dim)`.
        discriminator: Functional model over images.
    """

    # Names of the values that the steps return, the same keys in every variant.
    METRICS: tuple[str, ...] = (
        "g_loss",
        "d_loss",
        "d_real",
        "d_fake",
        "gradient_penalty",
        "real_score",
        "fake_score",
        "g_gradient_norm",
        "d_gradient_norm",
    )
    # The metrics that a test step does not have.
    TRAIN_METRICS: tuple[str, ...] = ("gradient_penalty", "g_gradient_norm", "d_gradient_norm")
    # Whether the losses know weights of examples.
    WEIGHTED = False

    def __init__(
        self, config: RunConfig, generator: keras.Model, discriminator: keras.Model
    ) -> None:
        super().__init__()
        self.config = config
        self.generator = generator
        self.discriminator = discriminator
        self.latent_dim = generator.inputs[0].shape[-1]
        self.seed = config.seed
        self.spec: DataSpec | None = None  # data that `fit` takes; None: whatever the steps can use
        self.trusting = False  # whether ranges of batches are known to be right
        self._checked = weakref.WeakSet()  # iterators whose first batch has been looked at
        self.loss_function = losses.LOSSES[config.loss]
        self.penalty = Penalty(
            config.penalty,
            config.penalty_factor,
            config.penalty_every,
            config.penalty_final,
            config.penalty_steps,
        )
        self.changes = augment.changes(
            config.diff_augment, config.instance_noise, config.instance_noise_steps
        )
        self.g_history = self.d_history = None
        if weight := config.historical_averaging:
            self.g_history = HistoricalAverage(generator, weight)
            self.d_history = HistoricalAverage(discriminator, weight)
        self.replay = self.features = None
        if config.replay:
            self.replay = ReplayBuffer(config.replay, generator.output.shape[1:])
        if config.feature_matching:
            features = discriminator.get_layer(LOGIT).input
            self.features = keras.Model(discriminator.inputs, features)
        # Without averaging the generator itself is sampled from, not a second copy of it.
        self.averaged_generator = generator
        if config.ema_decay:
            self.averaged_generator = keras.models.clone_model(generator)
            self.averaged_generator.set_weights(generator.get_weights())
        # Variables, not Python numbers: those would be frozen when the step is traced.
        counter = {"shape": (), "dtype": "int64", "initializer": "zeros", "trainable": False}
        self.steps = self.add_weight(name="steps", **counter)
        self._test_steps = self.add_weight(name="test_steps", **counter)
        self._trackers = {name: StepMean(name, dtype="float32") for name in self.METRICS}
        self.built = True

    def compile(
        self,
        g_optimizer: keras.optimizers.Optimizer | str | None = None,
        d_optimizer: keras.optimizers.Optimizer | str | None = None,
        **kwargs: Any,
    ) -> None:
        """Takes one optimizer per network, by default as the configuration says.

        Both are built at once, not at the first step: a checkpoint needs something to load into.

        Args:
            g_optimizer: For the generator; all that `keras.optimizers.get` takes.
            d_optimizer: For the discriminator; another instance.
            **kwargs: For `keras.Model.compile`: those of `COMPILED`.

        Raises:
            UsageError: If both are the same object, whose state would be mixed up, one scales a
                loss that it never sees, or an argument would have no effect.
        """
        if wrong := sorted(kwargs.keys() - COMPILED):
            raise UsageError(
                f"compile: {', '.join(wrong)} would have no effect; losses are options of the "
                "configuration, optimizers are given as g_optimizer and d_optimizer"
            )
        g_optimizer, d_optimizer = own_optimizers(g_optimizer, d_optimizer)
        super().compile(optimizer=None, **kwargs)  # Keras would create an unused RMSprop
        self.g_optimizer = g_optimizer or self.make_optimizer(self.config.g_lr_mult)
        self.d_optimizer = d_optimizer or self.make_optimizer()
        self.g_optimizer.build(self.generator.trainable_variables)
        self.d_optimizer.build(self.discriminator.trainable_variables)

    def make_optimizer(self, multiplier: float = 1.0) -> keras.optimizers.Optimizer:
        """Makes the optimizer of the configuration, at a multiple of its learning rate."""
        config = self.config
        rate = updates.learning_rate(
            config.lr * multiplier, config.lr_decay, config.lr_decay_steps, self.steps
        )
        return updates.make_optimizer(
            config.optimizer, rate, config.beta_1, config.beta_2, config.epsilon
        )

    def make_train_function(self, force: bool = False) -> None:
        """Makes the function that `fit` calls: Keras', with a step that is never inlined."""
        if self.train_function is None or force:
            eager = self.replicas > 1 or self.run_eagerly
            self.train_function = self._make_function(self.train_step if eager else self._whole())

    def _whole(self) -> Callable[[Any], dict[str, tf.Tensor]]:
        """The training step as a function that is never inlined.

        TensorFlow's optimizer (2.21) may fuse other operations inside a loop than outside, so that
        the last bits of a step would depend on how many steps one call makes.
        """
        return tf.function(
            self.train_step,
            autograph=False,
            jit_compile=self.jit_compile or None,
            experimental_attributes={"_noinline": True},
        )

    def stepper(
        self, batches: tf.data.Dataset, most: int = 1
    ) -> Callable[[int], dict[str, tf.Tensor]]:
        """A function that makes as many training steps as it is told; it returns the last's values.

        Keras (3.15) would put two more functions around a step, whose tracing and optimizing takes
        a third of a second.

        Args:
            batches: Enough of them.
            most: The largest number of steps in one call; on several devices it is 1.
        """
        if self.replicas > 1:
            self.make_train_function()
            parts = iter(self.distribute_strategy.experimental_distribute_dataset(batches))
            return lambda steps: self.train_function(parts)
        iterator, step = iter(batches), self._whole()
        if most == 1:
            return lambda steps: step(next(iterator))

        @functools.partial(tf.function, autograph=False)
        def several(steps: tf.Tensor) -> dict[str, tf.Tensor]:
            _, values = tf.while_loop(
                lambda done, _: done < steps,
                lambda done, _: (done + 1, step(iterator.get_next())),
                (0, dict.fromkeys(self.METRICS, tf.zeros(()))),
            )
            return values

        return lambda steps: several(tf.constant(steps))

    def make_test_function(self, force: bool = False) -> None:
        """Makes the function that `evaluate` calls; of several devices one tests whole batches.

        The last batch of a test split may have any size, and its draws differ from a training
        step: shares of it would have unequal weights, or be empty.
        """
        if self.test_function is not None and not force:
            return
        step = self.test_step
        if self.replicas == 1:
            self.test_function = self._make_function(step)
        else:
            step = tf.function(step, autograph=False, reduce_retracing=True)
            strategy = self.distribute_strategy
            self.test_function = lambda batches: step(replicas.whole(strategy, next(batches)))

    def _inputs(self) -> Inputs | None:
        """What batches must be; None if the GAN was not made by `gans.build`."""
        labelled = len(self.generator.inputs) == 2
        return self.spec and Inputs(self.config, self.spec, labelled, self.WEIGHTED)

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        """Looks at the first batch, where Keras would build a model that is not built.

        Keras (3.15) would build by adding up the shares of the first batch, which fails where they
        differ in size, as in a small test split.
        """
        inputs = self._inputs()
        if inputs is None or self.trusting or iterator in self._checked:
            return
        if iterator is not None:
            self._checked.add(iterator)  # of a validation split, which comes in each epoch
            data_batch = self._first_batch(iterator)
        self._autoconvert_optionals(inputs.check_values)(data_batch)

    def _first_batch(self, iterator: Any) -> Any:
        """The first batch of what Keras iterates over; Keras resets it afterwards."""
        # A generator would lose what is read from it; Keras has kept its first batches.
        if kept := getattr(iterator.data_adapter, "_first_batches", None):
            return kept[0]
        with iterator.catch_stop_iteration():
            for _, _, batches in iterator:
                batch = next(batches)
                several = self.replicas > 1
                return replicas.whole(self.distribute_strategy, batch) if several else batch
        raise UsageError(
            "the data set gives no batch: it is empty, or smaller than a batch and drop_remainder "
            "is on"
        )

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Trains as `keras.Model.fit`.

        Raises:
            UsageError: If batches cannot be trained on, see `Inputs`, or a callback would fail at
                the end of an epoch.
            DataError: If the losses of an epoch are not finite.
        """
        bound = inspect.signature(super().fit).bind(*args, **kwargs)
        self._check_weights(bound)
        given = bound.arguments.get("callbacks")
        callbacks = keras.tree.flatten(getattr(given, "callbacks", given) or [])
        for callback in callbacks:
            name = type(callback).__name__
            if isinstance(callback, keras.callbacks.ModelCheckpoint):
                if not callback.save_weights_only:
                    raise UsageError(f"{name} needs save_weights_only=True: {_UNSAVED}")
            elif isinstance(callback, _OF_ONE_OPTIMIZER):
                raise UsageError(
                    f"{name} acts on model.optimizer, which a GAN does not have: use lr_decay of "
                    "the configuration, or set gan.g_optimizer.learning_rate in your own callback"
                )
        # First, so that no other callback stores weights that are lost.
        if not isinstance(given, keras.callbacks.CallbackList):
            bound.arguments["callbacks"] = [_FiniteLosses(), *callbacks]
        elif not any(isinstance(callback, _FiniteLosses) for callback in callbacks):
            given.callbacks.insert(0, _FiniteLosses())
        with devices.determinism(self.config.deterministic), refusals():
            return super().fit(*bound.args, **bound.kwargs)

    def _check_weights(self, bound: inspect.BoundArguments) -> None:
        """Refuses weights without labels, which Keras would drop."""
        values = bound.arguments
        dropped = values.get("y") is None and values.get("sample_weight") is not None
        if dropped and not self.WEIGHTED:  # whose steps ask for labels anyway
            raise weightless(self.config)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuses: a GAN is made by its configuration, which `load_model` would not find."""
        self.get_config()

    def get_config(self) -> dict[str, Any]:
        """Refuses, and with it whatever would copy a GAN by its parts."""
        raise UsageError(_UNSAVED)

    def export(self, filepath: Any, *args: Any, **kwargs: Any) -> None:
        """Exports the averaged generator as `keras.Model.export`, of standard layers in float32.

        Args:
            filepath: The new folder or file.
            *args: Of `keras.Model.export`.
            **kwargs: Of `keras.Model.export`.
        """
        model = portable(self.sampler())
        model(model.inputs)  # some formats ask for a model that has been called
        model.export(filepath, *args, **kwargs)

    @property
    def replicas(self) -> int:
        """Devices that share a batch."""
        return self.distribute_strategy.num_replicas_in_sync

    @property
    def networks(self) -> dict[str, keras.Model]:
        """The networks that are trained, by name."""
        return {"generator": self.generator, "discriminator": self.discriminator}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The trackers of `METRICS`; Keras resets them at the start of each epoch."""
        return list(self._trackers.values())

    def reset_metrics(self) -> None:
        """Resets the trackers, and the test counter so that each test draws the same noise."""
        super().reset_metrics()
        self._test_steps.assign(0)

    def track(self, **values: tf.Tensor) -> dict[str, tf.Tensor]:
        """Adds a step's values to the epoch means.

        Args:
            **values: A scalar for each of `METRICS`; a test step leaves out `TRAIN_METRICS`.

        Returns:
            The step's own values, on several devices their means: callbacks see these, the epoch's
            logs are the means over steps.
        """
        absent = dict.fromkeys(self.TRAIN_METRICS, tf.zeros(()))
        values = {name: (absent | values)[name] for name in self.METRICS}
        if self.replicas > 1:
            values = replicas.mean(values)
        for name, value in values.items():
            self._trackers[name].update_state(value)
        return values

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluates as `keras.Model.evaluate`, without the values that only training has."""
        self._check_weights(inspect.signature(super().evaluate).bind(*args, **kwargs))
        with refusals():
            logs = super().evaluate(*args, **kwargs)
        if not isinstance(logs, dict):
            return logs
        return {name: value for name, value in logs.items() if name not in self.TRAIN_METRICS}

    # Pieces of a step.

    def unpack(self, data: Any, training: bool = True) -> Batch:
        """Images, labels and weights of a batch; the first thing that a step does.

        Args:
            data: Whatever `Inputs` can bring into form.
            training: Whether the step is a training step.
        """
        if (inputs := self._inputs()) is None:
            return keras.utils.unpack_x_y_sample_weight(data)
        return inputs.form(data, training)

    def batches(self, data: Any) -> list[tf.Tensor]:
        """The images of a step, one batch per update of the discriminator."""
        images, _, _ = self.unpack(data)
        return tf.split(images, self.config.n_critic)

    def step_seed(self, purpose: Purpose, index: int = 0) -> tf.Tensor:
        """Derives the seed pair of one draw of this training step.

        Args:
            purpose: Use of the draw.
            index: Number of the discriminator's update within the step.
        """
        return latents.step_seed(self.seed, self.steps, purpose, index)

    def next_test_seed(self) -> tf.Tensor:
        """Derives the seed pair of this test step; every evaluation repeats the same sequence."""
        seed = latents.step_seed(self.seed, self._test_steps, Purpose.EVALUATION)
        self._test_steps.assign_add(1)
        return seed

    def sample_latent(self, n: int | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Draws z, float32 `(n, latent_dim)`."""
        return latents.LATENTS[self.config.latent]((n, self.latent_dim), seed)

    def generate(
        self,
        n: int | tf.Tensor,
        purpose: Purpose,
        index: int = 0,
        labels: tf.Tensor | None = None,
        training: bool = True,
    ) -> tf.Tensor:
        """Draws z and generates `n` images.

        Args:
            n: Number of images.
            purpose: Use of the z.
            index: Number of the discriminator's update within the step.
            labels: Classes that are wanted, int `(n,)`, where the generator takes them.
            training: Whether the generator runs in training mode.
        """
        z = self.sample_latent(n, self.step_seed(purpose, index))
        return self.generator(z if labels is None else [z, labels], training=training)

    def discriminate(
        self, images: tf.Tensor, labels: tf.Tensor | None = None, training: bool = True
    ) -> Any:
        """Logits of images, with their classes where the discriminator takes them."""
        inputs = images if labels is None else [images, labels]
        return self.discriminator(inputs, training=training)

    def seen(self, images: tf.Tensor, purpose: Purpose, index: int = 0) -> tf.Tensor:
        """Images as the discriminator sees them: augmented, noisy, packed, as the options say.

        Args:
            images: float `(n, h, w, c)`.
            purpose: Use of the random changes.
            index: Number of the discriminator's update within the step.
        """
        if self.changes:
            seed = self.step_seed(purpose, index)
            images = augment.apply(self.changes, images, seed, self.steps)
        return augment.pack(images, self.config.packing) if self.config.packing > 1 else images

    def replayed(self, fakes: tf.Tensor, index: int = 0) -> tf.Tensor:
        """Fakes for the discriminator's update, half of them past ones if replay is on.

        No gradient flows to the generator.
        """
        if self.replay is None:
            return tf.stop_gradient(fakes)
        return self.replay.exchange(fakes, self.step_seed(Purpose.REPLAY, index))

    def d_targets(self, n: int | tf.Tensor, index: int = 0) -> tuple[Targets, Targets]:
        """Targets of the discriminator for `n` reals and for `n` fakes.

        Args:
            n: Number of logits of either.
            index: Number of the discriminator's update within the step.
        """
        if self.config.label_policy == "hard":
            return 1.0, 0.0
        policy = POLICIES[self.config.label_policy]
        return (
            policy.real(n, self.step_seed(Purpose.TARGETS_REAL, index)),
            policy.fake(n, self.step_seed(Purpose.TARGETS_FAKE, index)),
        )

    def g_target(self, n: int | tf.Tensor) -> Targets:
        """Targets that the generator wants the discriminator to give to its `n` fakes."""
        if self.config.label_policy == "hard":
            return 1.0
        policy = POLICIES[self.config.label_policy]
        return policy.generator(n, self.step_seed(Purpose.TARGETS_G))

    def feature_matching(
        self, reals: tf.Tensor, fakes: tf.Tensor, labels: tf.Tensor | None = None
    ) -> tf.Tensor:
        """The weighted term of feature matching in the generator's loss, float32 scalar.

        Args:
            reals: Real images as the discriminator sees them.
            fakes: As many generated ones.
            labels: Classes of both.
        """
        if self.features is None:
            return tf.zeros(())
        real, fake = (
            self.features(images if labels is None else [images, labels], training=True)
            for images in (reals, fakes)
        )
        return self.config.feature_matching * losses.feature_matching(real, fake)

    def update_discriminator(self, tape: tf.GradientTape, loss: tf.Tensor) -> tf.Tensor:
        """Updates the discriminator and nothing else; returns the norm of its gradient.

        Historical averaging and clipping are part of it where they are on.

        Args:
            tape: Has recorded `loss`.
            loss: Scalar.
        """
        if self.d_history is not None:
            with tape:
                loss = loss + self.d_history.penalty()
        variables = self.discriminator.trainable_variables
        norm = updates.update(self.d_optimizer, tape, loss, variables)
        if self.config.weight_clip:
            updates.clip_weights(variables, self.config.weight_clip)
        if self.d_history is not None:
            self.d_history.update()
        return norm

    def update_generator(self, tape: tf.GradientTape, loss: tf.Tensor) -> tf.Tensor:
        """Updates the generator and nothing else; returns the norm of its gradient.

        Historical averaging is part of it where it is on. While the discriminator is being
        pre-trained nothing changes.

        Args:
            tape: Has recorded `loss`.
            loss: Scalar.
        """
        if self.g_history is not None:
            with tape:
                loss = loss + self.g_history.penalty()
        variables = self.generator.trainable_variables
        norm = updates.update(self.g_optimizer, tape, loss, variables, self.generator_is_due())
        if self.g_history is not None:
            self.g_history.update()
        return norm

    def generator_is_due(self) -> tf.Tensor | None:
        """True where the generator is updated in this step; None: always."""
        pretraining = self.config.pretraining
        return tf.convert_to_tensor(self.steps) >= pretraining if pretraining else None

    def finish_step(self) -> None:
        """Moves the averaged generator and counts the step; the last thing a train_step does."""
        if decay := self.config.ema_decay:
            updates.average_weights(
                self.averaged_generator.weights, self.generator.weights, decay, self.steps
            )
        self.steps.assign_add(1)

    # What is made of the generator, and what is stored.

    def sampler(self) -> keras.Model:
        """The functional model that samples are drawn from and that is exported."""
        return self.averaged_generator

    def call(self, inputs: Any, training: bool | None = None) -> tf.Tensor:
        """Samples from the averaged generator in inference mode."""
        del training
        return self.sampler()(inputs, training=False)

    def pictures(self, real: np.ndarray) -> dict[str, np.ndarray]:
        """Pictures of this variant besides the grid of samples; none unless it has some.

        Args:
            real: Held-out examples, the same ones each time, as the networks see them.

        Returns:
            uint8 `(h, w, 1)` or `(h, w, 3)` by name.
        """
        del real
        return {}

    def parts(self) -> dict[str, list[keras.Variable]]:
        """Variables that only this variant has, for `state`."""
        return {}

    def state(self) -> dict[str, keras.Variable]:
        """Everything that an exact resume needs, by a stable unique name.

        Weights with BatchNorm statistics, the averaged generator, optimizers with their step
        counts, the seeds of dropout, the counters and the running means of the current epoch.
        """
        parts = {
            "generator": self.generator.variables,
            "discriminator": self.discriminator.variables,
            "g_optimizer": self.g_optimizer.variables,
            "d_optimizer": self.d_optimizer.variables,
            "counters": [self.steps],
            **self.parts(),
        }
        if self.replay is not None:
            parts |= {"memory": [self.replay.images], "memory_count": [self.replay.count]}
        if self.g_history is not None:
            parts |= {"g_history": self.g_history.variables, "d_history": self.d_history.variables}
        if self.config.ema_decay:
            parts["averaged_generator"] = self.averaged_generator.variables
        state = {
            f"{part}/{index:03d}": variable
            for part, variables in parts.items()
            for index, variable in enumerate(variables)
        }
        for name, tracker in self._trackers.items():
            state |= {f"metrics/{name}/{i}": v for i, v in enumerate(tracker.variables)}
        return state


def own_optimizers(*given: Any) -> list[keras.optimizers.Optimizer | None]:
    """The optimizers that were given, of whatever kind; each may be None.

    Raises:
        UsageError: If one stands for two networks, or scales a loss that it never sees.
    """
    found = [None if one is None else keras.optimizers.get(one) for one in given]
    known = [one for one in found if one is not None]
    if len({id(one) for one in known}) < len(known):
        raise UsageError("each network needs an optimizer of its own; got one for two")
    if any(isinstance(one, keras.optimizers.LossScaleOptimizer) for one in known):
        raise UsageError("a GAN does not scale its losses; give the optimizer itself")
    return found
