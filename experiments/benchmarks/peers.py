"""What trains an AC-GAN or another conditional GAN step by step and draws from it: all sides alike.

A peer is what users would train instead of the suite: the recipe of another project, written from
its description, with the hyper-parameters that the project publishes.
"""

import dataclasses
import functools
import importlib.util
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from gan_keras.configs.acgan import ACGANConfig
from gan_keras.data.dataset import Dataset
from gan_keras.foundation.errors import DataError

# Images that PyTorch generates at a time.
BATCH = 256


@dataclasses.dataclass(frozen=True)
class Peer:
    """A recipe, whose networks and step `plain_keras.PEERS` or `plain_torch.PEERS` have.

    Attributes:
        images_per_step: Real images.
        latent: Distribution of z.
        value_range: Of the images.
        module: `plain_keras` or `plain_torch`.
    """

    images_per_step: int
    latent: str
    value_range: str = "signed"
    module: str = "plain_keras"


PEERS = {
    # github.com/lukedeo/keras-acgan, of which the LaTeX Writer was made
    "keras_acgan": Peer(100, "uniform"),
    # examples/mnist_acgan.py of Keras 2, by the same author
    "keras_mnist_acgan": Peer(100, "uniform"),
    # keras.io/examples/generative/conditional_gan
    "keras_io_cgan": Peer(64, "normal", "unit"),
    # github.com/kwotsin/mimicry: cGAN-PD at 32x32, five batches a step
    "torch_mimicry": Peer(5 * 64, "normal", module="plain_torch"),
}
OURS = "ours"


class Trainer(Protocol):
    """A GAN in training."""

    def train(self, steps: int) -> None:
        """Makes some steps, and waits until they are done."""

    def draw(self, labels: np.ndarray, seed: int) -> np.ndarray:
        """Generates an image per label, uint8 `(n, h, w, c)` with ink 255."""
        ...


def start(side: str, config: ACGANConfig, dataset: Dataset) -> Trainer:
    """Builds what a side trains.

    Args:
        side: `OURS` or a key of `PEERS`.
        config: The suite's AC-GAN; of a peer, `seed` alone counts.
        dataset: What to train on.

    Raises:
        DataError: If the side needs PyTorch, which is not installed.
    """
    if side == OURS:
        return _ours(config, dataset)
    peer = PEERS[side]
    if peer.module == "plain_torch":
        if importlib.util.find_spec("torch") is None:
            raise DataError(f"--side={side} needs PyTorch: pip install -e '.[bench]'")
        return _Torch(side, config.seed, dataset)
    return _plain_keras(side, config.seed, dataset)


class _Keras:
    """A Keras model that makes its own steps."""

    def __init__(self, model: Any, batches: Any, sampler: Callable[[], Any]) -> None:
        model.make_train_function()
        self._step = functools.partial(model.train_function, iter(batches))
        self._sampler = sampler

    def train(self, steps: int) -> None:
        for _ in range(steps):
            logs = self._step()
        float(logs["d_loss"])

    def draw(self, labels: np.ndarray, seed: int) -> np.ndarray:
        return self._sampler().draw(labels, seed)


def _ours(config: ACGANConfig, dataset: Dataset) -> Trainer:
    """The suite's AC-GAN; it draws by its averaged generator."""
    from gan_keras.data.pipeline import training_batches
    from gan_keras.runs import training
    from gan_keras.samples.sampling import Sampler

    model = training.build(config, dataset.spec)
    seen: dict[str, Any] = {"ink": config.ink, "value_range": config.value_range}
    batches = training_batches(dataset, config.images_per_step, config.seed, **seen)
    names = dataset.class_names
    return _Keras(model, batches, lambda: Sampler.of_model(model, config, names))


def _plain_keras(side: str, seed: int, dataset: Dataset) -> Trainer:
    """A recipe in Keras alone."""
    import keras

    from experiments.benchmarks import plain_keras
    from gan_keras.data.pipeline import training_batches
    from gan_keras.samples.sampling import Sampler

    peer, shape = PEERS[side], dataset.image_shape
    keras.utils.set_random_seed(seed)
    model: Any = plain_keras.PEERS[side](shape, dataset.num_classes)
    images = peer.images_per_step
    batches = training_batches(dataset, images, seed, value_range=peer.value_range)
    form = peer.latent, "bright", peer.value_range, side
    sampler = Sampler(model.networks["generator"], dataset.class_names, *form)
    return _Keras(model, batches, lambda: sampler)


class _Torch:
    """A recipe in PyTorch."""

    def __init__(self, side: str, seed: int, dataset: Dataset) -> None:
        import torch

        from experiments.benchmarks import plain_torch

        torch.manual_seed(seed)
        shape = dataset.image_shape
        self._model: Any = plain_torch.PEERS[side](shape, dataset.num_classes)
        self._model.prepare(bfloat16=False, compiled=False)
        self._batch = PEERS[side].images_per_step
        images = torch.from_numpy(dataset.train_images[:]).permute(0, 3, 1, 2)
        self._images = images.contiguous(memory_format=torch.channels_last)
        self._labels = torch.from_numpy(dataset.train_labels.astype("int64"))

    def train(self, steps: int) -> None:
        import torch

        for _ in range(steps):
            rows = torch.randint(len(self._labels), (self._batch,))
            self._model.train_step(self._images[rows].float() / 127.5 - 1.0, self._labels[rows])

    def draw(self, labels: np.ndarray, seed: int) -> np.ndarray:
        import torch

        source = torch.Generator().manual_seed(seed)
        found = []
        for part in torch.from_numpy(labels.astype("int64")).split(BATCH):
            z = torch.randn(len(part), self._model.latent_dim, generator=source)
            images = self._model.unseen(self._model.generator, z, part)
            grey = ((images + 1.0) * 127.5).round().clamp(0.0, 255.0)
            found.append(grey.to(torch.uint8).permute(0, 2, 3, 1).numpy())
        return np.concatenate(found)
