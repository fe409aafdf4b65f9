"""Learning rates at chosen steps."""

import keras
import numpy as np
import pytest

from gan_keras.steps import schedules


@pytest.mark.parametrize(
    ("name", "final", "wanted"),  # at steps 0, 50, 100, 200 of 100
    [
        ("linear", None, [0.2, 0.1, 0.0, 0.0]),
        ("linear", 0.5, [0.2, 0.15, 0.1, 0.1]),
        ("cosine", None, [0.2, 0.1, 0.0, 0.0]),
        ("cosine", 0.5, [0.2, 0.15, 0.1, 0.1]),
        ("exponential", None, [0.2, 0.02, 0.002, 0.00002]),
    ],
)
def test_rates(name, final, wanted):
    schedule = schedules.get(name, 0.2, 100, final)
    np.testing.assert_allclose([schedule(s) for s in (0, 50, 100, 200)], wanted, atol=1e-7)


def test_constant_is_a_number():
    assert schedules.get("constant", 0.2, 0) == 0.2


@pytest.mark.parametrize("name", schedules.SCHEDULES)
def test_every_schedule_serves_an_optimizer(name):
    optimizer = keras.optimizers.Adam(schedules.get(name, 1e-3, 10))
    variable = keras.Variable([1.0])
    optimizer.build([variable])
    optimizer.apply([np.ones(1, "float32")])
    np.testing.assert_allclose(float(variable[0]), 0.999, rtol=1e-5)


def test_the_training_step_counts_and_not_the_updates():
    steps = keras.Variable(0, dtype="int64")
    optimizer = keras.optimizers.SGD(schedules.ByStep(schedules.linear(0.2, 10), steps))
    variable = keras.Variable([1.0])
    optimizer.build([variable])
    for _ in range(5):
        optimizer.apply([np.zeros(1, "float32")])
    assert float(optimizer.learning_rate) == pytest.approx(0.2)
    steps.assign(5)
    assert float(optimizer.learning_rate) == pytest.approx(0.1)
    # nothing that a checkpoint of the plain schedule would lack
    plain = keras.optimizers.SGD(schedules.linear(0.2, 10))
    plain.build([variable])
    assert len(optimizer.variables) == len(plain.variables)


@pytest.mark.parametrize("args", [("nosuch", 0.1, 10), ("linear", 0.0, 10), ("cosine", 0.1, 0)])
def test_bad_schedules_are_refused(args):
    with pytest.raises(ValueError, match="Received"):
        schedules.get(*args)
