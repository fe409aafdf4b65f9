"""Generated images from a model or from a run folder."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf

from gan_keras import configs, gans
from gan_keras.configs.base import RunConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.data.pipeline import scale, unscale
from gan_keras.foundation.errors import DataError
from gan_keras.foundation.files import atomic_path
from gan_keras.gans.base import GAN
from gan_keras.hardware import devices
from gan_keras.layers import plain_clone
from gan_keras.steps import latents
from gan_keras.storage import checkpoints, run_folder

BATCH = 256


def takes_labels(generator: keras.Model) -> bool:
    """Whether a generator is told the class that is wanted."""
    return len(generator.inputs) == 2


def generate(
    generator: keras.Model,
    z: np.ndarray,
    labels: np.ndarray | None = None,
    ink: str = "bright",
    value_range: str = "signed",
) -> np.ndarray:
    """Generates images.

    Args:
        generator: Model from z, or from `[z, label]`, to images.
        z: float `(n, latent_dim)`.
        labels: int `(n,)`; None for a generator without labels.
        ink: As in `data.pipeline.scale`.
        value_range: As in `data.pipeline.scale`.

    Returns:
        uint8 `(n, h, w, c)`, ink 255; of a generator of points, float32 `(n, d)`.
    """
    inputs = [tf.cast(z, tf.float32)]
    if labels is not None:
        inputs.append(tf.cast(labels, tf.int32))
    data = tf.data.Dataset.from_tensor_slices(tuple(inputs)).batch(BATCH)

    def one(*batch):
        found = generator(list(batch) if len(batch) > 1 else batch[0], training=False)
        return found if found.shape.rank == 2 else unscale(found, ink, value_range)

    # Traced once here, whatever the size of the last batch.
    traced = tf.function(one).get_concrete_function(*data.element_spec)
    return np.concatenate([traced(*batch).numpy() for batch in data])


def draw(
    generator: keras.Model,
    labels: np.ndarray | int,
    latent: str,
    seed: int,
    ink: str = "bright",
    value_range: str = "signed",
) -> np.ndarray:
    """Generates images, each from noise of its own.

    Args:
        generator: As for `generate`.
        labels: int `(n,)`; for a generator without labels the number of images.
        latent: Distribution of z.
        seed: The same seed gives the same images.
        ink: As in `data.pipeline.scale`.
        value_range: As in `data.pipeline.scale`.

    Returns:
        uint8 `(n, h, w, c)`, ink 255.
    """
    count, labels = (len(labels), labels) if takes_labels(generator) else (labels, None)
    key = latents.step_seed(seed, 0, latents.Purpose.EVALUATION)
    z = latents.get(latent)((count, generator.inputs[0].shape[-1]), key).numpy()
    return generate(generator, z, labels, ink, value_range)


def plain(model: keras.Model) -> keras.Model:
    """Returns a copy of standard layers in float32, for files that must run well anywhere.

    Args:
        model: Functional model, maybe under a mixed precision policy.
    """

    def in_float32(layer):
        return type(layer).from_config({**layer.get_config(), "dtype": "float32"})

    def keep_input_dtype(layer):
        is_input = isinstance(layer, keras.layers.InputLayer)
        return type(layer).from_config(layer.get_config()) if is_input else in_float32(layer)

    copy = keras.models.clone_model(plain_clone(model), clone_function=keep_input_dtype)
    copy.set_weights(model.get_weights())
    return copy


def export(model: keras.Model, path: Path) -> None:
    """Writes a model of standard layers as `.keras`, atomically and in float32."""
    with atomic_path(path) as temporary:
        plain(model).save(temporary)


def load_generator(path: Path) -> keras.Model:
    """Opens a `generator.keras`; code stored inside it is never run.

    Raises:
        DataError: If it is missing or damaged.
    """
    if not path.is_file():
        raise DataError(f"there is no {path}; train the run first")
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # whatever a damaged archive makes Keras raise
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"{path} is damaged ({reason})") from error


@dataclasses.dataclass(frozen=True)
class Sampler:
    """The generator of a run with what is needed to use it.

    Attributes:
        generator: Model from z, or from `[z, label]`, to images.
        class_names: Names of the classes of its data.
        latent: Distribution of z.
        ink: As in `data.pipeline.scale`.
        value_range: As in `data.pipeline.scale`.
        source: Where the generator came from, for messages.
        reconstruct: What the run's auto-encoder makes of images, uint8 in and out with ink 255;
            None if it has none.
    """

    generator: keras.Model
    class_names: tuple[str, ...]
    latent: str
    ink: str
    value_range: str
    source: str
    reconstruct: Callable[[np.ndarray], np.ndarray] | None = None

    @classmethod
    def of_model(
        cls, model: GAN, config: RunConfig, class_names: tuple[str, ...], source: str = "the model"
    ) -> Self:
        """Makes one of a GAN that is at hand.

        Args:
            model: Any variant.
            config: Its configuration.
            class_names: Names of the classes of its data.
            source: Where the GAN came from.
        """
        return cls(
            model.sampler(),
            class_names,
            config.latent,
            config.ink,
            config.value_range,
            source,
            _reconstructor(model, config.ink, config.value_range),
        )

    @property
    def takes_labels(self) -> bool:
        """Whether the generator is told the class that is wanted."""
        return takes_labels(self.generator)

    def draw(self, labels: np.ndarray | int, seed: int) -> np.ndarray:
        """Draws an image for each label, or so many without labels; uint8, ink 255."""
        return draw(self.generator, labels, self.latent, seed, self.ink, self.value_range)

    def interpolate(
        self, classes: np.ndarray | None, seed: int, to_seed: int, steps: int
    ) -> np.ndarray:
        """Goes from one noise vector to another, the same two for every class.

        Args:
            classes: int `(k,)`; None, which counts as one, for a generator without labels.
            seed: Of the first noise vector.
            to_seed: Of the last one.
            steps: Images a class, at least 2.

        Returns:
            uint8 `(k * steps, h, w, c)`, class by class.
        """
        length = self.generator.inputs[0].shape[-1]
        sample = latents.get(self.latent)
        ends = [
            sample((length,), latents.step_seed(s, 0, latents.Purpose.EVALUATION))
            for s in (seed, to_seed)
        ]
        # A straight line between normal vectors leaves the shell where they lie.
        method = "slerp" if self.latent == "normal" else "lerp"
        way = latents.interpolate(*ends, steps, method).numpy()
        labels = None
        if classes is not None:
            way, labels = np.tile(way, (len(classes), 1)), np.repeat(classes, steps)
        return generate(self.generator, way, labels, self.ink, self.value_range)

    def as_seen(self, images: np.ndarray) -> np.ndarray:
        """Turns ink-255 images to how the networks see them (dark ink on a white ground)."""
        return 255 - images if self.ink == "dark" else images


def _reconstructor(
    model: GAN, ink: str, value_range: str
) -> Callable[[np.ndarray], np.ndarray] | None:
    """What the auto-encoder of a GAN does to uint8 images; None where none is trained."""
    if not getattr(model, "autoencoder_phase", False):
        return None

    def reconstruct(images: np.ndarray) -> np.ndarray:
        batches = np.array_split(images, max(1, -(-len(images) // BATCH)))
        seen = (scale(batch, ink, value_range) for batch in batches)
        return np.concatenate([unscale(model.reconstruct(x), ink, value_range) for x in seen])

    return reconstruct


def is_exported(folder: run_folder.RunFolder) -> bool:
    """Whether `generator.keras` is as new as the newest checkpoint.

    It is older than the checkpoints of a run that was continued later.
    """
    newest, exported = checkpoints.existing(folder.checkpoints), folder / "generator.keras"
    return exported.exists() and (
        not newest or exported.stat().st_mtime_ns >= newest[0].stat().st_mtime_ns
    )


def open_run(workdir: str | Path, autoencoder: bool = False) -> Sampler:
    """Opens the generator of a run: the exported one, or the newest checkpoint of a run under way.

    Args:
        workdir: The run folder.
        autoencoder: Whether the auto-encoder is wanted as well, if the run has one: it is in the
            checkpoints only.

    Raises:
        DataError: If it is no run folder, or nothing has been saved yet.
    """
    folder, stored = run_folder.RunFolder.started(workdir)
    options = stored["options"]
    names = tuple(stored["data"]["class_names"])
    newest = checkpoints.existing(folder.checkpoints)
    rebuilt = newest and autoencoder and options.get("autoencoder", False)
    if is_exported(folder) and not rebuilt:
        generator = load_generator(folder / "generator.keras")
        value_range = options.get("value_range", "signed")  # runs of earlier versions have none
        source = str(folder / "generator.keras")
        return Sampler(generator, names, options["latent"], options["ink"], value_range, source)
    if not newest:
        raise DataError(f"{workdir} has neither generator.keras nor a checkpoint yet")
    model, config = _restored(folder, stored)
    return Sampler.of_model(model, config, names, str(folder.checkpoints))


def _from_checkpoint(folder: run_folder.RunFolder, stored: dict[str, Any]) -> keras.Model:
    """Builds the generator of a run that has not ended, without its data set."""
    return _restored(folder, stored)[0].sampler()


def _restored(folder: run_folder.RunFolder, stored: dict[str, Any]) -> tuple[GAN, RunConfig]:
    """Builds the GAN of a run from its newest checkpoint, in float32, and its configuration."""
    config = configs.from_dict(stored["options"]).replace(precision="float32")
    devices.set_up(config.precision, config.seed, config.deterministic)
    model = gans.build(config, DataSpec.from_dict(stored["data"]))
    if checkpoints.restore_latest(folder.checkpoints, model.state()) is None:
        raise DataError(f"{folder.checkpoints} holds no checkpoint")
    return model, config


def write_npz(
    path: Path, images: np.ndarray, labels: np.ndarray | None, class_names: tuple[str, ...]
) -> None:
    """Writes samples as arrays, atomically.

    Args:
        path: The .npz.
        images: uint8 `(n, h, w, c)`, ink 255.
        labels: int `(n,)`; None if nobody asked for classes.
        class_names: Names of the classes.
    """
    arrays = {"images": images, "class_names": np.array(class_names)}
    if labels is not None:
        arrays["labels"] = labels
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, **arrays)
