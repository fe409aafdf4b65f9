"""Precision, seeds and determinism of a process."""

import contextlib
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common import global_state
from tensorflow.python.eager import context
from tensorflow.python.framework import config as tf_config
from tensorflow.python.framework import ops

from gan_keras.foundation.errors import UsageError

# The settings below belong to the whole process: of several threads one at a time changes them.
_TURN = threading.RLock()
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
# Settings of Keras as they must be; the last two are limits for debugging, which cut epochs short.
KERAS = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "max_epochs": None,
    "max_steps_per_epoch": None,
}


def resolve_precision(precision: str) -> str:
    """Turns `auto` into what this machine is fastest with.

    Args:
        precision: `auto`, `float32` or `bfloat16`.

    Returns:
        `bfloat16` on GPUs with tensor cores for it and on processors with AMX or AVX512-BF16, else
        `float32`: without such instructions bfloat16 is far slower.
    """
    if precision != "auto":
        return precision
    for gpu in tf.config.list_physical_devices("GPU"):
        capability = tf.config.experimental.get_device_details(gpu).get("compute_capability")
        return "bfloat16" if capability and capability >= (8, 0) else "float32"
    return "bfloat16" if _processor_flags() & {"amx_bf16", "avx512_bf16"} else "float32"


def _processor_flags() -> set[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return set()
    return next((set(line.split()) for line in lines if line.startswith("flags")), set())


def mirrored() -> list[str]:
    """Names of the devices that `--distribute=mirrored` trains on.

    Returns:
        All GPUs; where there is none the CPUs, one unless TensorFlow was told to make several.
    """
    found = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return [device.name for device in found]


def check_keras() -> None:
    """Checks settings of Keras that networks and training depend on.

    Raises:
        UsageError: If one differs.
    """
    for name, value in {"backend": "tensorflow", **KERAS}.items():
        if (found := getattr(keras.config, name)()) != value:
            raise UsageError(
                f"Keras has {name}={found!r} (from keras.json, the environment or keras.config), "
                f"and gan_keras works with {value!r} only"
            )


def set_up_keras() -> None:
    """Sets these settings, whatever keras.json and the environment say.

    Raises:
        UsageError: If Keras runs on another backend, which it cannot change any more.
    """
    for name, value in KERAS.items():
        getattr(keras.config, f"set_{name}")(value)
    keras.config.set_dtype_policy("float32")  # may have been made of another floatx
    check_keras()


@contextlib.contextmanager
def set_up(precision: str, seed: int, deterministic: bool) -> Iterator[None]:
    """Makes the process what a run needs, and in the end what it was before.

    That is Keras' dtype policy and other global state, the random state of Python, NumPy and
    TensorFlow, and determinism. While one thread is inside, others wait.

    Args:
        precision: `float32`, `bfloat16` or `auto`; variables are float32 with all.
        seed: Of initial weights and dropout.
        deterministic: Whether to refuse kernels whose results depend on timing.
    """
    with _TURN, _put_back(), determinism(deterministic):
        # Layer names start from the same numbers. Not within another run or a strategy's scope,
        # which live in what would be cleared.
        if not (_is_set_up() or tf.distribute.has_strategy()):
            keras.backend.clear_session()
        set_up_keras()
        global_state.set_global_attribute(_MARK, True)
        keras.utils.set_random_seed(seed)
        keras.config.set_dtype_policy(POLICIES[resolve_precision(precision)])
        yield


@contextlib.contextmanager
def determinism(wanted: bool) -> Iterator[None]:
    """Refuses kernels whose results depend on timing while it lasts, if that is wanted."""
    before = tf_config.is_op_determinism_enabled()
    if wanted:
        tf.config.experimental.enable_op_determinism()
    try:
        yield
    finally:
        if not before:
            tf_config.disable_op_determinism()


_MARK = "gan_keras_set_up"


def _is_set_up() -> bool:
    """Whether this thread is inside of `set_up`."""
    return bool(global_state.get_global_attribute(_MARK))


@contextlib.contextmanager
def _put_back() -> Iterator[None]:
    """Puts global state back, for which Keras and TensorFlow have no public way."""
    trackers = ("GLOBAL_STATE_TRACKER", "GLOBAL_SETTINGS_TRACKER")
    # `clear_session` replaces the trackers, so they are looked up anew.
    kept = {name: dict(vars(getattr(global_state, name))) for name in trackers}
    settings = {name: getattr(keras.config, name)() for name in KERAS}
    python, numpy = random.getstate(), np.random.get_state()
    eager = context.context()
    seed, rng = eager._seed, getattr(eager, "_rng", None)  # none before the first seed
    gradients = ops.gradient_registry._registry
    registered = set(gradients)
    try:
        yield
    finally:
        # TensorFlow (2.21) keeps what `tf.custom_gradient` registers in each trace, and the trace.
        for name in gradients.keys() - registered:
            if name.startswith("CustomGradient-"):
                del gradients[name]
        for name, values in kept.items():
            tracker = vars(getattr(global_state, name))
            tracker.clear()
            tracker.update(values)
        for name, value in settings.items():
            getattr(keras.config, f"set_{name}")(value)
        random.setstate(python)
        np.random.set_state(numpy)
        eager._set_global_seed(seed)
        if rng is not None:
            eager._rng = rng
