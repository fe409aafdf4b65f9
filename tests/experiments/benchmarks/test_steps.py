"""The benchmark of training steps: same networks on all sides, and the figures made of bursts."""

import json

import numpy as np
import pytest
import tensorflow as tf
from script_runs import refusal

from experiments.benchmarks import measuring, operations, plain_keras, steps
from experiments.benchmarks.nets import NETS, Side
from experiments.benchmarks.workers import Workers
from gan_keras.data.dataset import DataSpec
from gan_keras.foundation.errors import DataError
from gan_keras.runs import training


def counts(networks):
    return sorted(network.count_params() for network in networks.values())


@pytest.mark.parametrize("name", NETS)
def test_plain_keras_builds_the_same_networks_and_trains(name):
    net = NETS[name]
    classes = tuple(map(str, range(net.num_classes)))
    ours = training.build(net.config(), DataSpec(net.image_shape, classes, (9,) * len(classes)))
    model = plain_keras.MAKE[name](net.image_shape, net.num_classes)
    assert counts(model.networks) == counts(ours.networks)

    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (80 if name == "wgan_gp" else 16, *net.image_shape))
    labels = random.integers(0, net.num_classes, len(images))
    kinds = model.networks.values()
    before = [[np.array(w) for w in kind.trainable_weights] for kind in kinds]
    logs = model.train_step((tf.constant(images, tf.float32), tf.constant(labels)))
    assert all(np.isfinite(value) for value in logs.values())
    for kind, weights in zip(kinds, before, strict=True):
        changed = [np.any(w != old) for w, old in zip(kind.trainable_weights, weights, strict=True)]
        assert np.mean(changed) > 0.7  # biases before a normalisation have no gradient


@pytest.mark.parametrize("name", NETS)
def test_pytorch_builds_the_same_networks_and_trains(name):
    torch = pytest.importorskip("torch")
    from experiments.benchmarks import plain_torch

    net = NETS[name]
    model = plain_torch.MAKE[name](net.image_shape, net.num_classes)
    plain = plain_keras.MAKE[name](net.image_shape, net.num_classes)
    assert sorted(model.parameters().values()) == counts(plain.networks)
    model.prepare(bfloat16=False, compiled=False)
    images = torch.rand(80 if name == "wgan_gp" else 16, 1, *net.image_shape[:2]) * 2 - 1
    model.train_step(images, torch.randint(net.num_classes, (len(images),)))
    weights = [w for network in model.networks.values() for w in network.parameters()]
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
    found = operations.kernels(step, tf.TensorSpec(images.shape))
    # there and the kernel's gradient; there, the matrix's and the features' gradient
    assert operations.total(found) == 2 * convolution + 3 * product
    assert {(each.kind, times) for each, times in found.items()} == {
        ("Conv2D", 1),
        ("Conv2DBackpropFilter", 1),
        ("MatMul", 1),
    }
    for each in found:
        assert tuple(each.alone()().shape) == each.output

    def sometimes(x):
        return tf.cond(x[0, 0, 0, 0] > 0, lambda: step(x)[0], lambda: tf.zeros_like(kernel))

    # neither the gradient of the matrix nor the gradient of the images is needed
    lazily = operations.kernels(sometimes, tf.TensorSpec(images.shape), every=4)
    assert operations.total(lazily) == (2 * convolution + 2 * product) / 4


NET = {
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
    "kernels": {"ours": {"seconds": 0.03}, "ours_bf16": {"seconds": 0.01}},
}


def test_ratios_by_hand_and_their_table():
    assert steps.ratios(NET) == pytest.approx(
        {
            "ours over keras": 2.0,
            "ours over torch": 1.2,  # at its best
            "ours roofline": 0.8,
            "ours kernels": 0.6,
            "ours_bf16 over keras": 2.5,
            "ours_bf16 over torch": 1.5,
            "ours_bf16 roofline": 0.5,
            "ours_bf16 kernels": 0.25,
        }
    )
    text = steps.table(NET)
    assert "50.0 ms       1280 images/s" in text
    assert "ours over torch                    1.20" in text


@pytest.mark.slow
def test_sides_take_turns():
    found = steps.measure("dcgan", ["ours", "keras"], repeats=2, burst=0.1)
    assert found["sides"].keys() == {"ours", "keras"}
    assert found["kernels"]["ours"]["seconds"] > 0
    assert 0 < found["sides"]["ours"]["gflops"] < 2 * found["limit"]["float32"]["gflops"]


def test_a_file_of_something_else_is_one_line(tmp_path):
    path = tmp_path / "steps.json"
    assert measuring.read(path, "nets") == {"nets": {}}
    path.write_text("{")
    with pytest.raises(DataError, match="name another --out"):
        measuring.read(path, "nets")
    path.write_text(json.dumps({"seeds": {}}))
    with pytest.raises(DataError, match="no file of this benchmark"):
        measuring.read(path, "nets")


def test_results_are_added_to_a_file(tmp_path):
    path = tmp_path / "steps.json"
    measuring.keep(path, "nets", "compact", 1, options={"a": 2})
    measuring.keep(path, "nets", "dcgan", 3)
    found = json.loads(path.read_text())
    assert found["nets"] == {"compact": 1, "dcgan": 3}
    assert found["options"] == {"a": 2}
    assert found["machine"].keys() >= {"tensorflow", "machine", "date", "load"}


def test_a_worker_that_fails_says_why():
    with Workers() as workers, pytest.raises(DataError, match="one failed: KeyError: 'nothing'"):
        workers.start({"one": Side("", "nothing")}, "compact")


@pytest.mark.parametrize("flag", ["--nets=huge", "--sides=jax", "--repeats=0"])
def test_wrong_flags_exit_with_2_and_one_line(flag, tmp_path):
    said = refusal("experiments.benchmarks.steps", flag, f"--out={tmp_path}/x", code=2)
    assert flag.split("=")[0] in said
