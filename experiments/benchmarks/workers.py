"""Worker processes of the step benchmarks: each builds one side and computes when it is its turn.

Each side has a process of its own, so that thread pools do not meet.
"""

import contextlib
import functools
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import numpy as np

from experiments import common
from experiments.benchmarks.nets import NETS, Net, Side
from gan_keras.foundation.errors import DataError

Burst = Callable[[int], float]
Facts = dict[str, Any]


class Workers(contextlib.ExitStack):
    """Starts workers and lets them take turns; a context manager.

    Attributes:
        facts: Answer of each worker when it was ready, by name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.facts: dict[str, Facts] = {}
        self._pools: dict[str, ProcessPoolExecutor] = {}

    def start(self, sides: Mapping[str, Side], net: str) -> None:
        """Starts a worker for each side of a net, and waits until all have warmed up.

        Raises:
            DataError: If one fails.
        """
        for name in sides:
            pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
            self._pools[name] = self.enter_context(pool)
        # Side by side: compiling for a GPU takes most of the time, on one core each.
        with ThreadPoolExecutor() as threads:
            ready = {
                name: threads.submit(self._call, name, _prepare, side, net)
                for name, side in sides.items()
            }
        self.facts = {name: future.result() for name, future in ready.items()}

    def run(self, name: str, steps: int) -> float:
        """Lets one worker run a burst while the others wait; returns its seconds."""
        return self._call(name, _burst, steps)

    def peak_bytes(self, name: str) -> int:
        """Returns the most memory that a worker has used so far: the GPU's, else its own."""
        return self._call(name, _peak_bytes)

    def calibrate(self, name: str, seconds: float) -> int:
        """Finds the number of steps, at least 1, in a burst of about that many seconds."""
        steps = 1
        while True:
            taken = self.run(name, steps)
            if taken > 0.3 * seconds or steps >= 1 << 14:
                return max(1, round(steps * seconds / max(taken, 1e-9)))
            steps *= 4

    def _call(self, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return self._pools[name].submit(function, *arguments).result()
        except Exception as error:
            raise DataError(f"the worker {name} failed: {type(error).__name__}: {error}") from None


# From here on: the worker's own process.
_steps: Burst


def _prepare(side: Side, name: str) -> Facts:
    """Builds a side and warms it up."""
    global _steps
    # oneDNN for both sides: TensorFlow alone leaves it off on many processors.
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # several workers share a GPU
    build = _BUILD[side.module]
    if side.module != "plain_torch":
        common.import_tensorflow()
    _steps, facts = build(side, name)
    for _ in range(2):  # tracing, compiling, choosing of kernels
        _steps(2)
    return facts


def _burst(steps: int) -> float:
    return _steps(steps)


def _peak_bytes() -> int:
    tf = sys.modules.get("tensorflow")
    if tf is not None and tf.config.list_physical_devices("GPU"):
        return tf.config.experimental.get_memory_info("GPU:0")["peak"]
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _noise(net: Net) -> tuple[np.ndarray, np.ndarray]:
    """Makes images of noise, uint8 `(n, h, w, c)`, and labels, int32 `(n,)`."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (6400, *net.image_shape), np.uint8)
    return images, random.integers(0, net.num_classes, len(images), np.int32)


def _timed(
    step: Callable[[], Any], steps: int, wait: Callable[[Any], Any] = lambda result: None
) -> float:
    """Seconds that some calls take until the last one's result is there."""
    begin = time.perf_counter()
    for _ in range(steps):
        result = step()
    wait(result)
    return time.perf_counter() - begin


def _keras_steps(model: Any, batches: Any, images: int) -> tuple[Burst, Facts]:
    """Runs the training steps of a Keras model, each on `images` images."""
    iterator = iter(batches)
    model.make_train_function()
    counts = {name: network.count_params() for name, network in model.networks.items()}
    step = functools.partial(model.train_function, iterator)
    # a GPU computes on while Python is ahead of it
    run = functools.partial(_timed, step, wait=lambda logs: [float(each) for each in logs.values()])
    return run, {"parameters": counts, "images": images}


def _suite(side: Side, name: str) -> tuple[Any, Any, Any]:
    """Configuration, model and batches of the suite's side."""
    from gan_keras.data.dataset import Dataset
    from gan_keras.data.pipeline import training_batches
    from gan_keras.runs import training

    net = NETS[name]
    config = net.config(side.precision)
    images, labels = _noise(net)
    names = tuple(map(str, range(net.num_classes)))
    dataset = Dataset("noise", images, labels, images[:1], labels[:1], names)
    model = training.build(config, dataset.spec)
    return config, model, training_batches(dataset, config.images_per_step, 0)


def _ours(side: Side, name: str) -> tuple[Burst, Facts]:
    """The suite's own step."""
    config, model, batches = _suite(side, name)
    return _keras_steps(model, batches, config.images_per_step)


def _kernels(side: Side, name: str) -> tuple[Burst, Facts]:
    """The convolutions and matrix products of the suite's step, each by itself."""
    from experiments.benchmarks import operations

    config, model, batches = _suite(side, name)
    found = operations.kernels(model.train_step, batches.element_spec, config.penalty_every)
    calls = [(kernel.alone(), times) for kernel, times in found.items()]
    for call, _ in calls:
        call()
    done = 0

    def run(steps: int) -> float:
        nonlocal done
        begin = time.perf_counter()
        for call, times in calls:
            # a kernel of every k-th step runs once in k of these steps
            for _ in range(int(times * (done + steps)) - int(times * done)):
                call()
        done += steps
        return time.perf_counter() - begin

    return run, {"operations": operations.total(found)}


def _plain_keras(side: Side, name: str) -> tuple[Burst, Facts]:
    """The same step in Keras alone."""
    import keras
    import tensorflow as tf

    from experiments.benchmarks import plain_keras
    from gan_keras.hardware.devices import POLICIES

    net = NETS[name]
    batch = net.config().images_per_step
    keras.config.set_dtype_policy(POLICIES[side.precision])
    model = plain_keras.MAKE[name](net.image_shape, net.num_classes)
    model.jit_compile = side.compiled
    images, labels = _noise(net)
    batches = (
        tf.data.Dataset.from_tensor_slices((images.astype("float32") / 127.5 - 1.0, labels))
        .repeat()
        .shuffle(1024)
        .batch(batch, drop_remainder=True)
        .prefetch(tf.data.AUTOTUNE)
    )
    return _keras_steps(model, batches, batch)


def _plain_torch(side: Side, name: str) -> tuple[Burst, Facts]:
    """The same step in PyTorch."""
    import torch

    from experiments.benchmarks import plain_torch

    net = NETS[name]
    batch = net.config().images_per_step
    noise, classes = _noise(net)
    model: Any = plain_torch.MAKE[name](net.image_shape, net.num_classes)
    model.prepare(side.precision == "bfloat16", side.compiled)
    images = torch.from_numpy(noise).permute(0, 3, 1, 2)
    images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.from_numpy(classes.astype("int64"))

    def step() -> None:
        rows = torch.randint(len(images), (batch,))
        model.train_step(images[rows].float() / 127.5 - 1.0, labels[rows])

    return functools.partial(_timed, step), {"parameters": model.parameters(), "images": batch}


def _limit(side: Side, name: str) -> tuple[Burst, Facts]:
    """The machine's own limit: a large convolution, counted in steps too."""
    import tensorflow as tf

    kind = tf.as_dtype(side.precision)
    batch, pixels, channels = 32, 28, 256
    images = tf.cast(tf.random.normal((batch, pixels, pixels, channels)), kind)
    kernel = tf.cast(tf.random.normal((3, 3, channels, channels)), kind)
    convolve = tf.function(lambda: tf.nn.conv2d(images, kernel, 1, "SAME"))
    facts = {"operations": 2 * batch * pixels**2 * channels**2 * 9}
    return functools.partial(_timed, lambda: convolve().numpy()), facts


_BUILD: dict[str, Callable[[Side, str], tuple[Burst, Facts]]] = {
    "ours": _ours,
    "kernels": _kernels,
    "plain_keras": _plain_keras,
    "plain_torch": _plain_torch,
    "limit": _limit,
}
