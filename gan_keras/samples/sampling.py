"""Generated images from a model or from a run folder."""

import csv
import dataclasses
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from gan_keras import configs, gans
from gan_keras.configs.base import RunConfig
from gan_keras.data import label_tables
from gan_keras.data.dataset import DataSpec
from gan_keras.data.pipeline import scale, unscale
from gan_keras.data.splits import split_of
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.foundation.files import atomic_folder, atomic_path
from gan_keras.gans.base import GAN
from gan_keras.hardware import devices
from gan_keras.layers import portable
from gan_keras.steps import latents
from gan_keras.storage import checkpoints, exports
from gan_keras.storage.run_folder import RunFolder

BATCH = 256
# Names that no system refuses as those of folders; no other has a hyphen in it.
_FOLDER = re.compile(r"[A-Za-z0-9_+=]{1,64}")


def takes_labels(generator: keras.Model) -> bool:
    """Tells whether a generator is given the class that is wanted."""
    return len(generator.inputs) == 2


def export(model: keras.Model, path: Path, **record: Any) -> None:
    """Writes a model of standard layers as `.keras`, atomically and in float32.

    Args:
        model: The model.
        path: The file.
        **record: JSON values that the file says of itself: `step`, the training steps behind it,
            and `run`, the hash of its run.
    """
    with atomic_path(path) as temporary:
        portable(model).save(temporary)
        exports.stamp(temporary, record)


@dataclasses.dataclass(frozen=True)
class Sampler:
    """The generator of a run with what is needed to use it.

    Attributes:
        generator: Model from z, or from `[z, label]`, to images.
        class_names: Names of the classes of its data.
        latent: Distribution of z.
        ink: As in `data.pipeline.scale`.
        value_range: As in `data.pipeline.scale`.
        source: Origin of the generator, for messages.
        dataset: Name of its data.
        step: Training steps behind it; None if that is not known.
        reconstruct: The run's auto-encoder, from images to images, uint8 with ink 255; None if it
            has none.
    """

    generator: keras.Model
    class_names: tuple[str, ...]
    latent: str
    ink: str
    value_range: str
    source: str
    dataset: str = ""
    step: int | None = None
    reconstruct: Callable[[np.ndarray], np.ndarray] | None = None

    @classmethod
    def of_model(
        cls, model: GAN, config: RunConfig, class_names: tuple[str, ...], source: str = "the model"
    ) -> Self:
        """Makes the sampler of a GAN of any variant."""
        ink, value_range = config.ink, config.value_range
        reconstruct = _reconstructor(model, ink, value_range)
        generator, latent = model.sampler(), config.to_dict()["latent"]
        form = latent, ink, value_range
        origin = source, config.dataset, int(model.steps)
        return cls(generator, class_names, *form, *origin, reconstruct)

    @property
    def takes_labels(self) -> bool:
        """True if the generator is given the class that is wanted."""
        return takes_labels(self.generator)

    @property
    def latent_dim(self) -> int:
        """Length of z."""
        return self.generator.inputs[0].shape[-1]

    def generate(self, z: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Generates images.

        Args:
            z: float `(n, latent_dim)`.
            labels: int `(n,)`; None for a generator without labels.

        Returns:
            uint8 `(n, h, w, c)`, ink 255; of a generator of points, float32 `(n, d)`.
        """
        inputs = [tf.cast(z, tf.float32)]
        if labels is not None:
            inputs.append(tf.cast(labels, tf.int32))
        data = tf.data.Dataset.from_tensor_slices(tuple(inputs)).batch(BATCH)

        def one(*batch: tf.Tensor) -> tf.Tensor:
            found = self.generator(list(batch) if len(batch) > 1 else batch[0], training=False)
            return found if found.shape.rank == 2 else unscale(found, self.ink, self.value_range)

        # traced once here, whatever the size of the last batch
        traced = tf.function(one, autograph=False).get_concrete_function(*data.element_spec)
        return np.concatenate([traced(*batch).numpy() for batch in data])

    def draw(self, labels: np.ndarray | int, seed: int) -> np.ndarray:
        """Generates images, each from noise of its own; the same seed gives the same images.

        Args:
            labels: int `(n,)`; for a generator without labels the number of images.
            seed: Of the noise.
        """
        count, classes = (labels, None) if isinstance(labels, int) else (len(labels), labels)
        return self.generate(self._noise((count, self.latent_dim), seed).numpy(), classes)

    def _noise(self, shape: tuple[int, ...], seed: int) -> tf.Tensor:
        key = latents.step_seed(seed, 0, latents.Purpose.EVALUATION)
        return latents.LATENTS[self.latent](shape, key)

    def interpolate(
        self, classes: np.ndarray | None, seed: int, to_seed: int, steps: int
    ) -> np.ndarray:
        """Goes from the noise vector of one seed to that of another, class by class.

        Args:
            classes: int `(k,)`; None, which counts as one, for a generator without labels.
            seed: Of the first noise vector.
            to_seed: Of the last one.
            steps: Images per class, at least 2.
        """
        ends = [self._noise((self.latent_dim,), s) for s in (seed, to_seed)]
        # a straight line between normal vectors leaves the shell where they lie
        method = "slerp" if self.latent == "normal" else "lerp"
        way = latents.interpolate(*ends, steps, method).numpy()
        if classes is None:
            return self.generate(way)
        return self.generate(np.tile(way, (len(classes), 1)), np.repeat(classes, steps))

    def as_seen(self, images: np.ndarray) -> np.ndarray:
        """Turns ink-255 images to how the networks see them (dark ink on a white ground)."""
        return 255 - images if self.ink == "dark" else images


def _reconstructor(
    model: GAN, ink: str, value_range: str
) -> Callable[[np.ndarray], np.ndarray] | None:
    """Returns the auto-encoder of a GAN on uint8 images; None where none is trained."""
    if not model.config.autoencoder:
        return None

    def reconstruct(images: np.ndarray) -> np.ndarray:
        batches = np.array_split(images, max(1, -(-len(images) // BATCH)))
        seen = (scale(tf.convert_to_tensor(batch), ink, value_range) for batch in batches)
        return np.concatenate([unscale(model.reconstruct(x), ink, value_range) for x in seen])

    return reconstruct


def open_run(workdir: str | Path, autoencoder: bool = False) -> Sampler:
    """Opens the newest generator of a run: the exported one, or that of a checkpoint.

    What is newest is told by the steps behind them. What cannot be opened is passed over with a
    warning, as is an export in the form of another version of Keras.

    Args:
        workdir: The run folder.
        autoencoder: Whether the auto-encoder is wanted as well, if the run has one: it is in the
            checkpoints only.

    Raises:
        DataError: If it is no run folder, nothing has been saved yet, or nothing can be opened.
    """
    folder, stored = RunFolder.started(workdir)
    wanted = autoencoder and bool(stored["options"].get("autoencoder"))
    paths = [
        (checkpoints.step_of(path), wanted, path)
        for path in checkpoints.existing(folder.checkpoints)
    ]
    failures, record = [], {}
    try:
        if folder.generator.exists():
            record = exports.read(folder.generator)
            paths.append((int(record.get("step", -1)), not wanted, folder.generator))
    except DataError as error:
        failures.append(error)
    for _, _, path in sorted(paths, reverse=True):
        try:
            if path == folder.generator:
                opened = _exported(stored, path, record)
            else:
                opened = _restored(stored, path)
        except (DataError, UsageError) as error:
            failures.append(error)
            continue
        for failure in failures:
            print(f"WARNING: {failure}; taking {path}")
        return opened
    if failures:
        raise failures[0]
    raise DataError(f"{workdir} has neither generator.keras nor a checkpoint yet")


def _exported(stored: Mapping[str, Any], path: Path, record: Mapping[str, Any]) -> Sampler:
    """Opens the exported generator of a run, whose record has been read."""
    options = stored["options"]
    step, run = record.get("step"), stored.get("run")
    if run and record.get("run", run) != run:
        raise DataError(f"{path} is of another run")
    # runs of earlier versions have no value range
    form = options["latent"], options["ink"], options.get("value_range", "signed")
    names = tuple(stored["data"]["class_names"])
    origin = str(path), options["dataset"], step
    return Sampler(exports.load_model(path, record), names, *form, *origin)


def _restored(stored: Mapping[str, Any], path: Path) -> Sampler:
    """Builds the GAN of a run from a checkpoint, in float32, without its data set."""
    config = configs.from_dict(stored["options"]).replace(precision="float32")
    spec = DataSpec.from_dict(stored["data"])
    with devices.set_up(config.precision, config.seed, config.deterministic):
        model = gans.build(config, spec)
    checkpoints.restore(path, model.state(), stored.get("run"))
    return Sampler.of_model(model, config, spec.class_names, str(path))


def write_npz(
    path: Path, images: np.ndarray, labels: np.ndarray | None, class_names: tuple[str, ...]
) -> None:
    """Writes samples as arrays into an .npz, atomically; without `labels` if they are None."""
    arrays: dict[str, Any] = {"images": images, "class_names": np.array(class_names)}
    if labels is not None:
        arrays["labels"] = labels
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, **arrays)


def write_folder(
    path: Path, images: np.ndarray, labels: np.ndarray | None, class_names: tuple[str, ...]
) -> None:
    """Writes samples as PNG files, atomically, in a folder per class; in one folder if no labels.

    `folder:PATH` and `--images=PATH` read them back as they are: a labels.csv has the names of the
    classes, not all of which can be names of folders, and their order.

    Args:
        path: The folder, not there yet or empty.
        images: uint8 `(n, h, w, c)`, ink 255.
        labels: int `(n,)` or None.
        class_names: Names of the classes.
    """
    places = [""] * len(images)
    if labels is not None:
        folders = _folder_names(class_names)
        places = [f"{folders[label]}/" for label in labels]
    files = [f"{place}{row:06d}.png" for row, place in enumerate(places)]
    with atomic_folder(path) as temporary:
        for file, image in zip(files, images, strict=True):
            (temporary / file).parent.mkdir(exist_ok=True)
            Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(temporary / file)
        if labels is not None:
            rows = [(file, class_names[n], n) for file, n in zip(files, labels, strict=True)]
            with (temporary / label_tables.NAMES[0]).open("w", newline="", encoding="utf-8") as to:
                writer = csv.writer(to)
                writer.writerows([("file", "label", label_tables.CLASS_INDEX), *rows])


def _folder_names(class_names: tuple[str, ...]) -> list[str]:
    """A folder per class that any system can have, named as the class where that is possible."""
    found: dict[str, None] = {}
    for number, name in enumerate(class_names):
        usable = _FOLDER.fullmatch(name) and not split_of(name) and name.lower() not in found
        found[name.lower() if usable else f"class-{number}"] = None
    return [n if n.lower() == f else f for n, f in zip(class_names, found, strict=True)]
