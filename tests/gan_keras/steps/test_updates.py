"""Gradients applied, the fused Adam against Keras' own, learning rates, averages."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_keras.steps import updates

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
        optimizer.apply(_gradients(number), variables)

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
    ],
)
def test_same_steps_as_keras(kwargs):
    plain = keras.optimizers.Adam(**kwargs)
    fused = updates.FusedAdam(**kwargs)
    for expected, found in zip(_train(plain), _train(fused), strict=True):
        np.testing.assert_allclose(found, expected, rtol=5e-5, atol=1e-5)
    assert [v.name for v in fused.variables] == [v.name for v in plain.variables]
    for expected, found in zip(plain.variables, fused.variables, strict=True):
        np.testing.assert_allclose(found, expected, rtol=5e-5, atol=1e-5)


def test_first_step_by_hand():
    # m = 0.5 g, v = 0.01 g^2; alpha = lr sqrt(0.01) / 0.5; with epsilon 0: lr * sign(g)
    variable = tf.Variable([1.0, -2.0])
    optimizer = updates.FusedAdam(0.1, beta_1=0.5, beta_2=0.99, epsilon=0.0)
    optimizer.apply([tf.constant([3.0, -4.0])], [variable])
    np.testing.assert_allclose(variable, [0.9, -1.9], rtol=1e-6)


def test_one_kernel_a_variable():
    variables = _variables()
    optimizer = updates.FusedAdam()
    optimizer.build(variables)
    step = tf.function(lambda: optimizer.apply([tf.ones_like(v) for v in variables], variables))
    kinds = [op.type for op in step.get_concrete_function().graph.get_operations()]
    assert kinds.count("ResourceApplyAdam") == len(variables)


def test_survives_saving():
    optimizer = updates.FusedAdam(0.01, beta_1=0.5, epsilon=1e-8)
    config = keras.optimizers.serialize(optimizer)
    copy = keras.optimizers.deserialize(config)
    assert type(copy) is updates.FusedAdam
    assert copy.get_config() == optimizer.get_config()


def made(kind="adam", rate=1e-3):
    """An optimizer, built for one variable at 1."""
    optimizer = updates.make_optimizer(kind, rate, 0.5, 0.999, 1e-8)
    variable = keras.Variable([1.0])
    optimizer.build([variable])
    return optimizer, variable


@pytest.mark.parametrize(("due", "wanted"), [(None, -0.5), (True, -0.5), (False, 1.0)])
def test_update_moves_its_variables_and_gives_the_length_of_the_gradient(due, wanted):
    optimizer, variable = made("sgd", 0.5)
    other, condition = keras.Variable([4.0]), tf.Variable(bool(due))

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(3.0 * variable.value + other.value)
        holds = None if due is None else tf.identity(condition)
        return updates.update(optimizer, tape, loss, [variable], holds)

    assert float(step()) == 3.0
    np.testing.assert_allclose(variable, [wanted])
    np.testing.assert_array_equal(other, [4.0])


def test_a_class_embedding_moves_by_the_rate_however_often_its_class_occurs():
    # Adam's first step is lr * sign(g) whatever the size of g. By hand for the class that occurs
    # three times: g = 1 + 2 + 3 = 6, m = 0.5 * 6, v = 0.01 * 36; Keras' sum of squares in place of
    # 36 is 1 + 4 + 9 and would make it 1.6 times the rate.
    optimizer = updates.make_optimizer("adam", 0.1, 0.5, 0.99, 1e-12)
    table = keras.Variable([[1.0], [1.0], [1.0]])
    optimizer.build([table])
    labels, weights = tf.constant([0, 0, 1, 0]), tf.constant([[1.0], [2.0], [-5.0], [3.0]])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(weights * keras.ops.take(table, labels, axis=0))
        return updates.update(optimizer, tape, loss, [table])

    np.testing.assert_allclose(step(), np.hypot(6.0, 5.0), rtol=1e-6)
    np.testing.assert_allclose(table, [[0.9], [1.1], [1.0]], rtol=1e-6)
    # second step, same gradient: m = 0.75 g, v = 0.0199 g^2, corrected both are g and g^2 again
    step()
    np.testing.assert_allclose(table, [[0.8], [1.2], [1.0]], rtol=1e-5)


def test_an_update_waits_for_the_loss():
    optimizer, variable = made()

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(3.0 * variable.value)  # no part of the gradient
        return updates.update(optimizer, tape, loss, [variable])

    operations = step.get_concrete_function().graph.get_operations()
    waiting = [op for op in operations if op.type == "ResourceApplyAdam"]
    before = set()
    while waiting:
        op = waiting.pop()
        before.add(op.type)
        waiting += [*op.control_inputs, *(tensor.op for tensor in op.inputs)]
    assert "Sum" in before


@pytest.mark.parametrize(
    ("decay", "wanted"),  # at steps 0, 50, 100, 200 of 100
    [
        ("constant", [0.2, 0.2, 0.2, 0.2]),
        ("linear", [0.2, 0.1, 0.0, 0.0]),
        ("cosine", [0.2, 0.1, 0.0, 0.0]),
        ("exponential", [0.2, 0.02, 0.002, 0.00002]),
        ("inverse_sqrt", [0.2, 0.2, 0.2, 0.2 / 2**0.5]),
    ],
)
@pytest.mark.parametrize("kind", ["adam", "rmsprop", "sgd"])
def test_rates_follow_the_training_step_and_not_the_updates(kind, decay, wanted):
    steps = keras.Variable(0, dtype="int64")
    optimizer, _ = made(kind, updates.learning_rate(0.2, decay, 100, steps))
    found = []
    for step in (0, 50, 100, 200):
        steps.assign(step)
        optimizer.apply([np.zeros(1, "float32")])
        found.append(float(optimizer.learning_rate))
    np.testing.assert_allclose(found, wanted, atol=1e-7)


def test_clipped_weights():
    net = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    net.layers[0].set_weights([np.array([[0.5, -0.5], [0.005, 0.0]]), np.array([1.0, -0.001])])
    tf.function(lambda: updates.clip_weights(net.trainable_variables, 0.01))()
    kernel, bias = net.layers[0].get_weights()
    np.testing.assert_allclose(kernel, [[0.01, -0.01], [0.005, 0.0]])
    np.testing.assert_allclose(bias, [0.01, -0.001])


def small_model(value):
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(2),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=1),
        ]
    )
    model.set_weights([np.full(w.shape, value, "float32") for w in model.weights])
    return model


@pytest.mark.parametrize("graph", [False, True])
def test_averages_are_of_all_float_weights_also_moving_statistics(graph):
    average, model = small_model(0.0), small_model(1.0)

    def update():
        updates.average_weights(average.weights, model.weights, 0.9, tf.constant(10**6))

    update = tf.function(update) if graph else update
    update()
    update()
    # 1 - 0.9^2 = 0.19 everywhere, moving mean and variance included
    assert len(average.weights) == 6
    for weight in average.get_weights():
        np.testing.assert_allclose(weight, np.full(weight.shape, 0.19), rtol=1e-5)
    for weight in model.get_weights():
        np.testing.assert_array_equal(weight, np.ones(weight.shape))


@pytest.mark.parametrize(("decay", "wanted"), [(1.0, 0.1), (0.0, 0.3)])
def test_decay_one_keeps_and_decay_zero_copies_bit_by_bit(decay, wanted):
    average, current = keras.Variable([0.1]), keras.Variable([0.3])
    updates.average_weights([average], [current], decay, tf.constant(2**62))
    np.testing.assert_array_equal(average, np.float32([wanted]))


def test_integers_are_copied():
    average = [keras.Variable(0, dtype="int32"), keras.Variable(0.0)]
    current = [keras.Variable(7, dtype="int32"), keras.Variable(1.0)]
    updates.average_weights(average, current, 0.5, tf.constant(10**6))
    assert int(average[0]) == 7
    assert float(average[1]) == 0.5


def test_the_decay_of_averages_warms_up():
    # (1 + step) / (10 + step): 1/10, 10/19, 100/109, then the final decay
    for step, wanted in ((0, 0.1), (9, 10 / 19), (99, 100 / 109), (10**6, 0.99)):
        average = keras.Variable([1.0])
        updates.average_weights([average], [keras.Variable([0.0])], 0.99, tf.constant(step))
        np.testing.assert_allclose(average, [wanted], rtol=1e-6)
