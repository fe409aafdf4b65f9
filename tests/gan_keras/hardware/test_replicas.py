"""Helpers that make a step on several devices equal to a step on one."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_keras import layers
from gan_keras.hardware import devices, replicas
from gan_keras.steps import latents


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


@pytest.fixture
def on_second_of_two(monkeypatch):
    """Makes what follows the computation of the second of two replicas."""
    context = SimpleNamespace(num_replicas_in_sync=2, replica_id_in_sync_group=1)
    return lambda: monkeypatch.setattr(tf.distribute, "get_replica_context", lambda: context)


def test_nothing_happens_on_one_device():
    x = tf.constant([[1.0, 2.0]])
    assert replicas.total() == 1
    for function in (replicas.mean, replicas.gather, replicas.add):
        assert function(x) is x
    seed = tf.constant([1, 2])
    with latents.parts(2):
        draws = latents.draw(tf.random.stateless_normal, (4, 3), seed)
    np.testing.assert_array_equal(draws, tf.random.stateless_normal((4, 3), seed))


def test_shares_of_several_batches():
    # two batches of four; the first of two replicas gets the first half of each
    dealt = replicas.deal(tf.range(8), 2, 2)
    assert dealt.numpy().tolist() == [0, 1, 4, 5, 2, 3, 6, 7]
    assert replicas.deal(tf.range(8), 2, 1).numpy().tolist() == list(range(8))


def test_a_replicas_draw_is_its_share(on_second_of_two):
    seed = tf.constant([3, 4])
    whole = tf.random.stateless_normal((8, 2), seed).numpy()
    on_second_of_two()
    draw = lambda: latents.draw(tf.random.stateless_normal, (4, 2), seed).numpy()  # noqa: E731
    np.testing.assert_array_equal(draw(), whole[4:])
    with latents.parts(2):  # the second half of the reals, then of the fakes
        np.testing.assert_array_equal(draw(), whole[[2, 3, 6, 7]])
    np.testing.assert_array_equal(draw(), whole[4:])


def test_an_update_that_is_taken_back(on_second_of_two):
    variable = tf.Variable([1.0, 2.0])
    for begin in (lambda: None, on_second_of_two):
        begin()
        for condition, expected in ((False, [1.0, 2.0]), (True, [2.0, 3.0])):
            variable.assign([1.0, 2.0])
            replicas.do_if(
                tf.constant(condition), lambda: variable.assign_add([1.0, 1.0]), [variable]
            )
            assert variable.numpy().tolist() == expected


@pytest.mark.parametrize("kind", ["Dropout", "GaussianNoise"])
def test_random_layers_are_those_of_keras_and_shares_of_them(on_second_of_two, kind):
    x = tf.random.stateless_normal((8, 5), tf.constant([0, 0]))
    ours, kerases = (getattr(module, kind)(0.5, seed=7) for module in (layers, keras.layers))
    whole = kerases(x, training=True).numpy()
    np.testing.assert_array_equal(ours(x, training=True), whole)
    plain = ours.plain()
    assert type(plain) is type(kerases)
    assert plain.name == ours.name
    on_second_of_two()
    again = getattr(layers, kind)(0.5, seed=7)
    np.testing.assert_array_equal(again(x[4:], training=True), whole[4:])
    np.testing.assert_array_equal(again(x, training=False), x)
