"""Tells whether two source trees train alike: every preset, three steps, bit by bit.

    git worktree add /tmp/before COMMIT
    python -m experiments.benchmarks.same_state /tmp/before .

Both trees train on the same processor, one process each; a table says for each preset how many
arrays of state there are and whether all are equal. `--options PATTERN:name=value` changes an
option of the second tree where it has another meaning there. The exit status is 1 if any differs.
"""

import argparse
import fnmatch
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

STEPS = 3
SMALL = {"width_mult": 0.1, "batch_size": 6, "precision": "float32"}
# Three steps pass from the first size to the fade of the second.
GROWTH = {"stable_steps": 1, "fade_steps": 2}


def train(experiment: str, preset: str, changes: dict[str, str]) -> dict[str, np.ndarray]:
    """All state of a preset after some steps, by name."""
    import keras
    import tensorflow as tf

    from gan_keras import configs, gans
    from gan_keras.data.dataset import DataSpec

    kind = configs.config_class(experiment)
    growth = GROWTH if experiment == "progressive" else {}
    values = kind.create(preset).to_dict()
    given = {name: type(values[name])(value) for name, value in changes.items()}
    config = kind.create(preset, {**SMALL, **growth, **given})
    side = config.image_size or 28
    shape = (2,) if experiment == "gaussian" else (side, side, 1)
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    gan = gans.build(config, DataSpec(shape, tuple("abc"), (30, 20, 10)))
    step = tf.function(gan.train_step, autograph=False)
    for number in range(STEPS):
        random = np.random.default_rng(number)
        images = random.uniform(0.0, 1.0, (config.images_per_step, *shape)).astype(np.float32)
        labels = random.integers(0, 3, len(images)).astype(np.int32)
        step((tf.constant(images), tf.constant(labels)))
    return {name: keras.ops.convert_to_numpy(v) for name, v in gan.state().items()}


def train_all(out: Path, options: list[str]) -> None:
    """Writes the state of each preset of the tree in this folder."""
    from gan_keras import configs

    for experiment in configs.CONFIGS:
        for preset in configs.config_class(experiment).PRESETS:
            name, changes = f"{experiment}-{preset}", {}
            for option in options:
                pattern, _, text = option.rpartition(":")
                if fnmatch.fnmatch(name, pattern):
                    changes |= dict(word.split("=") for word in text.split(","))
            state: dict[str, Any] = train(experiment, preset, changes)
            np.savez(out / f"{name}.npz", **state)


def difference(one: dict[str, np.ndarray], two: dict[str, np.ndarray]) -> str:
    """Says what differs between two states; nothing if they are equal."""
    if one.keys() != two.keys():
        return f"other names: {sorted(one.keys() ^ two.keys())[:3]}"
    wrong = [name for name in one if not np.array_equal(one[name], two[name])]
    return f"{len(wrong)} differ: {', '.join(wrong[:3])}" if wrong else ""


def main() -> int:
    """Trains one tree, or compares two; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trees", nargs="+", type=Path)
    parser.add_argument("--options", action="append", default=[], help="PATTERN:name=value,...")
    parser.add_argument("--out", type=Path, help="only train the tree in this folder")
    given = parser.parse_args()
    if given.out:
        sys.path.insert(0, str(given.trees[0]))
        train_all(given.out, given.options)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        outs = [Path(folder) / name for name in ("before", "after")]
        for tree, out in zip(given.trees, outs, strict=True):
            out.mkdir()
            options = [f"--options={o}" for o in given.options] if out.name == "after" else []
            command = [sys.executable, __file__, str(tree.resolve()), f"--out={out}", *options]
            subprocess.run(command, cwd=tree, check=True)
        names = sorted({path.name for out in outs for path in out.iterdir()})
        differ = 0
        for name in names:
            if not all((out / name).exists() for out in outs):
                found = "only in one tree"
            else:
                one, two = (dict(np.load(out / name)) for out in outs)
                found = difference(one, two)
            differ += bool(found)
            print(f"{name.removesuffix('.npz'):28} {len(one):4} arrays  {found or 'equal'}")
        print(f"{len(names) - differ} equal, {differ} not")
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
