"""Generated images from a model or from a run folder."""

import dataclasses
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from data_tools.errors import DataError
from data_tools.files import atomic_path
from gan_keras import checkpoints, configs, devices, gans, latents, runs
from gan_keras.data.dataset import DataSpec
from gan_keras.data.pipeline import unscale

BATCH = 256


def generate(
    generator: keras.Model, z: np.ndarray, labels: np.ndarray, ink: str = "bright"
) -> np.ndarray:
    """Generates images.

    Args:
        generator: Model from `[z, label]` to images in [-1, 1].
        z: float `(n, latent_dim)`.
        labels: int `(n,)`.
        ink: As in `data.pipeline.scale`.

    Returns:
        uint8 `(n, h, w, c)`, ink 255.
    """
    data = tf.data.Dataset.from_tensor_slices(
        ({"latent": tf.cast(z, tf.float32), "label": tf.cast(labels, tf.int32)},)
    ).batch(BATCH)

    @tf.function(reduce_retracing=True)
    def one(batch):
        return unscale(generator([batch["latent"], batch["label"]], training=False), ink)

    return np.concatenate([one(batch).numpy() for (batch,) in data])


def draw(
    generator: keras.Model, labels: np.ndarray, latent: str, seed: int, ink: str = "bright"
) -> np.ndarray:
    """Generates an image for each label, each from noise of its own.

    Args:
        generator: As for `generate`.
        labels: int `(n,)`.
        latent: Distribution of z.
        seed: The same seed gives the same images.
        ink: As in `data.pipeline.scale`.

    Returns:
        uint8 `(n, h, w, c)`, ink 255.
    """
    shape = (len(labels), generator.inputs[0].shape[-1])
    key = latents.step_seed(seed, 0, latents.Purpose.EVALUATION)
    return generate(generator, latents.get(latent)(shape, key).numpy(), labels, ink)


def plain(model: keras.Model) -> keras.Model:
    """Returns a copy that computes in float32, for files that must run well anywhere.

    Args:
        model: Functional model, maybe under a mixed precision policy.
    """

    def in_float32(layer):
        return type(layer).from_config({**layer.get_config(), "dtype": "float32"})

    def keep_input_dtype(layer):
        is_input = isinstance(layer, keras.layers.InputLayer)
        return type(layer).from_config(layer.get_config()) if is_input else in_float32(layer)

    copy = keras.models.clone_model(model, clone_function=keep_input_dtype)
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
        generator: Model from `[z, label]` to images in [-1, 1].
        class_names: Names of its classes.
        latent: Distribution of z.
        ink: As in `data.pipeline.scale`.
        source: Where the generator came from, for messages.
    """

    generator: keras.Model
    class_names: tuple[str, ...]
    latent: str
    ink: str
    source: str

    def draw(self, labels: np.ndarray, seed: int) -> np.ndarray:
        """Draws an image for each label; uint8, ink 255."""
        return draw(self.generator, labels, self.latent, seed, self.ink)

    def interpolate(self, classes: np.ndarray, seed: int, to_seed: int, steps: int) -> np.ndarray:
        """Goes from one noise vector to another, the same two for every class.

        Args:
            classes: int `(k,)`.
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
        return generate(
            self.generator, np.tile(way, (len(classes), 1)), np.repeat(classes, steps), self.ink
        )

    def as_seen(self, images: np.ndarray) -> np.ndarray:
        """Turns ink-255 images to how the networks see them (dark ink on a white ground)."""
        return 255 - images if self.ink == "dark" else images


def open_run(workdir: str | Path) -> Sampler:
    """Opens the generator of a run: the exported one, or the newest checkpoint of a run under way.

    Args:
        workdir: The run folder.

    Raises:
        DataError: If it is no run folder, or nothing has been saved yet.
    """
    folder = runs.RunFolder(workdir)
    stored = folder.read_config() if folder.path.is_dir() else None
    if stored is None:
        raise DataError(f"{workdir} is no run folder (it has no config.json)")
    options = stored["options"]
    names = tuple(stored["data"]["class_names"])
    newest = checkpoints.existing(folder.checkpoints)
    exported = folder / "generator.keras"
    # An export is older than the checkpoints of a run that was continued later.
    if exported.exists() and (
        not newest or exported.stat().st_mtime_ns >= newest[0].stat().st_mtime_ns
    ):
        generator, source = load_generator(exported), str(exported)
    elif newest:
        generator, source = _from_checkpoint(folder, stored), str(folder.checkpoints)
    else:
        raise DataError(f"{workdir} has neither generator.keras nor a checkpoint yet")
    return Sampler(generator, names, options["latent"], options["ink"], source)


def _from_checkpoint(folder: runs.RunFolder, stored: dict[str, Any]) -> keras.Model:
    """Builds the generator of a run that has not ended, without its data set."""
    config = configs.from_dict(stored["options"]).replace(precision="float32")
    devices.set_up(config.precision, config.seed, config.deterministic)
    model = gans.build(config, DataSpec.from_dict(stored["data"]))
    if checkpoints.restore_latest(folder.checkpoints, model.state()) is None:
        raise DataError(f"{folder.checkpoints} holds no checkpoint")
    return model.averaged_generator


def write_npz(
    path: Path, images: np.ndarray, labels: np.ndarray, class_names: tuple[str, ...]
) -> None:
    """Writes samples as arrays, atomically.

    Args:
        path: The .npz.
        images: uint8 `(n, h, w, c)`, ink 255.
        labels: int `(n,)`.
        class_names: Names of the classes.
    """
    with atomic_path(path) as temporary:
        np.savez_compressed(
            temporary, images=images, labels=labels, class_names=np.array(class_names)
        )
