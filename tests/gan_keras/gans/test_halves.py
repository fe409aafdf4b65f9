"""Asks of each tool and each half of the training step whether the tool reaches it.

A step has an update of the discriminator and one of the generator. With a tool and without it, from
the same weights, images and seeds, each update must differ exactly where the tool's definition says
so. The generator's update follows the discriminator's and depends on it; so the network that is not
asked about is held still, at a learning rate of 0, and both runs show it to the other alike.
"""

import dataclasses
import functools
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_keras import configs, gans
from gan_keras.data.dataset import DataSpec

IMAGES = DataSpec((8, 8, 1), tuple("abc"), (30, 20, 10))
GROWING = DataSpec((16, 16, 1), ("a",), (30,))  # the smallest there is, of one stage
POINTS = DataSpec((2,), ("a",), (60,))

# All tools off, on small networks; a high rate, so that a step shows.
SMALL = {"batch_size": 24, "precision": "float32", "lr": 0.01, "g_lr_mult": 1.0}
DENSE = {"width_mult": 0.1, "networks": "dense", "init": "", "norm": "", "optimizer": "adam"}
BARE = {
    "acgan": {
        "width_mult": 0.05, "ema_decay": 0.0, "penalty": "none",
        "lr_decay": "constant", "lr_decay_steps": 0,
    },
    # Without dropout: its draws move on with each look at an image, also at one more for a penalty.
    "ae_acgan": {"width_mult": 0.05, "label_policy": "hard", "init_std": 0.1, "dropout": 0.0},
    "cgan": {**DENSE, "loss": "non_saturating", "spectral_norm": False},
    "dcgan": DENSE,
    "gaussian": {},
    "progressive": {
        "width_mult": 0.05, "latent_dim": 8, "loss": "non_saturating", "penalty": "none",
        "ema_decay": 0.0,
    },
    "r3gan": {**DENSE, "ema_decay": 0.0, "penalty": "none"},
    "vanilla": {**DENSE, "pretraining": 0, "value_range": "signed"},
    "wgan": {**DENSE, "n_critic": 1, "value_range": "signed"},
    "wgan_gp": {**DENSE, "n_critic": 1},
}  # fmt: skip

# Each path that a training step can take -> its experiment and the options that lead there.
PATHS = {
    **{name: (name, {}) for name in BARE},
    "acgan_own_fakes": ("acgan", {"share_fakes": False}),
    "cgan_concatenation": ("cgan", {"conditioning": "concatenation"}),
    "gaussian_at_once": ("gaussian", {"simultaneous": True}),
    "gaussian_paired": ("gaussian", {"loss": "relativistic"}),
    "progressive_paired": ("progressive", {"loss": "relativistic"}),
    "vanilla_separate": ("vanilla", {"separate_updates": True}),
    "vanilla_shared": ("vanilla", {"fakes": "shared"}),
}
VARIANTS, ALL = tuple(BARE), tuple(PATHS)


@dataclasses.dataclass(frozen=True)
class Tool:
    """Options that turn a tool on, and the halves of a step that it changes.

    Attributes:
        options: Option -> value.
        discriminator: Whether the discriminator's update differs.
        generator: Whether the generator's update differs.
        steps: Steps until it does.
        paths: Those that are asked, where they have the options.
        exceptions: Path -> `(discriminator, generator)` where it is otherwise.
    """

    options: dict[str, Any]
    discriminator: bool
    generator: bool
    steps: int = 1
    paths: tuple[str, ...] = VARIANTS
    exceptions: dict[str, tuple[bool, bool]] = dataclasses.field(default_factory=dict)


# What is the same function for all, as targets are, is tried in all its forms on one path and in
# some on the others.
TOOLS = {
    # The saturating form is the generator's alone.
    "minimax": Tool({"loss": "minimax"}, False, True, paths=("vanilla",)),
    "hinge": Tool({"loss": "hinge"}, True, True),
    "least_squares": Tool({"loss": "least_squares"}, True, True, paths=("vanilla",)),
    "wasserstein": Tool({"loss": "wasserstein"}, True, True, paths=("progressive", "vanilla")),
    "relativistic": Tool(
        {"loss": "relativistic"}, True, True, paths=("gaussian", "gaussian_at_once", "progressive")
    ),
    "squared_hellinger": Tool({"loss": "squared_hellinger"}, True, True, paths=("vanilla",)),
    # Some policies leave the generator its target of 1.
    "one_sided": Tool({"label_policy": "one_sided"}, True, False),
    "two_sided": Tool({"label_policy": "two_sided"}, True, True, paths=ALL),
    "soft": Tool({"label_policy": "soft"}, True, False, paths=("acgan", "vanilla")),
    "soft_once": Tool({"label_policy": "soft_once"}, True, True, paths=("vanilla",)),
    "flipped": Tool({"label_policy": "flipped"}, True, True, paths=("vanilla",)),
    "flipped_soft": Tool({"label_policy": "flipped_soft"}, True, True, paths=("vanilla",)),
    "flipped_soft_once": Tool({"label_policy": "flipped_soft_once"}, True, True, paths=("dcgan",)),
    "noisy": Tool({"label_policy": "noisy"}, True, False, steps=2, paths=("vanilla",)),
    # Penalties are on the discriminator's slope. WGAN-GP has its own always.
    "gradient_penalty": Tool(
        {"penalty": "gradient_penalty"}, True, False,
        paths=tuple(path for path in ALL if path != "wgan_gp"),
    ),
    "r1": Tool({"penalty": "r1"}, True, False, paths=("acgan", "r3gan", "vanilla")),
    "r2": Tool({"penalty": "r2"}, True, False, paths=("acgan", "r3gan", "vanilla")),
    "r1_r2": Tool({"penalty": "r1_r2"}, True, False, paths=("gaussian", "r3gan")),
    "penalty_factor": Tool({"penalty_factor": 3.0}, True, False, paths=("wgan_gp",)),
    "weight_clip": Tool({"weight_clip": 0.005}, True, False),
    # The discriminator sees changed images in both halves.
    "instance_noise": Tool({"instance_noise": 0.3}, True, True, paths=ALL),
    "translation": Tool({"diff_augment": "translation"}, True, True, paths=("acgan", "vanilla")),
    "color": Tool({"diff_augment": "color"}, True, True, paths=("vanilla",)),
    "cutout": Tool({"diff_augment": "cutout"}, True, True, paths=("vanilla",)),
    # The mean of one place pulls nowhere: the third update is the first that it changes.
    "historical_averaging": Tool({"historical_averaging": 1e3}, True, True, steps=3, paths=ALL),
    # The generator is updated beside the last batch, which alone the step without the tool is
    # given; on images of its own, or on those that the discriminator saw last.
    "n_critic": Tool(
        {"n_critic": 2}, True, False, paths=ALL,
        exceptions={"gaussian_at_once": (True, True), "vanilla_shared": (True, True)},
    ),
    # In the first step there is nothing to show again.
    "replay": Tool({"replay": 24}, True, False, steps=2, paths=ALL),
    "feature_matching": Tool({"feature_matching": 1.0}, False, True, paths=ALL),
    # Parts of the discriminator, which both updates go through.
    "packing": Tool({"packing": 2}, True, True, paths=("gaussian", "vanilla", "r3gan")),
    "spectral_norm": Tool({"spectral_norm": True}, True, True, paths=("cgan", "gaussian")),
    "minibatch_stddev": Tool({"minibatch_stddev": True}, True, True, paths=("gaussian", "wgan_gp")),
    "minibatch_discrimination": Tool(
        {"minibatch_discrimination": 3}, True, True, paths=("dcgan", "gaussian")
    ),
    # The average is made of the generator, and nothing is made of it.
    "ema": Tool({"ema_decay": 0.9}, False, False, steps=2, paths=("acgan", "vanilla")),
    "g_lr_mult": Tool(
        {"g_lr_mult": 2.0}, False, True,
        paths=("acgan", "ae_acgan", "gaussian", "progressive", "vanilla"),
    ),
    "lr": Tool({"lr": 0.02, "g_lr_mult": 0.5}, True, False, paths=("gaussian", "vanilla")),
    "epsilon": Tool({"epsilon": 1e-2}, True, True, paths=("acgan", "vanilla")),
    "sgd": Tool({"optimizer": "sgd"}, True, True, paths=("gaussian", "vanilla")),
    # What one variant has.
    "class_sampling": Tool(
        {"class_sampling": "inverse"}, True, True, paths=("acgan", "acgan_own_fakes", "ae_acgan")
    ),
    "aux_on_fakes": Tool({"aux_on_fakes": True}, True, False, paths=("acgan", "acgan_own_fakes")),
    "no_aux_on_fakes": Tool({"aux_on_fakes": False}, True, False, paths=("ae_acgan",)),
    "d_class_weight": Tool({"d_class_weight": 3.0}, True, False, paths=ALL),
    "g_class_weight": Tool({"g_class_weight": 3.0}, False, True, paths=ALL),
    "drift": Tool({"drift": 1.0}, True, False),
    "separate_updates": Tool({"separate_updates": True}, True, False, paths=("vanilla",)),
    "shared": Tool({"fakes": "shared"}, False, True, paths=("vanilla", "vanilla_separate")),
    "at_once": Tool({"simultaneous": True}, False, True, paths=("gaussian", "gaussian_paired")),
}  # fmt: skip


def available(path, **options):
    """Whether a path has options: its configuration names them and their values."""
    experiment, way = PATHS[path]
    fields = configs.config_class(experiment).option_fields()
    if options.keys() & way.keys() or not options.keys() <= fields.keys():
        return False
    choices = {name: fields[name].metadata["choices"] for name in options}
    if any(choices[name] and value not in choices[name] for name, value in options.items()):
        return False
    # What two options do not do together.
    if way.get("separate_updates") and "penalty" in options:
        return False
    return not (way.get("loss") == "relativistic" and "label_policy" in options)


CASES = [
    (path, name)
    for path in PATHS
    for name, tool in TOOLS.items()
    if path in tool.paths and available(path, **tool.options)
]
# Tools that the variants' own code calls; others are asked on the cheapest variants.
IN_THE_STEP = (
    "instance_noise", "one_sided", "two_sided", "gradient_penalty", "replay", "feature_matching",
    "n_critic", "class_sampling", "aux_on_fakes", "no_aux_on_fakes", "d_class_weight",
    "g_class_weight", "drift",
)  # fmt: skip


def marked(path, name):
    """A case, slow where it says little that others do not."""
    slow = name not in IN_THE_STEP and path not in ("gaussian", "vanilla", "wgan_gp")
    # These share most of their code with another path.
    shared = path not in VARIANTS or path in ("ae_acgan", "r3gan", "wgan")
    slow |= shared and name not in ("instance_noise", "two_sided", "replay", "gradient_penalty")
    return pytest.param(path, name, marks=pytest.mark.slow if slow else ())


@dataclasses.dataclass(frozen=True)
class Run:
    """What some steps have come to.

    Attributes:
        networks: Name -> trained variables.
        logs: The metrics of each step.
    """

    networks: dict[str, list[np.ndarray]]
    logs: list[dict[str, float]]


@functools.lru_cache(maxsize=2)  # a path without a tool, and with the one that is asked about
def built(path, options):
    """A GAN, all its state at the start, and its configuration.

    Args:
        path: A key of `PATHS`.
        options: Those of a tool, as pairs.
    """
    experiment, way = PATHS[path]
    kind = configs.config_class(experiment)
    config = kind.create(None, {**SMALL, **BARE[experiment], **way, **dict(options)})
    spec = {"gaussian": POINTS, "progressive": GROWING}.get(experiment, IMAGES)
    keras.utils.set_random_seed(0)
    gan = gans.build(config, spec)
    for layer in gan.discriminator.layers:
        if isinstance(layer, keras.layers.GaussianNoise):
            layer.stddev = 0.0  # off, as dropout
    return gan, {name: np.copy(v.numpy()) for name, v in gan.state().items()}, config


def inputs(path, options=()):
    """Images and labels of a step: a batch for each of the discriminator's updates.

    Seen from the end the batches are the same however many there are.
    """
    gan, _, config = built(path, options)
    batches = []
    for number in range(config.images_per_step // config.batch_size):
        random = np.random.default_rng(number)
        shape = (config.batch_size, *gan.generator.outputs[-1].shape[1:])
        images = random.uniform(-1, 1, shape).astype(np.float32)
        batches.insert(0, (images, random.integers(0, 3, len(images)).astype(np.int32)))
    images, labels = (np.concatenate(each) for each in zip(*batches, strict=True))
    return images, labels


def run(path, options=(), *, still=(), steps=1, prepare=None):
    """Makes some steps from the start, all on the same images.

    Args:
        path: A key of `PATHS`.
        options: Those of a tool, as pairs.
        still: Networks that are not updated.
        steps: How many.
        prepare: Changes the GAN before the first step.
    """
    gan, start, _ = built(path, options)
    for name, variable in gan.state().items():
        variable.assign(start[name])
    if prepare is not None:
        prepare(gan)
    optimizers = {"generator": gan.g_optimizer, "discriminator": gan.d_optimizer}
    for network in still:
        optimizers[network].learning_rate.assign(0.0)
    data = tuple(tf.constant(each) for each in inputs(path, options))
    logs = []
    for _ in range(steps):
        logs.append({name: float(value) for name, value in gan.train_step(data).items()})
    assert all(np.isfinite(value) for each in logs for value in each.values())
    networks = {
        name: [np.copy(v.numpy()) for v in getattr(gan, name).trainable_variables]
        for name in ("generator", "discriminator", "encoder")
        if hasattr(gan, name)
    }
    return Run(networks, logs)


OTHER = {"generator": "discriminator", "discriminator": "generator"}
cached = functools.cache(run)


def asked(path, options, network, steps=1, prepare=None):
    """A run that asks about the update of one network: the other one is held still.

    Runs are remembered: many tests compare with the path without a tool.
    """
    pairs = tuple(sorted(options.items()))
    return cached(path, pairs, still=(OTHER[network],), steps=steps, prepare=prepare)


def differ(one, two):
    """Whether two lists of arrays differ in a number or a shape."""
    return len(one) != len(two) or not all(map(np.array_equal, one, two))


def shrink_discriminator(gan):
    """Brings its weights into the box of `weight_clip`, where clipping leaves them still."""
    variables = gan.discriminator.trainable_variables
    largest = max(np.abs(v.numpy()).max() for v in variables)
    for variable in variables:
        variable.assign(0.004 / largest * variable)


def test_every_variant_has_its_row():
    assert BARE.keys() == configs.CONFIGS.keys()


@pytest.mark.parametrize("network", ["discriminator", "generator"])
@pytest.mark.parametrize(("path", "name"), [marked(*case) for case in CASES])
def test_a_tool_changes_the_updates_that_it_is_about(path, name, network):
    tool = TOOLS[name]
    expected = tool.exceptions.get(path, (tool.discriminator, tool.generator))
    prepare = shrink_discriminator if (name, network) == ("weight_clip", "generator") else None
    on, off = (
        asked(path, options, network, tool.steps, prepare).networks[network]
        for options in (tool.options, {})
    )
    assert differ(on, off) == expected[network == "generator"]


@pytest.mark.parametrize("path", [path for path in PATHS if path != "wgan"])  # which clips
def test_one_network_moves_and_the_other_is_held_still(path):
    """That the table above isolates what it asks about."""
    start = cached(path, steps=0).networks
    for network in OTHER:
        end = asked(path, {}, network).networks
        assert differ(start[network], end[network])
        if path != "ae_acgan":  # whose auto-encoder moves the generator too
            assert not differ(start[OTHER[network]], end[OTHER[network]])


# Tool -> the scores that it changes: of reals, of fakes. They are given before the update.
SCORES = {
    "instance_noise": (True, True),
    "translation": (True, True),
    "replay": (False, True),
    "class_sampling": (False, True),
    "gradient_penalty": (False, False),
}


@pytest.mark.parametrize(("path", "name"), [case for case in CASES if case[1] in SCORES])
def test_the_discriminator_is_shown_what_the_tool_says(path, name):
    tool = TOOLS[name]
    on, off = (
        asked(path, options, "discriminator", tool.steps).logs[-1] for options in (tool.options, {})
    )
    found = tuple(on[score] != off[score] for score in ("real_score", "fake_score"))
    assert found == SCORES[name]


# Elsewhere the discriminator has learnt from the reals before it sees fakes.
@pytest.mark.parametrize("path", [p for p, name in CASES if name == "one_sided" and p != "dcgan"])
def test_targets_are_those_of_their_half(path):
    on, off = (
        asked(path, options, "discriminator").logs[0]
        for options in (TOOLS["one_sided"].options, {})
    )
    assert on["d_real"] != off["d_real"]
    assert on["d_fake"] == off["d_fake"]
