import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
import writing_samples

from gan_keras.foundation.errors import DataError
from gan_keras.samples import exporting

# What a user has without this package.
ALONE = """
import sys, numpy as np, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
inputs = np.load(sys.argv[2])
z, labels = inputs["z"], inputs["labels"]
images = model.serve([z, labels])
with open(sys.argv[1] + "/README.txt") as file:
    line = next(line for line in file if "signatures" in line)
z, labels = tf.constant(z), tf.constant(labels)
exec(line)
assert np.allclose(found, images)
assert not any(name.startswith("gan_keras") for name in sys.modules)
np.save(sys.argv[3], images)
"""


def test_a_saved_model_gives_the_runs_images_without_this_package(tmp_path):
    run = writing_samples.sampler("math16")
    exporting.write_saved_model(run, tmp_path / "model")
    random = np.random.default_rng(0)
    z = random.standard_normal((5, writing_samples.LATENT)).astype(np.float32)
    labels = np.arange(5, dtype=np.int32)
    np.savez(tmp_path / "inputs.npz", z=z, labels=labels)
    paths = [str(tmp_path / name) for name in ("model", "inputs.npz", "images.npy")]
    done = subprocess.run(
        [sys.executable, "-c", ALONE, *paths], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    images = np.load(tmp_path / "images.npy")
    np.testing.assert_allclose(images, run.generator([z, labels]), atol=1e-5)
    note = (tmp_path / "model" / "README.txt").read_text()
    assert "z: float32 (n, 16), N(0, 1)" in note
    assert "15:x" in note
    with pytest.raises(DataError, match="is there already"):
        exporting.write_saved_model(run, tmp_path / "model")


FULL = "No space left on device"


@pytest.mark.parametrize(
    "error", [OSError(28, FULL), tf.errors.ResourceExhaustedError(None, None, FULL)]
)
def test_a_failure_leaves_nothing(tmp_path, monkeypatch, error):
    def fail(model):
        raise error

    monkeypatch.setattr(exporting, "portable", fail)
    with pytest.raises(DataError, match="No space left"):
        exporting.write_saved_model(writing_samples.sampler("math16"), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
