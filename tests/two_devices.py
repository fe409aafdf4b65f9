"""Runs on two virtual CPU devices, in a process of its own: TensorFlow makes devices only once.

Usage: `two_devices.py equal CASE FOLDER` or `two_devices.py resume FOLDER`. FOLDER holds the data
set `demo`. The last line printed is what was found, as JSON.
"""

import contextlib
import json
import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import small_runs
import tensorflow as tf
from resuming import Killed, at_step, final_state

from gan_keras import configs
from gan_keras.data.pipeline import evaluation_batches, training_batches
from gan_keras.runs import training
from gan_keras.storage import checkpoints

# Adam divides a gradient by its own size; where the true one is 0, as of a bias before BatchNorm,
# it would make whole steps out of rounding. A large epsilon leaves them as small as they are.
CALM = {"epsilon": 0.01, "precision": "float32"}
POINTS = {"batch_size": 16, "packing": 2, "lr_decay": "linear", "lr_decay_steps": 8}
IMAGES = {"dataset": "demo", "networks": "digit_gan", "width_mult": 0.02, "batch_size": 8}
DENSE = IMAGES | {"networks": "dense", "width_mult": 0.05}
AUXILIARY = {"dataset": "demo", "width_mult": 0.05, "batch_size": 64, "penalty_every": 2}
TRICKS = {
    "minibatch_stddev": True,
    "minibatch_discrimination": 3,
    "feature_matching": 0.1,
    "pretraining": 2,
}
# case -> experiment, preset, options
CASES = {
    "z1": ("gaussian", "z1", POINTS),  # falling rates
    "ring": ("gaussian", "ring", POINTS),  # and BatchNorm in both, packs, updates at once
    "acgan": ("acgan", "compact", AUXILIARY | {"instance_noise": 0.1, "label_policy": "noisy"}),
    "dcgan": ("dcgan", None, IMAGES | {"d_dropout": 0.3}),
    "vanilla": ("vanilla", None, IMAGES | TRICKS),
    "wgan_gp": ("wgan_gp", None, DENSE | {"norm": "", "g_slope": 0.0, "n_critic": 2}),
}
STEPS = 4


def train(case, distribute, folder):
    """A few steps; returns the logs of each and of the test split, the state, and the model."""
    experiment, preset, options = CASES[case]
    options = {**CALM, "data_dir": folder, "distribute": distribute, **options}
    config = configs.config_class(experiment).create(preset, options)
    dataset = training.load_data(config)
    model = training.build(config, dataset.spec)
    deal = (config.n_critic, model.replicas)
    found = []

    def note(batch, logs):
        found.append({name: float(value) for name, value in logs.items()})

    history = model.fit(
        training_batches(dataset, config.images_per_step, config.seed, deal=deal),
        steps_per_epoch=STEPS,
        verbose=0,
        shuffle=False,
        validation_data=evaluation_batches(dataset, 7),  # the last batch is no multiple of 2
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=note)],
    )
    found.append({name: values[0] for name, values in history.history.items()})
    return found, {name: np.array(v) for name, v in model.state().items()}, model


def copies_differ(model):
    """Counts variables that are not the same on both devices, or have no copy on each."""
    copies = [getattr(v.value, "values", (0, 1)) for v in model.state().values()]
    return sum(not np.array_equal(*(np.array(copy) for copy in pair)) for pair in copies)


def equal(case, folder):
    """Compares a run on two devices with one on one device, and the devices with each other."""
    logs, state, _ = train(case, "none", folder)
    two_logs, two_state, model = train(case, "mirrored", folder)
    found = {
        "replicas": model.replicas,
        "steps": int(two_state["counters/000"]),
        "names": state.keys() == two_state.keys(),
        "losses": max(
            abs(one[name] - two[name]) / max(abs(one[name]), 0.1)
            for one, two in zip(logs, two_logs, strict=True)
            for name in one
        ),
        "weights": max(
            float(np.abs(a.astype(np.float64) - two_state[name]).max() / max(np.abs(a).max(), 0.1))
            for name, a in state.items()
            if name.split("/")[0] in ("generator", "discriminator", "averaged_generator")
        ),
        "copies_differ": copies_differ(model),
    }
    checkpoints.save(Path(folder) / "checkpoints", STEPS, state, {})
    checkpoints.restore_latest(Path(folder) / "checkpoints", model.state())
    found["loaded"] = all(np.array_equal(v, state[name]) for name, v in model.state().items())
    found["loaded_differ"] = copies_differ(model)
    return found


def run(folder, distribute="mirrored", killed_at=0):
    """Two epochs of points; returns the name and the arrays of the newest checkpoint."""
    size = {"steps_per_epoch": 10, "batch_size": 16, "log_every": 4}
    config = small_runs.points(folder, **size, distribute=distribute, **CALM)
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Killed):
        at_step(patch, killed_at)
        training.run(config)
    return final_state(config)


def resume(folder):
    """Two epochs on two devices, at a stretch or killed in between; then ended by one device."""
    _, whole = run(f"{folder}/whole")
    lost, _ = run(f"{folder}/broken", killed_at=16)
    shutil.copytree(f"{folder}/broken", f"{folder}/fewer")
    name, broken = run(f"{folder}/broken")
    _, fewer = run(f"{folder}/fewer", "none")
    return {
        "names": [lost, name],
        "resumed": all(np.array_equal(whole[n], broken[n]) for n in whole),
        "fewer": max(float(np.abs(whole[n].astype(np.float64) - fewer[n]).max()) for n in whole),
    }


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
    )
    action, *arguments = sys.argv[1:]
    print(json.dumps({"equal": equal, "resume": resume}[action](*arguments)))
