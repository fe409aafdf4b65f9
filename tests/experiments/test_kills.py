"""Each script, killed outright twice at moments of chance, ends as if nothing had happened."""

import csv
import os
import random
import shutil
import time
import zipfile

import h5py
import pytest
import small_runs
from resuming import assert_same_end
from script_runs import run, started

from gan_keras import configs
from gan_keras.storage import checkpoints
from gan_keras.storage.metrics import read_metrics
from gan_keras.storage.run_folder import RunFolder

WATCHED = {"epochs": 3, "eval_samples": 4, "eval_every": 1, "checkpoint_minutes": 1e-3}
# What a score of the time or of the machine would differ in.
OF_A_SESSION = {"training", "environment"}
# The generator of `random` is seeded before each test.
CHANCE = random.SystemRandom()


def small(experiment, data_dir, workdir):
    if experiment == "gaussian":
        return small_runs.points(workdir, **WATCHED, keep_best="energy_distance")
    options = {"image_size": 0, "batch_size": 4, "steps_per_epoch": 6}
    options["keep_best"] = "distribution.frechet_classifier_features"
    return small_runs.acgan(data_dir, workdir, None, experiment, **{**options, **WATCHED})


def content(path):
    """What stands in a file, without times."""
    if path.suffix == ".keras":
        weights = {}
        with zipfile.ZipFile(path) as archive, h5py.File(archive.open("model.weights.h5")) as file:
            # not the names of layers, which count the layers that a process has made
            def note(name, found):
                if isinstance(found, h5py.Dataset):
                    weights[name] = found[...].tobytes()

            file.visititems(note)
            return archive.comment, weights
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        return [{k: v for k, v in row.items() if "seconds" not in k} for row in rows]
    return path.read_bytes()


def assert_same_run(whole, broken):
    assert_same_end(whole, broken)
    one, two = (RunFolder(config.workdir).path for config in (whole, broken))
    names = {
        str(path.relative_to(one))
        for path in one.rglob("*.*")
        if path.suffix in (".keras", ".csv", ".png") and path.name != "curves.png"
    }
    assert len(names) >= 5
    for name in names:
        assert content(one / name) == content(two / name), name
    first, second = map(read_metrics, (one, two))
    assert {k: v for k, v in first.items() if k not in OF_A_SESSION} == {
        k: v for k, v in second.items() if k not in OF_A_SESSION
    }
    assert (two / "report.html").exists()
    assert not list(two.rglob(".*.tmp*"))


@pytest.mark.slow
@pytest.mark.parametrize("experiment", configs.CONFIGS)
def test_killed_twice_ends_bit_equal(experiment, data_dir, tmp_path):
    whole, broken = (small(experiment, data_dir, tmp_path / name) for name in ("whole", "broken"))
    begin = time.monotonic()
    run(*whole.arguments(places=True))
    took = time.monotonic() - begin
    folder = RunFolder(broken.workdir)
    for _ in range(2):
        process = started(broken.arguments(places=True), tmp_path)
        process.join(moment := CHANCE.uniform(0, took))
        process.kill()
        process.join()
        step, ended = checkpoints.newest_step(folder.checkpoints), folder.metrics.exists()
        print(f"{experiment}: killed after {moment:.1f} of {took:.1f} s, {step=}, {ended=}")
    run(*broken.arguments(places=True))
    assert_same_run(whole, broken)

    copied = tmp_path / "copied"
    shutil.copytree(broken.workdir, copied, copy_function=shutil.copyfile)
    os.utime(copied / "generator.keras", (0, 0))
    again = run(*broken.replace(workdir=str(copied)).arguments(places=True))
    assert "is finished" in again.stdout
