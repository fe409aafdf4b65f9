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

from gan_keras import configs, gans, layers
from gan_keras.data.dataset import DataSpec
from gan_keras.foundation.errors import UsageError
from gan_keras.gans.base import StepMean
from gan_keras.hardware import devices, replicas
from gan_keras.runs import mirroring, training

SPEC = DataSpec((28, 28, 1), tuple("abc"), (30, 20, 10))


def slow(case):
    """A case that takes more than some twenty seconds, most of them for tracing."""
    return pytest.param(case, marks=pytest.mark.slow)


def two_devices(*arguments):
    """What a process with two devices found."""
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
        ({"batch_size": 9}, "--batch_size=9 must be a multiple of 2, the number of devices"),
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
        (
            {"experiment": "acgan", "preset": "compact", "batch_size": 48},
            "--batch_size=48 must be a multiple of 64: the discriminator looks at groups",
        ),
        ({"packing": 4, "batch_size": 12}, "--batch_size=12 must be a multiple of 8"),
        (
            {
                "experiment": "wgan_gp",
                "preset": "initials_january",
                "image_size": 0,
                "dataset": "demo",
                "penalty_every": 2,
            },
            "--penalty_every=2 needs a discriminator that does not look at the whole batch",
        ),
    ],
)
def test_groups_that_devices_would_cut_are_refused(monkeypatch, options, message):
    options = config(**{"width_mult": 0.05, **options})
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


def test_devices_are_all_gpus(monkeypatch):
    found = {"GPU": ["/device:GPU:0", "/device:GPU:1"], "CPU": ["/device:CPU:0"]}
    monkeypatch.setattr(
        tf.config,
        "list_logical_devices",
        lambda kind: [tf.config.LogicalDevice(name, kind) for name in found[kind]],
    )
    assert devices.mirrored() == found["GPU"]
    found["GPU"] = []
    assert devices.mirrored() == found["CPU"]


@pytest.mark.parametrize(("deterministic", "compiled"), [(False, True), (True, False)])
def test_steps_are_compiled_on_a_gpu_only(monkeypatch, deterministic, compiled):
    options = config(width_mult=0.05, batch_size=8)
    assert not gans.build(options, SPEC).jit_compile
    gpu = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [gpu])
    if deterministic:  # what the switch itself does is not undone
        from tensorflow.python.framework import config as framework

        monkeypatch.setattr(framework, "is_op_determinism_enabled", lambda: True)
    assert gans.build(options, SPEC).jit_compile == compiled


def test_nothing_happens_on_one_device():
    x = tf.constant([[1.0, 2.0]])
    assert replicas.total() == 1
    for function in (replicas.mean, replicas.gather, replicas.add, replicas.share):
        assert function(x) is x
    seed = tf.constant([1, 2])
    with replicas.parts(2):
        draws = replicas.draw(tf.random.stateless_normal, (4, 3), seed)
    np.testing.assert_array_equal(draws, tf.random.stateless_normal((4, 3), seed))


def test_shares_of_several_batches():
    # two batches of four; the first of two replicas gets the first half of each
    dealt = replicas.deal(tf.range(8), 2, 2)
    assert dealt.numpy().tolist() == [0, 1, 4, 5, 2, 3, 6, 7]
    assert replicas.deal(tf.range(8), 2, 1).numpy().tolist() == list(range(8))


def test_a_replicas_draw_is_its_share(monkeypatch):
    seed = tf.constant([3, 4])
    whole = tf.random.stateless_normal((8, 2), seed).numpy()
    monkeypatch.setattr(replicas, "total", lambda: 2)
    monkeypatch.setattr(replicas, "_id", lambda: 1)
    draw = lambda: replicas.draw(tf.random.stateless_normal, (4, 2), seed).numpy()  # noqa: E731
    np.testing.assert_array_equal(draw(), whole[4:])
    with replicas.parts(2):  # the second half of the reals, then of the fakes
        np.testing.assert_array_equal(draw(), whole[[2, 3, 6, 7]])
    np.testing.assert_array_equal(draw(), whole[4:])


@pytest.mark.parametrize("kind", ["Dropout", "GaussianNoise"])
def test_random_layers_are_those_of_keras_and_shares_of_them(monkeypatch, kind):
    x = tf.random.stateless_normal((8, 5), tf.constant([0, 0]))
    ours, kerases = (getattr(module, kind)(0.5, seed=7) for module in (layers, keras.layers))
    whole = kerases(x, training=True).numpy()
    np.testing.assert_array_equal(ours(x, training=True), whole)
    plain = ours.plain()
    assert type(plain) is type(kerases)
    assert plain.name == ours.name
    monkeypatch.setattr(replicas, "total", lambda: 2)
    monkeypatch.setattr(replicas, "_id", lambda: 1)
    again = getattr(layers, kind)(0.5, seed=7)
    np.testing.assert_array_equal(again(x[4:], training=True), whole[4:])
    np.testing.assert_array_equal(again(x, training=False), x)


def test_an_update_that_is_taken_back(monkeypatch):
    variable = tf.Variable([1.0, 2.0])
    for total in (1, 2):
        monkeypatch.setattr(replicas, "total", lambda total=total: total)
        for condition, expected in ((False, [1.0, 2.0]), (True, [2.0, 3.0])):
            variable.assign([1.0, 2.0])
            replicas.do_if(
                tf.constant(condition), lambda: variable.assign_add([1.0, 1.0]), [variable]
            )
            assert variable.numpy().tolist() == expected


def test_the_mean_over_steps():
    mean = StepMean("d_loss")
    for value in (1.0, 4.0):
        mean.update_state(value)
    assert float(mean.result()) == 2.5
    mean.reset_state()
    assert float(mean.result()) == 0.0
