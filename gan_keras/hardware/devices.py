"""Precision, seeds and determinism of a process."""

from pathlib import Path

import keras
import tensorflow as tf

from gan_keras.foundation.errors import UsageError

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


def set_up(precision: str, seed: int, deterministic: bool) -> None:
    """Sets the process up for one run.

    Args:
        precision: `float32` or `bfloat16`; variables are float32 with both.
        seed: Of initial weights and dropout.
        deterministic: Whether to refuse kernels whose results depend on timing.
    """
    set_up_keras()
    keras.backend.clear_session()  # layer names, and so checkpoints, start from the same numbers
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(POLICIES[precision])
    if deterministic:
        tf.config.experimental.enable_op_determinism()
