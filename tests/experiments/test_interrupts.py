"""Ctrl-C as a terminal sends it: to the script and to the `tee` that reads its words."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from resuming import assert_same_end, final_state
from script_runs import environment

from gan_keras import configs

STEPS = 100
COMMON = [
    "--dataset=digits", "--width_mult=0.1", "--batch_size=8", f"--steps_per_epoch={STEPS}",
    "--eval_samples=0", "--epochs=3", "--picture_epochs=99",
]  # fmt: skip
OPTIONS = dict.fromkeys(configs.CONFIGS, COMMON) | {
    "gaussian": ["--steps_per_epoch=4000", "--eval_samples=0", "--epochs=6", "--picture_epochs=99"],
}


def train(script, workdir, stop_after=None):
    """Trains through a pipe, stopped some seconds after the first epoch; returns the exit code."""
    command = [sys.executable, "-m", f"experiments.{script}", f"--workdir={workdir}"]
    pipe = 'trap : INT; "$@" 2>&1 | tee $0; exit ${PIPESTATUS[0]}'
    process = subprocess.Popen(
        ["bash", "-c", pipe, f"{workdir}.log", *command, *OPTIONS[script]],
        env=environment(),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        # a shell may have started the tests with Ctrl-C ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    if stop_after is not None:
        while not any(workdir.glob("checkpoints/step_*.npz")) and process.poll() is None:
            time.sleep(0.05)
        time.sleep(stop_after)
        os.killpg(process.pid, signal.SIGINT)
    return process.wait(timeout=300)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("script", configs.CONFIGS)
def test_ctrl_c_through_a_pipe_saves_and_resumes_bit_equal(script, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert train(script, whole) == 0
    assert train(script, broken, random.Random(script).uniform(0.1, 0.4)) == 130
    stopped = final_state(broken)[0]
    print(script, stopped)
    assert stopped != final_state(whole)[0]
    assert train(script, broken) == 0
    assert_same_end(whole, broken)
