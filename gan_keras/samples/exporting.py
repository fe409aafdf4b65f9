"""Export of a run's generator as a SavedModel, for TensorFlow without this package."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from gan_keras.foundation.errors import DataError, one_line
from gan_keras.layers import portable
from gan_keras.samples.sampling import Sampler


def write_saved_model(run: Sampler, folder: Path) -> None:
    """Writes a SavedModel whose `serve` takes the generator's inputs, in float32.

    Args:
        run: The generator with its class names and ranges.
        folder: The new folder; it appears whole or not at all.

    Raises:
        DataError: If it is there already or cannot be written.
    """
    if folder.exists():
        raise DataError(f"{folder} is there already; name a folder that is not")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as place:
            made = Path(place) / "model"
            model = portable(run.generator)
            model.export(made, format="tf_saved_model", verbose=False)
            note = _note(run, folder.name, [x.name for x in model.inputs])
            (made / "README.txt").write_text(note, encoding="utf-8")
            made.rename(folder)
    except OSError as error:
        raise DataError(f"cannot write {folder}: {error.strerror or error}") from None
    except tf.errors.OpError as error:  # what TensorFlow's own files raise, a full disk for one
        raise DataError(f"cannot write {folder}: {one_line(error.message)}") from None


def _note(run: Sampler, name: str, names: Sequence[str]) -> str:
    """Describes inputs and outputs; `names` are those of the inputs in the signature."""
    latent = {"normal": "N(0, 1)", "uniform": "U(-1, 1)", "uniform01": "U(0, 1)"}[run.latent]
    inputs = "[z, labels]" if run.takes_labels else "z"
    named = ", ".join(f"{given}={x}" for given, x in zip(names, ("z", "labels"), strict=False))
    low = {"signed": "-1", "unit": "0"}[run.value_range]
    classes = " ".join(f"{number}:{label}" for number, label in enumerate(run.class_names))
    labels = f"labels: int32 (n,), {classes}\n" if run.takes_labels else ""
    shape = ", ".join(map(str, run.generator.output_shape[1:]))
    return (
        f'model = tf.saved_model.load("{name}")\n'
        f"found = model.serve({inputs})\n"
        "# other runtimes know the signature serving_default:\n"
        f'found = model.signatures["serving_default"]({named})["output_0"]\n\n'
        f"z: float32 (n, {run.latent_dim}), {latent}\n{labels}"
        f"found: float32 (n, {shape}) in [{low}, 1], {run.ink} ink\n"
    )
