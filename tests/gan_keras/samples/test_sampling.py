import dataclasses
import json
import os
import re
import shutil
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_keras import data
from gan_keras.data import generated
from gan_keras.data.pipeline import scale
from gan_keras.foundation.errors import DataError
from gan_keras.runs import training
from gan_keras.samples import sampling
from gan_keras.storage import checkpoints, exports
from gan_keras.storage.run_folder import RunFolder


def test_exported_generator_opens_without_our_code_and_gives_the_checkpoints_images(copied_acgan):
    folder = RunFolder(copied_acgan.workdir)
    run = sampling.open_run(folder.path)
    assert run.source == str(folder / "generator.keras")
    assert run.class_names == ("a", "b", "c", "d")
    z, labels = np.random.default_rng(0).normal(size=(5, 64)), np.array([0, 1, 2, 3, 3], np.int32)
    plain = keras.models.load_model(folder / "generator.keras", safe_mode=True)
    assert type(plain).__module__.startswith("keras.")
    assert all(type(layer).__module__.startswith("keras.") for layer in plain.layers)

    # the averaged generator of a run under way, through our own code
    (folder / "generator.keras").unlink()
    under_way = sampling.open_run(folder.path)
    assert under_way.source == str(folder.checkpoints / "step_00000010.npz")
    assert run.step == under_way.step == 10
    expected = under_way.generator([z.astype(np.float32), labels])
    np.testing.assert_allclose(plain([z.astype(np.float32), labels]), expected, atol=1e-5)
    images = run.generate(z, labels).astype(int)
    assert np.abs(images - under_way.generate(z, labels)).max() <= 1


def test_samples_depend_on_the_seed_and_ways_between_two_seeds_end_there(finished_acgan):
    run = sampling.open_run(finished_acgan.workdir)
    labels = np.arange(4, dtype=np.int32)
    first, again, other = run.draw(labels, 3), run.draw(labels, 3), run.draw(labels, 4)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (first.dtype, first.shape) == (np.uint8, (4, 28, 28, 1))
    classes = np.array([1, 3], np.int32)
    there = run.interpolate(classes, 0, 1, 5).astype(int)
    back = run.interpolate(classes, 1, 0, 5).astype(int)
    assert there.shape == (10, 28, 28, 1)
    for row in (slice(0, 5), slice(5, 10)):
        assert np.abs(there[row] - back[row][::-1]).max() <= 2


def test_the_step_tells_what_is_newest_and_file_times_do_not(copied_acgan):
    folder = RunFolder(copied_acgan.workdir)
    (newest, _) = checkpoints.existing(folder.checkpoints)
    state, meta = checkpoints.read(newest)
    kernel = next(name for name in state if name.startswith("averaged_generator"))
    state |= {"counters/000": np.int64(12), kernel: 2 * state[kernel]}
    checkpoints.save(folder.checkpoints, 12, state, meta)  # a run that went on and was stopped
    for late in (folder.generator, newest):  # an old copy, file by file
        os.utime(late, (2e9, 2e9))
        run = sampling.open_run(folder.path)
        assert run.source == str(folder.checkpoints / "step_00000012.npz")
        assert run.step == 12
        np.testing.assert_array_equal(run.generator.get_weights()[0], state[kernel])
    for old in checkpoints.existing(folder.checkpoints):  # the newest ones are lost
        old.rename(folder.checkpoints / f"step_{checkpoints.step_of(old) - 10:08d}.npz")
    run = sampling.open_run(folder.path)
    assert (run.source, run.step) == (str(folder.generator), 10)


def rewritten(path, **entries):
    """Replaces entries of an archive, and takes away its comment."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()} | entries
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)


def test_an_export_of_an_earlier_version_does_not_say_its_step(copied_acgan):
    folder = RunFolder(copied_acgan.workdir)
    rewritten(folder.generator)
    assert sampling.open_run(folder.path).source == str(folder.checkpoints / "step_00000010.npz")
    shutil.rmtree(folder.checkpoints)
    run = sampling.open_run(folder.path)
    assert (run.source, run.step) == (str(folder.generator), None)


def test_an_export_of_another_keras_is_passed_over_and_not_called_damaged(copied_acgan, capsys):
    folder = RunFolder(copied_acgan.workdir)
    unknown = json.dumps({"module": "keras", "class_name": "Unheard", "config": {}})
    version = json.dumps({"keras_version": "9.9.0"})
    rewritten(folder.generator, **{"config.json": unknown, "metadata.json": version})
    exports.stamp(folder.generator, {"step": 10})
    assert sampling.open_run(folder.path).source == str(folder.checkpoints / "step_00000010.npz")
    (line,) = capsys.readouterr().out.splitlines()
    assert re.match(
        rf"WARNING: .*generator.keras was written by Keras 9.9.0, and Keras {keras.__version__} "
        r"cannot open it \(.*\); taking .*step_00000010.npz",
        line,
    )
    shutil.rmtree(folder.checkpoints)
    with pytest.raises(DataError, match="was written by Keras 9.9.0"):
        sampling.open_run(folder.path)


def test_export_computes_in_float32(finished_acgan, tmp_path):
    dataset = training.load_data(finished_acgan)
    model = training.build(finished_acgan.replace(precision="bfloat16"), dataset.spec)
    model.train_step((scale(dataset.train_images[:9]), tf.constant(dataset.train_labels[:9])))
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
    as_bright = dataclasses.replace(run, ink="bright").draw(np.zeros(1, np.int32), 0)
    assert np.abs(images - (255.0 - as_bright)).max() <= 1
    np.testing.assert_array_equal(run.as_seen(images), 255 - images)


def test_what_is_damaged_is_passed_over_and_named(copied_acgan, capsys):
    with pytest.raises(DataError, match="no run folder"):
        sampling.open_run("nowhere")
    folder = RunFolder(copied_acgan.workdir)
    newest, older = checkpoints.existing(folder.checkpoints)
    for damaged, taken in ((folder.generator, newest), (newest, older)):
        damaged.write_bytes(damaged.read_bytes()[:700])
        assert sampling.open_run(folder.path).source == str(taken)
        lines = capsys.readouterr().out.splitlines()
        assert all(re.match("WARNING: .* is damaged .*; taking", line) for line in lines)
        assert str(damaged) in lines[-1]
    older.unlink()
    with pytest.raises(DataError, match="generator.keras is damaged") as caught:
        sampling.open_run(folder.path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "names",
    [
        ("zero", "one", "two", "three"),  # not in the order of their letters
        ("x", "X", "\\alpha", "."),
        ("a/b", "test", ",", "10"),
        None,
    ],
)
def test_samples_in_folders_come_back_as_they_were(tmp_path, names, channels):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (40, 8, 8, channels), np.uint8)
    labels = None if names is None else random.permutation(40).astype(np.int32) % 4
    names = names or ("all",)
    out = tmp_path / "samples"
    sampling.write_folder(out, images, labels, names)
    classes = np.zeros(40, np.int32) if labels is None else labels

    found = data.load(f"folder:{out}")
    assert found.class_names == names
    both = np.concatenate([found.train_images, found.test_images])
    numbers = np.concatenate([found.train_labels, found.test_labels])
    by_content = {image.tobytes(): label for image, label in zip(images, classes, strict=True)}
    assert [by_content[image.tobytes()] for image in both] == numbers.tolist()
    assert len(both) == 40

    # a flat folder has no labels for a set with classes
    known = ("thing",) if labels is None else names
    like = data.Dataset("like", images, classes, images[:0], classes[:0], known)
    again, read = generated.load(out, like, tmp_path)
    assert {image.tobytes() for image in again} == by_content.keys()
    if labels is None:
        assert read is None
        assert {path.name for path in out.iterdir()} == {f"{row:06d}.png" for row in range(40)}
    else:
        assert [by_content[image.tobytes()] for image in again] == read.tolist()
        assert len([path for path in out.iterdir() if path.is_dir()]) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["samples"]


def test_samples_that_cannot_be_written_leave_nothing_behind(tmp_path):
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "mine.png").touch()
    with pytest.raises(DataError, match="cannot write .*samples: "):
        sampling.write_folder(tmp_path / "samples", np.zeros((1, 8, 8, 1), np.uint8), None, ())
    assert [path.name for path in tmp_path.rglob("*")] == ["samples", "mine.png"]
