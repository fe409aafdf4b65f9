"""The fused Adam against Keras' own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_keras.steps import optimizers
from gan_keras.steps.gradients import after

SHAPES = ((40, 30), (30,), (3, 3, 5, 7), ())


def _variables():
    random = np.random.default_rng(0)
    return [tf.Variable(np.asarray(random.normal(size=s), np.float32)) for s in SHAPES]


def _gradients(number):
    return [
        10.0 ** (1 - 2 * index) * tf.random.stateless_normal(shape, tf.stack([number, index]))
        for index, shape in enumerate(SHAPES)
    ]


def _train(optimizer, steps=25):
    """Steps with gradients of very different sizes, the same for any optimizer and any weights."""
    variables = _variables()
    optimizer.build(variables)

    @tf.function
    def step(number):
        gradients = _gradients(number)
        with after(tf.zeros(()), gradients):
            optimizer.apply(gradients, variables)

    for number in tf.range(steps):
        step(number)
    return [variable.numpy() for variable in variables]


@pytest.mark.parametrize(
    "kwargs",
    [
        {},
        {"learning_rate": 2e-2, "beta_1": 0.5, "beta_2": 0.99, "epsilon": 1e-8},
        {"learning_rate": 1e-2, "beta_1": 0.0, "epsilon": 1e-2},
        {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.7)},
        {"learning_rate": 1e-2, "clipnorm": 0.5, "weight_decay": 0.1},
        {"learning_rate": 1e-2, "amsgrad": True},
    ],
)
def test_same_steps_as_keras(kwargs):
    plain = keras.optimizers.Adam(**kwargs)
    fused = optimizers.FusedAdam(**kwargs)
    for expected, found in zip(_train(plain), _train(fused), strict=True):
        np.testing.assert_allclose(found, expected, rtol=5e-5, atol=1e-5)
    assert [v.name for v in fused.variables] == [v.name for v in plain.variables]
    for expected, found in zip(plain.variables, fused.variables, strict=True):
        np.testing.assert_allclose(found, expected, rtol=5e-5, atol=1e-5)


def test_first_step_by_hand():
    # m = 0.5 g, v = 0.01 g^2; alpha = lr sqrt(0.01) / 0.5; with epsilon 0: lr * sign(g)
    variable = tf.Variable([1.0, -2.0])
    optimizer = optimizers.FusedAdam(0.1, beta_1=0.5, beta_2=0.99, epsilon=0.0)
    optimizer.apply([tf.constant([3.0, -4.0])], [variable])
    np.testing.assert_allclose(variable, [0.9, -1.9], rtol=1e-6)


def test_one_kernel_a_variable():
    variables = _variables()
    optimizer = optimizers.FusedAdam()
    optimizer.build(variables)
    step = tf.function(lambda: optimizer.apply([tf.ones_like(v) for v in variables], variables))
    kinds = [op.type for op in step.get_concrete_function().graph.get_operations()]
    assert kinds.count("ResourceApplyAdam") == len(variables)


def test_rows_of_an_embedding_as_keras_does():
    rows = tf.IndexedSlices(tf.constant([[1.0, 2.0], [3.0, 4.0], [1.0, 1.0]]), [1, 1, 2], [4, 2])
    found = []
    for kind in (keras.optimizers.Adam, optimizers.FusedAdam):
        variable = tf.Variable(tf.ones((4, 2)))
        optimizer = kind(0.1)
        optimizer.build([variable])
        for _ in range(3):
            optimizer.apply([rows], [variable])
        found.append(variable.numpy())
    np.testing.assert_array_equal(*found)


def test_either_goes_on_where_the_other_stopped():
    straight = _train(optimizers.FusedAdam(0.01), steps=6)

    variables = _variables()
    first = keras.optimizers.Adam(0.01)
    second = optimizers.FusedAdam(0.01)
    for optimizer in (first, second):
        optimizer.build(variables)
    for number in range(6):
        if number == 3:
            for old, new in zip(first.variables, second.variables, strict=True):
                new.assign(old)
        (first if number < 3 else second).apply(_gradients(number), variables)
    for expected, found in zip(straight, variables, strict=True):
        np.testing.assert_allclose(found, expected, rtol=5e-5, atol=1e-5)


def test_a_restored_state_repeats_bit_for_bit():
    variables = _variables()
    optimizer = optimizers.FusedAdam(0.01)
    optimizer.build(variables)
    gradients = [tf.sin(100.0 * v) for v in variables]
    step = tf.function(lambda: optimizer.apply(gradients, variables))
    step()
    state = [*variables, *optimizer.variables]
    saved = [np.array(v) for v in state]
    step()
    after_two = [np.array(v) for v in state]
    for variable, value in zip(state, saved, strict=True):
        variable.assign(value)
    step()
    for variable, value in zip(state, after_two, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_survives_saving():
    optimizer = optimizers.FusedAdam(0.01, beta_1=0.5, epsilon=1e-8)
    config = keras.optimizers.serialize(optimizer)
    copy = keras.optimizers.deserialize(config)
    assert type(copy) is optimizers.FusedAdam
    assert copy.get_config() == optimizer.get_config()
