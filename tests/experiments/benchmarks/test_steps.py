"""The benchmark of training steps: same networks on all sides, and what is made of the figures."""

import importlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from experiments.benchmarks import charts, operations, processes, steps, store, worker
from experiments.benchmarks.nets import NETS, SIDES
from gan_keras.data.dataset import DataSpec
from gan_keras.foundation.errors import DataError
from gan_keras.runs import training


def parameters(networks):
    return sorted(network.count_params() for network in networks)


@pytest.mark.parametrize("name", NETS)
def test_plain_keras_builds_the_same_networks_and_trains(name):
    net = NETS[name]
    spec = DataSpec(
        net.image_shape, tuple(map(str, range(net.num_classes))), (9,) * net.num_classes
    )
    ours = training.build(worker.config_of(net, "float32"), spec)
    plain = importlib.import_module(f"experiments.benchmarks.plain_keras.{name}")
    model = plain.make(net.image_shape, net.num_classes)
    kinds = [value for key, value in vars(model).items() if key in worker.NETWORKS]
    assert parameters(kinds) == parameters(ours.networks.values())

    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (80 if name == "wgan_gp" else 16, *net.image_shape))
    labels = random.integers(0, net.num_classes, len(images))
    before = [[np.array(w) for w in kind.trainable_weights] for kind in kinds]
    logs = model.train_step((tf.constant(images, tf.float32), tf.constant(labels)))
    assert all(np.isfinite(value) for value in logs.values())
    for kind, weights in zip(kinds, before, strict=True):
        changed = [np.any(w != old) for w, old in zip(kind.trainable_weights, weights, strict=True)]
        assert np.mean(changed) > 0.7  # biases before a normalisation have no gradient


@pytest.mark.parametrize("name", NETS)
def test_pytorch_builds_the_same_networks_and_trains(name):
    torch = pytest.importorskip("torch")
    from experiments.benchmarks.plain_torch import common

    net = NETS[name]
    plain = importlib.import_module(f"experiments.benchmarks.plain_keras.{name}")
    kinds = vars(plain.make(net.image_shape, net.num_classes))
    kinds = [value for key, value in kinds.items() if key in worker.NETWORKS]
    model = importlib.import_module(f"experiments.benchmarks.plain_torch.{name}")
    model = model.make(net.image_shape, net.num_classes)
    found = common.networks(model)
    assert sorted(map(common.parameters, found.values())) == parameters(kinds)
    common.prepare(model, bfloat16=False, compiled=False)
    images = torch.rand(80 if name == "wgan_gp" else 16, 1, *net.image_shape[:2]) * 2 - 1
    model.train_step(images, torch.randint(net.num_classes, (len(images),)))
    weights = [weight for network in found.values() for weight in network.parameters()]
    assert all(torch.isfinite(weight).all() for weight in weights)


def test_operations_of_a_small_step_by_hand():
    images = tf.random.normal((2, 6, 6, 3))
    kernel = tf.Variable(tf.random.normal((3, 3, 3, 5)))
    matrix = tf.Variable(tf.random.normal((180, 4)))

    def step(x):
        with tf.GradientTape() as tape:
            y = tf.reshape(tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME")), (2, 180))
            loss = tf.reduce_sum(tf.square(y @ matrix))
        return tape.gradient(loss, [kernel, matrix])

    convolution, product = 2 * 2 * 36 * 5 * 27, 2 * 2 * 180 * 4
    # there and the kernel's gradient; there, the matrix's and the features' gradient
    known = 2 * convolution + 3 * product
    assert operations.of_step(step, tf.TensorSpec(images.shape)) == known

    def sometimes(x):
        return tf.cond(x[0, 0, 0, 0] > 0, lambda: step(x)[0], lambda: tf.zeros_like(kernel))

    found = operations.kernels(step, tf.TensorSpec(images.shape))
    assert {(each.kind, times) for each, times in found.items()} == {
        ("Conv2D", 1),
        ("Conv2DBackpropFilter", 1),
        ("MatMul", 1),
    }
    for each in found:
        assert tuple(each.alone()().shape) == each.output

    # nobody asked for the gradient of the matrix, nor for that of the images
    lazily = operations.of_step(sometimes, tf.TensorSpec(images.shape), every=4)
    assert lazily == (2 * convolution + 2 * product) / 4


RESULTS = {
    "nets": {
        "compact": {
            "title": "compact",
            "images_per_step": 64,
            "sides": {
                "ours": {"seconds": 0.05, "gflops": 200.0},
                "ours_bf16": {"seconds": 0.04, "gflops": 250.0},
                "keras": {"seconds": 0.1},
                "torch": {"seconds": 0.08},
                "torch_bf16": {"seconds": 0.06},
            },
            "limit": {"float32": {"gflops": 250.0}, "bfloat16": {"gflops": 500.0}},
            "kernels": {"ours": {"seconds": 0.03}},
        }
    }
}


def test_ratios_by_hand():
    found = charts.ratios(RESULTS["nets"]["compact"])
    assert found == pytest.approx(
        {
            "best_over_keras": 2.5,
            "float32_over_keras": 2.0,
            "best_over_torch": 1.5,  # against PyTorch at its best
            "float32_over_torch": 1.2,
            "roofline_float32": 0.8,
            "roofline_bfloat16": 0.5,
            "kernels_float32": 0.6,
        }
    )


def test_table_and_chart(tmp_path):
    text = charts.table(RESULTS)
    assert "50.0 ms" in text
    assert "1280 images/s" in text
    assert "2.50 x plain Keras" in text
    charts.write_chart(tmp_path / "chart.png", RESULTS)
    with Image.open(tmp_path / "chart.png") as picture:
        assert len(np.unique(np.asarray(picture))) > 20


def test_a_file_of_something_else_is_one_line(tmp_path):
    path = tmp_path / "steps.json"
    assert store.read(path, "nets") == {"nets": {}}
    path.write_text("{")
    with pytest.raises(DataError, match="name another --out"):
        store.read(path, "nets")
    path.write_text(json.dumps({"seeds": {}}))
    with pytest.raises(DataError, match="no file of this benchmark"):
        store.read(path, "nets")


def test_a_worker_that_fails_says_why():
    with processes.Workers() as workers, pytest.raises(DataError, match="KeyError: 'nothing'"):
        workers.start("nothing", ["nothing", "ours"], sys.executable)


@pytest.mark.parametrize("flag", ["--nets=huge", "--sides=jax", "--repeats=0"])
def test_wrong_flags_exit_with_2_and_one_line(flag, tmp_path):
    command = [sys.executable, "-m", "experiments.benchmarks.steps", flag, f"--out={tmp_path}/x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert flag.split("=")[0] in done.stderr


def test_all_names_belong_together():
    assert {side.module for side in SIDES.values()} == {"ours", "plain_keras", "plain_torch"}
    assert steps.OUT.parent.is_dir()
