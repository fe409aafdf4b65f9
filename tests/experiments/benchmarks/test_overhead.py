"""The benchmark of what is not training."""

import pytest
import small_runs

from experiments.benchmarks import overhead
from gan_keras.gans.base import GAN
from gan_keras.runs import callbacks


def test_what_an_epoch_spends_beside_training(tmp_path):
    config = small_runs.points(tmp_path / "run", epochs=3)
    before = callbacks.SampleGrid.on_epoch_end, callbacks.DivergenceGuard, GAN.evaluate
    found = overhead.measure(config)
    assert found["epochs"] == 2
    assert {"Pictures", "EpochLog", "Checkpointer", "held-out losses"} <= found["shares"].keys()
    assert found["share"] == pytest.approx(sum(found["shares"].values()))
    assert 0 < found["share"] < 1
    assert before == (callbacks.SampleGrid.on_epoch_end, callbacks.DivergenceGuard, GAN.evaluate)


def test_what_a_method_calls_of_another_counts_as_its_own():
    class Inner:
        def work(self):
            return 3

    class Outer:
        def work(self):
            return Inner().work()

    clock = overhead.Clock()
    clock.watch(Inner, "work")
    clock.watch(Outer, "work", "outer")
    assert Outer().work() == 3
    assert list(clock.spent) == ["outer"]
    assert Inner().work() == 3
    assert list(clock.spent) == ["outer", "Inner"]
    clock.restore()
    Outer().work()
    assert len(clock.spent) == 2
