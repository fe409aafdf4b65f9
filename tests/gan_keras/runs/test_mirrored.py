"""`--distribute=mirrored` is the run of one device, checked on two virtual CPU devices."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import toy_symbols

from gan_keras import configs, gans
from gan_keras.data.dataset import DataSpec
from gan_keras.foundation.errors import UsageError
from gan_keras.hardware import devices
from gan_keras.runs import mirroring, training

SPEC = DataSpec((28, 28, 1), tuple("abc"), (30, 20, 10))


def slow(case):
    """A case that takes more than twenty seconds, most of them for tracing."""
    return pytest.param(case, marks=pytest.mark.slow)


def two_devices(*arguments):
    """Runs a process with two devices; returns its findings."""
    tests = Path(__file__).parents[2]
    # Beside the script lies tests/gan_keras, which would be taken for a part of the package.
    done = subprocess.run(
        [sys.executable, str(tests / "two_devices.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(tests.parent)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


CASES = ["z1", slow("ring"), slow("wgan_gp"), slow("dcgan"), slow("vanilla"), slow("acgan")]


@pytest.mark.parametrize("case", CASES)
def test_two_devices_make_the_steps_of_one(case, tmp_path):
    (tmp_path / "demo").mkdir()
    np.savez(tmp_path / "demo" / "symbols.npz", **toy_symbols((40, 35, 30, 25)))
    found = two_devices("equal", case, tmp_path)
    assert (found["replicas"], found["steps"], found["names"]) == (2, 4, True)
    assert found["losses"] < 1e-5
    assert found["weights"] < 1e-5
    assert found["copies_differ"] == 0
    assert found["loaded"], "a checkpoint of one device"
    assert found["loaded_differ"] == 0


@pytest.mark.slow
def test_a_mirrored_run_resumes_bit_equal_and_one_device_can_end_it(tmp_path):
    found = two_devices("resume", tmp_path)
    assert found["names"] == ["step_00000010.npz", "step_00000020.npz"]
    assert found["resumed"]
    assert found["fewer"] < 1e-5


def config(experiment="dcgan", preset=None, **options):
    return configs.config_class(experiment).create(preset, {"distribute": "mirrored", **options})


@pytest.fixture
def two(monkeypatch):
    """Devices by name only: what is refused is refused before any is used."""
    monkeypatch.setattr(devices, "mirrored", lambda: ["GPU:0", "GPU:1"])


def test_one_device_says_so_and_trains_as_ever(capsys):
    with mirroring.scope(config()):
        assert not tf.distribute.has_strategy()
    assert "there is only one device" in capsys.readouterr().out
    model = training.build(config(width_mult=0.05, precision="float32"), SPEC)
    assert model.replicas == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 8, "replay": 5}, "cannot be used with --replay=5"),
        ({"experiment": "progressive"}, "the growing GAN chooses its stage"),
    ],
)
def test_what_cannot_be_shared_is_refused(two, options, message):
    with pytest.raises(UsageError, match=message):
        mirroring.scope(config(**options))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"experiment": "acgan", "batch_size": 48}, "must be a multiple of 64: .* groups of 32"),
        ({"batch_size": 9}, "--batch_size=9 must be a multiple of 2: 2 devices share a batch"),
        ({"packing": 4, "batch_size": 12}, "--batch_size=12 must be a multiple of 8"),
        (
            {"experiment": "wgan_gp", "preset": "initials_january", "penalty_every": 2},
            "--penalty_every=2 needs a discriminator that does not look at the whole batch",
        ),
    ],
)
def test_groups_that_devices_would_cut_are_refused(monkeypatch, options, message):
    options = config(**{"width_mult": 0.05, "image_size": 0, "dataset": "demo", **options})
    model = gans.build(options, SPEC)
    monkeypatch.setattr(type(model), "replicas", 2)
    with pytest.raises(UsageError, match=message):
        mirroring.prepare(model, options)


def test_batch_statistics_are_those_of_all_devices(monkeypatch):
    options = config(width_mult=0.05, batch_size=8)
    model = gans.build(options, SPEC)
    norms = [
        layer
        for net in model.networks.values()
        for layer in net.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    mirroring.prepare(model, options)
    assert norms
    assert not any(norm.synchronized for norm in norms)  # it would compute in another order
    monkeypatch.setattr(type(model), "replicas", 2)
    mirroring.prepare(model, options)
    assert all(norm.synchronized for norm in norms)


@pytest.mark.parametrize(("deterministic", "compiled"), [(False, True), (True, False)])
def test_steps_are_compiled_on_a_gpu_only(monkeypatch, deterministic, compiled):
    small = {"width_mult": 0.05, "batch_size": 8, "precision": "float32"}
    options = config(**small, deterministic=deterministic)
    assert not gans.build(options, SPEC).jit_compile
    gpu = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [gpu])
    assert gans.build(options, SPEC).jit_compile == compiled
