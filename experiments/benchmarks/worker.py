"""One side of the benchmark in a process of its own, so that thread pools do not meet.

It says `ready` with what it has built, then runs as many steps as each line of its input says and
answers with the seconds they took. Everything else that is printed goes to standard error.
"""

import importlib
import json
import sys
import time

import numpy as np

from experiments.benchmarks.nets import NETS, SIDES, Net, Side

EXAMPLES = 6400
# What the references call their networks.
NETWORKS = ("encoder", "generator", "discriminator", "critic")


def examples(net: Net) -> tuple[np.ndarray, np.ndarray]:
    """Noise instead of images: uint8 `(n, h, w, c)` and labels int32 `(n,)`.

    The time of a step does not depend on what is in an image.
    """
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (EXAMPLES, *net.image_shape), np.uint8)
    return images, random.integers(0, net.num_classes, EXAMPLES, np.int32)


def config_of(net: Net, precision: str):
    """The configuration of the suite's side."""
    from gan_keras import configs

    kind = configs.config_class(net.experiment)
    options = {"precision": precision, "dataset": "mnist"}
    return kind.create(net.preset, {**options, **net.options})


class Clock:
    """Times a `fit` from its first step's begin to its last one's end."""

    def __init__(self):
        import keras

        class Times(keras.callbacks.Callback):
            begin = end = 0.0

            def on_epoch_begin(self, epoch, logs=None):
                self.begin = 0.0

            def on_train_batch_begin(self, batch, logs=None):
                self.begin = self.begin or time.perf_counter()

            def on_train_batch_end(self, batch, logs=None):
                self.end = time.perf_counter()

        self.callback = Times()

    @property
    def seconds(self) -> float:
        """Seconds of the last `fit`."""
        return self.callback.end - self.callback.begin


def suite(net: Net, precision: str):
    """Configuration, model and batches of the suite's side."""
    from gan_keras.data.dataset import Dataset
    from gan_keras.data.pipeline import training_batches
    from gan_keras.runs import training

    config = config_of(net, precision)
    images, labels = examples(net)
    names = tuple(map(str, range(net.num_classes)))
    dataset = Dataset("noise", images, labels, images[:1], labels[:1], names)
    model = training.build(config, dataset.spec)
    return config, model, training_batches(dataset, config.images_per_step, 0)


def ours(net: Net, side: Side):
    """The suite's own step, as a run makes it."""
    from experiments.benchmarks import operations
    from gan_keras.gans.pacing import Pace

    config, model, batches = suite(net, side.precision)
    clock = Clock()
    size = Pace.of_run(config, model.networks, EXAMPLES).size

    def run(steps: int) -> float:
        epoch = max(steps, 4 * size)
        model.pace = Pace(size, epoch, [config.log_every])
        model.fit(
            batches, steps_per_epoch=epoch, verbose=0, shuffle=False, callbacks=[clock.callback]
        )
        return clock.seconds * steps / epoch

    networks = {name: network.count_params() for name, network in model.networks.items()}
    spec = batches.element_spec
    return run, {
        "parameters": networks,
        "operations": operations.of_step(model.train_step, spec, config.penalty_every),
        "images": config.images_per_step,
    }


def kernels(net: Net, side: Side):
    """The convolutions and matrix products of the suite's step, each by itself."""
    from experiments.benchmarks import operations

    config, model, batches = suite(net, side.precision)
    found = operations.kernels(model.train_step, batches.element_spec, config.penalty_every)
    calls = [(kernel.alone(), times) for kernel, times in found.items()]
    done = 0

    def run(steps: int) -> float:
        nonlocal done
        begin = time.perf_counter()
        for call, times in calls:
            # Of what is due in some steps only, what is due in these.
            for _ in range(int(times * (done + steps)) - int(times * done)):
                call()
        done += steps
        return time.perf_counter() - begin

    for call, _ in calls:
        call()
    return run, {"kernels": len(calls)}


def plain_keras(net: Net, side: Side, name: str):
    """The same step as one would write it."""
    import tensorflow as tf

    config = config_of(net, "float32")
    module = importlib.import_module(f"experiments.benchmarks.plain_keras.{name}")
    model = module.make(net.image_shape, net.num_classes)
    images, labels = examples(net)
    batches = (
        tf.data.Dataset.from_tensor_slices((images.astype("float32") / 127.5 - 1.0, labels))
        .repeat()
        .shuffle(1024)
        .batch(config.images_per_step, drop_remainder=True)
        .prefetch(tf.data.AUTOTUNE)
    )
    clock = Clock()

    def run(steps: int) -> float:
        model.fit(batches, steps_per_epoch=steps, verbose=0, callbacks=[clock.callback])
        return clock.seconds

    networks = {key: value.count_params() for key, value in vars(model).items() if key in NETWORKS}
    return run, {"parameters": networks, "images": config.images_per_step}


def plain_torch(net: Net, side: Side, name: str):
    """The same step in PyTorch."""
    import torch

    config = config_of(net, "float32")
    from experiments.benchmarks.plain_torch import common

    module = importlib.import_module(f"experiments.benchmarks.plain_torch.{name}")
    images, labels = examples(net)
    model = module.make(net.image_shape, net.num_classes)
    common.prepare(model, side.precision == "bfloat16", side.compiled)
    images = torch.from_numpy(images).permute(0, 3, 1, 2)
    images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.from_numpy(labels.astype("int64"))

    def run(steps: int) -> float:
        begin = time.perf_counter()
        for _ in range(steps):
            rows = torch.randint(len(images), (config.images_per_step,))
            model.train_step(images[rows].float() / 127.5 - 1.0, labels[rows])
        return time.perf_counter() - begin

    networks = {key: common.parameters(value) for key, value in common.networks(model).items()}
    return run, {"parameters": networks, "images": config.images_per_step}


def limit(precision: str):
    """The machine's own limit: a large convolution, counted in steps too."""
    import tensorflow as tf

    kind = tf.float32 if precision == "float32" else tf.bfloat16
    batch, side, channels = 32, 28, 256
    images = tf.cast(tf.random.normal((batch, side, side, channels)), kind)
    kernel = tf.cast(tf.random.normal((3, 3, channels, channels)), kind)
    convolve = tf.function(lambda: tf.nn.conv2d(images, kernel, 1, "SAME"))

    def run(steps: int) -> float:
        begin = time.perf_counter()
        for _ in range(steps):
            convolve().numpy()
        return time.perf_counter() - begin

    return run, {"operations": 2 * batch * side**2 * channels**2 * 9}


def main() -> None:
    """Runs a side until its input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr
    net_name, side_name = sys.argv[1:]
    if net_name == "limit":
        run, facts = limit(side_name)
    elif side_name.startswith("kernels_"):
        run, facts = kernels(NETS[net_name], SIDES[side_name.removeprefix("kernels_")])
    elif SIDES[side_name].module == "ours":
        run, facts = ours(NETS[net_name], SIDES[side_name])
    else:
        build = {"plain_keras": plain_keras, "plain_torch": plain_torch}
        side = SIDES[side_name]
        run, facts = build[side.module](NETS[net_name], side, net_name)
    run(2)  # tracing, compiling, choosing of kernels
    run(2)
    print(json.dumps({"ready": True, **facts}), file=answers, flush=True)
    for line in sys.stdin:
        seconds = run(int(line))
        print(json.dumps({"seconds": seconds}), file=answers, flush=True)


if __name__ == "__main__":
    main()
