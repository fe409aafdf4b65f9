"""A generator and a data set give scores; a run's scores can be made anew."""

import dataclasses
import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from gan_keras import data
from gan_keras.configs.ae_acgan import AEACGANConfig
from gan_keras.configs.gaussian import GaussianConfig
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.reports import diagnosis
from gan_keras.runs import training
from gan_keras.samples import sampling, scoring
from gan_keras.samples.sampling import Sampler
from gan_keras.samples.scoring import Scorer
from gan_keras.storage import exports
from gan_keras.storage.run_folder import RunFolder


@pytest.fixture
def dataset(data_dir):
    return data.load("demo", data_dir)


def painter(dataset, takes_labels, moved=0.1):
    """A generator that paints each class's mean, moved by the noise."""
    means = np.stack([dataset.train_images[dataset.train_labels == k].mean(0) for k in range(4)])
    z, label = keras.Input((2,)), keras.Input((), dtype="int32")
    if takes_labels:
        embedding = keras.layers.Embedding(4, means[0].size)
        flat = embedding(label)
        embedding.set_weights([means.reshape(4, -1) / 127.5 - 1])
    else:  # always the first class
        flat = keras.layers.Dense(means[0].size, kernel_initializer="zeros")(z)
    noise = keras.layers.Dense(means[0].size, kernel_initializer=keras.initializers.Ones())(z)
    ink = keras.layers.Add()([flat, keras.layers.Rescaling(moved)(noise)])
    image = keras.layers.Reshape(means.shape[1:])(ink)
    model = keras.Model([z, label] if takes_labels else [z], image)
    return Sampler(model, dataset.class_names, "normal", "bright", "signed", "test")


def test_samples_are_scored_with_their_labels(dataset, data_dir):
    scorer = Scorer(dataset, data_dir)
    found = scorer.score(painter(dataset, True), 6, seed=0)
    assert found.images.shape == (24, 28, 28, 1)
    assert np.bincount(found.labels).tolist() == [6] * 4
    assert found.metrics["accuracy"] > 0.9
    # the noise moves an image a little, not as much as real images differ
    assert 0 < found.metrics["collapse"]["sensitivity"]["ratio"] < 0.9
    assert found.reconstructions is None
    cheap = scorer.score(painter(dataset, True), 6, seed=0, cheap=True)
    np.testing.assert_array_equal(cheap.images, found.images)
    assert "artefacts" not in cheap.metrics

    unlabelled = scorer.score(painter(dataset, False), 6, seed=0)
    assert unlabelled.labels is None
    assert unlabelled.metrics["collapse"]["modes"] == 1
    with pytest.raises(UsageError, match="--gan_train needs labels"):
        scorer.score(painter(dataset, False), 6, seed=0, gan_train=True)

    still = scorer.score(painter(dataset, True, moved=0.0), 20, seed=0, cheap=True)
    assert "class 'a' has 0% of the real variety" in diagnosis.collapsed(still.metrics)


def test_a_folder_that_only_a_run_names_is_not_written_to(copied_acgan, dataset, tmp_path):
    config = RunFolder(copied_acgan.workdir).config
    text = config.read_text()
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(Path(copied_acgan.data_dir) / "demo", elsewhere / "demo")
    config.write_text(text.replace(json.dumps(copied_acgan.data_dir), json.dumps(str(elsewhere))))
    with pytest.raises(UsageError, match=f"give --data_dir={elsewhere} to have it made"):
        scoring.score_run(copied_acgan.workdir)
    assert [path.name for path in elsewhere.iterdir()] == ["demo"]


def test_points_are_scored_by_their_modes_if_those_are_known(tmp_path):
    ring = data.load("ring", tmp_path)
    found = Scorer(ring, tmp_path).score_points(ring.train_images[:500]).metrics
    assert found["modes"] == 8
    assert found["high_quality"] > 0.98
    some = data.load("ring", tmp_path, data.DataOptions(only_class=ring.class_names[0]))
    assert "modes" not in Scorer(some, tmp_path).score_points(some.train_images[:100]).metrics


@pytest.mark.parametrize(("classes", "most", "number"), [(10, 50, 50), (62, 0, 32), (1000, 0, 2)])
def test_samples_of_an_epoch_are_few(dataset, classes, most, number):
    names = tuple(map(str, range(classes)))
    labels = np.arange(len(dataset.train_labels), dtype=np.int32) % classes
    many = dataclasses.replace(dataset, class_names=names, train_labels=labels)
    assert scoring.epoch_samples(many, most) == number


def test_inverted_images_are_noticed(dataset):
    assert not scoring.looks_inverted(dataset.train_images, dataset)
    assert scoring.looks_inverted(255 - dataset.train_images, dataset)


def test_a_run_scored_again_gives_the_same_and_keeps_its_facts(data_dir, tmp_path):
    size = {"width_mult": 0.1, "batch_size": 9, "epochs": 1, "eval_samples": 5}
    places = {"dataset": "demo", "data_dir": str(data_dir), "workdir": str(tmp_path / "run")}
    config = AEACGANConfig.create(options=size | places)
    metrics = training.run(config)
    scored, again, _ = scoring.score_run(config.workdir)
    assert again.keys() == metrics.keys()
    for name in ("training", "step", "epochs", "seed", "experiment", "environment"):
        assert again[name] == metrics[name]
    # the exported generator computes in float32
    assert again["diversity_ratio"] == pytest.approx(metrics["diversity_ratio"], rel=0.05)
    # the auto-encoder is rebuilt from the checkpoint
    assert 0 < again["reconstruction"]["mae"] < 1
    inputs, outputs = scored.reconstructions
    assert inputs.shape == outputs.shape == (15, 28, 28, 1)

    other, _, _ = scoring.score_run(config.workdir, number=3, seed=7)
    assert len(other.images) == 12
    with pytest.raises(UsageError, match="--best: .* was not trained with --keep_best"):
        scoring.score_run(config.workdir, best=True)

    stored = json.loads((tmp_path / "run" / "config.json").read_text())
    stored["data"]["class_names"][0] = "z"
    (tmp_path / "run" / "config.json").write_text(json.dumps(stored))
    with pytest.raises(DataError, match="has other classes or sizes than"):
        scoring.score_run(config.workdir)
    assert sampling.open_run(config.workdir).reconstruct is None  # not asked for


def test_the_best_generator_is_scored_apart(tmp_path):
    size = {"epochs": 2, "steps_per_epoch": 3, "eval_samples": 50, "eval_every": 1, "gif": False}
    options = {"workdir": str(tmp_path / "run"), "keep_best": "energy_distance"}
    config = GaussianConfig.create(options=size | options)
    metrics = training.run(config)
    scored, best, where = scoring.score_run(config.workdir, best=True)
    assert where == tmp_path / "run" / "best"
    assert best["step"] == metrics["best"]["step"]
    assert best["points"] == len(scored.images) == 50
    (where / "best.json").unlink()  # a copy for people
    assert scoring.score_run(config.workdir, best=True)[1]["step"] == best["step"]
    exports.stamp(where / "generator.keras", {})  # of an earlier version
    with pytest.raises(DataError, match=r"a best generator of unknown quality \(.*best.json"):
        scoring.score_run(config.workdir, best=True)
    # points in all, of the same noise as while training
    _, newest, _ = scoring.score_run(config.workdir)
    assert newest["energy_distance"] == pytest.approx(metrics["energy_distance"], rel=1e-4)
