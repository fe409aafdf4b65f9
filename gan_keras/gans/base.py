"""What every GAN of the suite shares: averaging, counting, metrics, state."""

import keras
import numpy as np
import tensorflow as tf

from gan_keras.gans.pacing import Pace, make_test_function, make_train_function
from gan_keras.hardware import replicas
from gan_keras.steps import averaging, latents
from gan_keras.steps.gradients import after, global_norm, gradients_of
from gan_keras.steps.latents import Purpose
from gan_keras.steps.toolbox import Toolbox


class StepMean(keras.metrics.Mean):
    """Mean over steps of values that all replicas know, so that each needs no other's count.

    Keras' own adds up over replicas what each of them has counted; a checkpoint of two devices
    would hold every step of an epoch twice.
    """

    def add_variable(self, *args, **kwargs):
        """As Keras does, but any one replica's copy is the whole."""
        kwargs["aggregation"] = "only_first_replica"
        return super().add_variable(*args, **kwargs)


class GAN(keras.Model):
    """A generator and a discriminator that are trained by a `train_step` of their own.

    A subclass implements `train_step` and `test_step` and lists what it measures in `METRICS`. It
    never toggles `trainable`: each update names the variables that it changes.

    Args:
        generator: Functional model; its first input is z `(batch, latent_dim)`.
        discriminator: Functional model over images.
        latent: Distribution of z, a key of `latents.LATENTS`.
        tools: What the steps may use; by default the plain non-saturating loss alone.
        ema_decay: Decay a step of the averaged generator; 0 turns averaging off.
        seed: Seed of every random draw of the steps.
    """

    # Names of the values that the steps return, the same keys in every variant.
    METRICS: tuple[str, ...] = ()
    # Those of them that a test_step does not have.
    TRAIN_METRICS: tuple[str, ...] = ("gradient_penalty", "g_gradient_norm", "d_gradient_norm")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        latent: str = "normal",
        tools: Toolbox | None = None,
        ema_decay: float = 0.0,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.latent_dim = generator.inputs[0].shape[-1]
        self.tools = tools or Toolbox()
        self.g_history = self.tools.history(generator)
        self.d_history = self.tools.history(discriminator)
        self.ema_decay = ema_decay
        self.seed = seed
        self._sample_latent = latents.get(latent)
        # Without averaging the generator itself is sampled from, not a second copy of it.
        self.averaged_generator = generator
        if ema_decay:
            self.averaged_generator = keras.models.clone_model(generator)
            averaging.ema_copy(self.averaged_generator, generator)
        # Variables, not Python numbers: those would be frozen when the step is traced.
        self.steps = self.add_weight(
            shape=(), dtype="int64", initializer="zeros", trainable=False, name="steps"
        )
        self._test_steps = self.add_weight(
            shape=(), dtype="int64", initializer="zeros", trainable=False, name="test_steps"
        )
        self._trackers = {name: StepMean(name) for name in self.METRICS}
        self.pace: Pace | None = None
        self.built = True

    def compile(
        self,
        g_optimizer: keras.optimizers.Optimizer,
        d_optimizer: keras.optimizers.Optimizer,
        **kwargs,
    ) -> None:
        """Takes one optimizer a network and builds both at once.

        Building them here, not at the first step, gives a checkpoint something to load into.

        Args:
            g_optimizer: For the generator.
            d_optimizer: For the discriminator; another instance.
            **kwargs: For `keras.Model.compile`, e.g. `jit_compile`.

        Raises:
            ValueError: If both are the same object, whose state would be mixed up.
        """
        if g_optimizer is d_optimizer:
            raise ValueError("generator and discriminator need an optimizer each. Received: one")
        kwargs.setdefault("optimizer", None)  # Keras would create an unused RMSprop
        super().compile(**kwargs)
        self.g_optimizer = g_optimizer
        self.d_optimizer = d_optimizer
        g_optimizer.build(self.generator.trainable_variables)
        d_optimizer.build(self.discriminator.trainable_variables)

    def fit(self, *args, steps_per_epoch: int | None = None, **kwargs) -> keras.callbacks.History:
        """As `keras.Model.fit`; whole epochs at the model's `pace`, if it has one."""
        if self.pace is not None:
            whole = steps_per_epoch == self.pace.epoch
            self.steps_per_execution = self.pace.size if whole else 1
            self.test_function = None  # the last fit's may take other numbers of batches
        return super().fit(*args, steps_per_epoch=steps_per_epoch, **kwargs)

    def make_train_function(self, force: bool = False):
        """As Keras does, but calls may be of any number of steps: what `pace` says."""
        if self.pace is None or self.run_eagerly:
            return super().make_train_function(force)
        if self.train_function is None or force:
            self.train_function = make_train_function(self)
        return self.train_function

    def make_test_function(self, force: bool = False):
        """As Keras does; of several devices one tests, so that any number of examples will do."""
        if self.replicas == 1:
            return super().make_test_function(force)
        if self.test_function is None or force:
            self.test_function = make_test_function(self)
        return self.test_function

    def _maybe_symbolic_build(self, *args, **kwargs):
        # All is built. Keras (3.15) would see to it by adding up the shares of the first batch,
        # which fails where they differ in size, as those of a small test split do.
        if self.replicas == 1:
            super()._maybe_symbolic_build(*args, **kwargs)

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
        values = replicas.mean({name: (absent | values)[name] for name in self.METRICS})
        for name, value in values.items():
            self._trackers[name].update_state(value)
        return values

    def evaluate(self, *args, **kwargs):
        """As `keras.Model.evaluate`, without the values that only training has."""
        logs = super().evaluate(*args, **kwargs)
        if not isinstance(logs, dict):
            return logs
        return {name: value for name, value in logs.items() if name not in self.TRAIN_METRICS}

    def update_discriminator(self, tape: tf.GradientTape, loss: tf.Tensor) -> tf.Tensor:
        """Updates the discriminator and nothing else; returns the norm of its gradient.

        Args:
            tape: Has recorded `loss`.
            loss: Scalar.
        """
        variables = self.discriminator.trainable_variables
        gradients = gradients_of(tape, loss, variables)
        with after(loss, gradients):
            self.d_optimizer.apply(gradients, variables)
        self.tools.after_discriminator(self.discriminator)
        self.d_history.update()
        return global_norm(gradients)

    def update_generator(self, tape: tf.GradientTape, loss: tf.Tensor) -> tf.Tensor:
        """Updates the generator and nothing else; returns the norm of its gradient.

        While the discriminator is being pre-trained nothing changes.

        Args:
            tape: Has recorded `loss`.
            loss: Scalar.
        """
        variables = self.generator.trainable_variables
        gradients = gradients_of(tape, loss, variables)
        with after(loss, gradients):
            self.tools.when_due(
                self.steps,
                lambda: self.g_optimizer.apply(gradients, variables),
                [*variables, *self.g_optimizer.variables],
            )
        self.g_history.update()
        return global_norm(gradients)

    def step_seed(self, purpose: Purpose, index: int = 0) -> tf.Tensor:
        """Seed pair for one draw of this training step.

        Args:
            purpose: What is drawn.
            index: Number of the discriminator's update within the step.
        """
        return latents.step_seed(self.seed, self.steps, purpose, index)

    def next_test_seed(self) -> tf.Tensor:
        """Seed pair of this test step; every evaluation repeats the same sequence."""
        seed = latents.step_seed(self.seed, self._test_steps, Purpose.EVALUATION)
        self._test_steps.assign_add(1)
        return seed

    def sample_latent(self, n: int | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Draws z, float32 `(n, latent_dim)`.

        Args:
            n: How many.
            seed: Seed pair, see `latents.step_seed`.
        """
        return self._sample_latent((n, self.latent_dim), seed)

    def finish_step(self) -> None:
        """Moves the averaged generator and counts the step; the last thing a train_step does."""
        if self.ema_decay:
            averaging.ema_update(
                self.averaged_generator, self.generator, self.ema_decay, self.steps
            )
        self.steps.assign_add(1)

    def sampler(self) -> keras.Model:
        """The functional model that samples are drawn from and that is exported."""
        return self.averaged_generator

    def call(self, inputs, training=None):
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

    def parts(self) -> dict[str, list[tf.Variable]]:
        """Variables that a variant has besides those that every GAN has, for `state`."""
        return {}

    def state(self) -> dict[str, tf.Variable]:
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
            "g_history": self.g_history.variables,
            "d_history": self.d_history.variables,
            **self.parts(),
        }
        if self.ema_decay:
            parts["averaged_generator"] = self.averaged_generator.variables
        state = {
            f"{part}/{index:03d}": variable
            for part, variables in parts.items()
            for index, variable in enumerate(variables)
        }
        for name, tracker in self._trackers.items():
            state |= {f"metrics/{name}/{i}": v for i, v in enumerate(tracker.variables)}
        return state
