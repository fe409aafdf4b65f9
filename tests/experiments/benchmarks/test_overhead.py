"""The benchmark of what is not training."""

import pytest
import small_runs

from experiments.benchmarks import overhead
from gan_keras.gans.base import GAN
from gan_keras.runs.callbacks.recording import SampleGrid


def test_what_an_epoch_spends_beside_training(tmp_path):
    config = small_runs.points(tmp_path / "run", epochs=3)
    before = SampleGrid.on_epoch_end, GAN.evaluate
    found = overhead.measure(config)
    assert found["epochs"] == 2
    assert {"EpochLog", "Checkpointer", "held-out losses"} <= found["shares"].keys()
    assert found["share"] == pytest.approx(sum(found["shares"].values()))
    assert 0 < found["share"] < 1
    assert before == (SampleGrid.on_epoch_end, GAN.evaluate)
