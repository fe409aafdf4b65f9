"""Recipes of other projects: their networks, one step, and what they draw."""

import dataclasses
import importlib.util

import numpy as np
import pytest

from experiments.benchmarks import peers
from gan_keras.configs.acgan import ACGANConfig
from gan_keras.data.dataset import Dataset
from gan_keras.foundation.errors import DataError

HAS_TORCH = importlib.util.find_spec("torch") is not None
# Parameters by hand, for images of 28x28 and ten classes.
PARAMETERS = {
    "keras_io_cgan": (
        139 * 49 * 138 + 128 * (16 * 138 + 1) + 128 * (16 * 128 + 1) + 49 * 128 + 1,
        64 * (9 * 11 + 1) + 128 * (9 * 64 + 1) + 129,
    ),
    # a quarter of the published width; without the vectors of spectral normalization
    "torch_mimicry": (
        129 * 16 * 64 + 3 * (2 * 64 * (9 * 64 + 1) + 64 * 65 + 4 * 10 * 64) + 2 * 64 + 9 * 64 + 1,
        (32 * 10 + 32 * 289 + 32 * 2) + (2 * 32 * 289 + 32 * 33) + 2 * (2 * 32 * 289) + 33 + 320,
    ),
}


def noise(size):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (400, size, size, 1), np.uint8)
    labels = random.integers(0, 10, 400).astype(np.int32)
    return Dataset("noise", images, labels, images[:1], labels[:1], tuple("0123456789"))


@pytest.mark.parametrize("side", peers.PEERS)
def test_a_peer_trains_and_draws_what_was_asked_for(side, monkeypatch):
    if not HAS_TORCH and side.startswith("torch"):
        pytest.skip("PyTorch is not installed")
    few = dataclasses.replace(peers.PEERS[side], images_per_step=10)
    monkeypatch.setitem(peers.PEERS, side, few)
    size = 20 if side == "keras_mnist_acgan" else 8  # the smallest that its nets take
    trainer = peers.start(side, ACGANConfig.create(options={"seed": 3}), noise(size))
    labels = np.array([4, 4, 9], np.int32)
    before = trainer.draw(labels, 7)
    trainer.train(1)
    after = trainer.draw(labels, 7)
    assert (after.dtype, after.shape) == (np.uint8, (3, size, size, 1))
    assert np.any(before != after)
    assert np.any(after[0] != after[1])
    np.testing.assert_array_equal(after, trainer.draw(labels, 7))


@pytest.mark.parametrize("side", PARAMETERS)
def test_networks_have_the_published_sizes(side):
    if side.startswith("torch"):
        pytest.importorskip("torch")
        from experiments.benchmarks.plain_torch import PEERS

        networks = PEERS[side]((28, 28, 1), 10).networks.values()
        found = tuple(sum(w.numel() for w in network.parameters()) for network in networks)
    else:
        from experiments.benchmarks.plain_keras import PEERS

        networks = PEERS[side]((28, 28, 1), 10).networks.values()
        found = tuple(network.count_params() for network in networks)
    assert found == PARAMETERS[side]


@pytest.mark.skipif(HAS_TORCH, reason="PyTorch is installed")
def test_a_side_of_pytorch_says_that_it_is_missing():
    with pytest.raises(DataError, match="--side=torch_mimicry needs PyTorch"):
        peers.start("torch_mimicry", ACGANConfig.create(), noise(8))
