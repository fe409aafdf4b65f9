import json
import os

import keras
import numpy as np
import pytest

from gan_keras.foundation.errors import DataError
from gan_keras.runs import training
from gan_keras.samples import sampling
from gan_keras.storage import checkpoints
from gan_keras.storage.run_folder import RunFolder


def test_exported_generator_opens_without_our_code_and_gives_the_runs_images(finished_acgan):
    run = sampling.open_run(finished_acgan.workdir)
    labels = np.array([0, 1, 2, 3, 3], np.int32)
    # the averaged generator, from the checkpoint through our own code
    folder = RunFolder(finished_acgan.workdir)
    from_checkpoint = sampling._from_checkpoint(folder, folder.read_config())
    z = np.random.default_rng(0).normal(size=(5, 64)).astype(np.float32)
    plain = keras.models.load_model(folder / "generator.keras", safe_mode=True)
    np.testing.assert_allclose(plain([z, labels]), from_checkpoint([z, labels]), atol=1e-5)
    assert type(plain).__module__.startswith("keras.")
    assert all(type(layer).__module__.startswith("keras.") for layer in plain.layers)
    assert run.class_names == ("a", "b", "c", "d")


def test_samples_depend_on_the_seed_alone(finished_acgan):
    run = sampling.open_run(finished_acgan.workdir)
    labels = np.arange(4, dtype=np.int32)
    first, again, other = run.draw(labels, 3), run.draw(labels, 3), run.draw(labels, 4)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert first.dtype == np.uint8
    assert first.shape == (4, 28, 28, 1)


def test_interpolation_starts_and_ends_at_its_seeds(finished_acgan):
    run = sampling.open_run(finished_acgan.workdir)
    classes = np.array([1, 3], np.int32)
    there = run.interpolate(classes, 0, 1, 5)
    back = run.interpolate(classes, 1, 0, 5)
    assert there.shape == (10, 28, 28, 1)
    for row, mirrored in ((there[:5], back[:5]), (there[5:], back[5:])):
        difference = np.abs(row.astype(int) - mirrored[::-1].astype(int))
        assert difference.max() <= 2


def test_a_run_under_way_is_sampled_from_its_checkpoint(copied_acgan):
    (RunFolder(copied_acgan.workdir) / "generator.keras").unlink()
    run = sampling.open_run(copied_acgan.workdir)
    assert "checkpoints" in run.source
    assert run.draw(np.zeros(2, np.int32), 0).shape == (2, 28, 28, 1)


def test_a_continued_run_is_not_sampled_from_its_old_export(copied_acgan):
    folder = RunFolder(copied_acgan.workdir)
    assert "generator.keras" in sampling.open_run(folder.path).source
    later = (folder / "generator.keras").stat().st_mtime_ns + 1
    os.utime(checkpoints.existing(folder.checkpoints)[0], ns=(later, later))
    assert "checkpoints" in sampling.open_run(folder.path).source


def test_export_computes_in_float32(finished_acgan, tmp_path):
    dataset = training.load_data(finished_acgan)
    model = training.build(finished_acgan.replace(precision="bfloat16"), dataset.spec)
    images = sampling.scale(dataset.train_images[:9])
    model.train_step((images, sampling.tf.constant(dataset.train_labels[:9])))
    computes = {layer.compute_dtype for layer in model.generator.layers if layer.weights}
    assert "bfloat16" in computes
    sampling.export(model.sampler(), tmp_path / "generator.keras")
    exported = keras.models.load_model(tmp_path / "generator.keras")
    assert {layer.compute_dtype for layer in exported.layers if layer.weights} == {"float32"}


def test_dark_ink_is_turned_back(copied_acgan):
    path = RunFolder(copied_acgan.workdir) / "config.json"
    stored = json.loads(path.read_text())
    stored["options"]["ink"] = "dark"
    path.write_text(json.dumps(stored))
    run = sampling.open_run(copied_acgan.workdir)
    images = run.draw(np.zeros(1, np.int32), 0)
    raw = run.generator(
        [
            sampling.latents.get(run.latent)(
                (1, 64), sampling.latents.step_seed(0, 0, sampling.latents.Purpose.EVALUATION)
            ),
            sampling.tf.zeros(1, "int32"),
        ]
    )
    expected = np.clip((1 - np.array(raw)) * 127.5, 0, 255)
    assert np.abs(images - expected).max() <= 0.51
    np.testing.assert_array_equal(run.as_seen(images), 255 - images)


@pytest.mark.parametrize("damage", ["missing", "truncated", "foreign"])
def test_unusable_runs_are_one_line(copied_acgan, tmp_path, damage):
    if damage == "missing":
        with pytest.raises(DataError, match="no run folder"):
            sampling.open_run(tmp_path / "nowhere")
        return
    file = RunFolder(copied_acgan.workdir) / "generator.keras"
    file.write_bytes(file.read_bytes()[:700] if damage == "truncated" else b"hello")
    with pytest.raises(DataError, match="damaged") as caught:
        sampling.open_run(copied_acgan.workdir)
    assert "\n" not in str(caught.value)
