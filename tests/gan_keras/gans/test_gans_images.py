"""The image GANs with one logit an image: what holds for every variant and preset of theirs."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from training_steps import changed, check_state, check_updates, values

from gan_keras import configs, gans, networks
from gan_keras.configs.images import ImageGANConfig
from gan_keras.data.dataset import DataSpec
from gan_keras.foundation.errors import UsageError
from gan_keras.networks.common import Condition

SPEC = DataSpec((28, 28, 1), tuple("abc"), (30, 20, 10))
VARIANTS = [
    name for name in configs.CONFIGS if issubclass(configs.config_class(name), ImageGANConfig)
]
PRESETS = [(name, preset) for name in VARIANTS for preset in configs.config_class(name).PRESETS]

# (experiment, preset, image shape, network) -> published parameters, trainable or all
GREY, COLOUR, LARGE = (28, 28, 1), (32, 32, 3), (64, 64, 1)
PUBLISHED = {
    ("vanilla", "digit_gan", GREY, "generator", "trainable"): 328_812,
    ("vanilla", "digit_gan", GREY, "generator", "all"): 328_962,
    ("vanilla", "digit_gan", GREY, "discriminator", "all"): 3_265_409,
    ("vanilla", "dense", GREY, "generator", "all"): 114_064,
    ("vanilla", "dense", GREY, "discriminator", "all"): 100_609,
    ("dcgan", "image_sets", GREY, "generator", "all"): 93_009,
    ("dcgan", "image_sets", GREY, "discriminator", "all"): 633_073,
    ("dcgan", "image_sets", COLOUR, "generator", "all"): 351_427,
    ("dcgan", "image_sets", COLOUR, "discriminator", "all"): 3_179_473,
    ("wgan_gp", "initials_january", LARGE, "generator", "all"): 3_166_976,
    ("wgan_gp", "initials_january", LARGE, "discriminator", "all"): 2_765_312,
    ("wgan_gp", "initials_february", LARGE, "generator", "all"): 3_166_976,
    ("wgan_gp", "initials_february", LARGE, "discriminator", "all"): 2_765_312,
}


def config(experiment, preset=None, **options):
    options = {"width_mult": 0.1, "batch_size": 6, "precision": "float32", **options}
    return configs.config_class(experiment).create(preset, options)


def make(experiment, preset=None, spec=SPEC, **options):
    keras.utils.set_random_seed(0)
    return gans.build(config(experiment, preset, **options), spec)


def batch(gan, n=6, seed=0):
    """Images for one step, with their labels."""
    random = np.random.default_rng(seed)
    n *= gan.config.n_critic
    images = random.uniform(-1, 1, (n, *gan.generator.output.shape[1:])).astype(np.float32)
    return tf.constant(images), tf.constant(random.integers(0, 3, n).astype(np.int32))


def known(experiment, **options):
    """The options that an experiment has."""
    fields = configs.config_class(experiment).option_fields()
    return {name: value for name, value in options.items() if name in fields}


def few_updates(experiment):
    """Two updates of a critic a step where it has five, which take the time of the step."""
    return {"n_critic": 2} if experiment in ("wgan", "wgan_gp") else {}


def parameters(network, what):
    """Parameters without the seeds of dropout, which Keras keeps in variables as well."""
    variables = network.trainable_variables if what == "trainable" else network.variables
    return sum(int(np.prod(v.shape)) for v in variables if "seed" not in v.path)


def test_parameter_counts_are_the_published_ones(capsys):
    rows, wrong = [], []
    for key, published in PUBLISHED.items():
        experiment, preset, shape, network, what = key
        spec = DataSpec(shape, SPEC.class_names, SPEC.class_counts)
        gan = make(experiment, preset, spec, width_mult=1.0)
        count = parameters(getattr(gan, network), what)
        size = "x".join(map(str, shape))
        rows.append(
            f"{experiment:8} {preset:18} {size:8} {network:13} {what:9} {count:>9,} {published:>9,}"
        )
        wrong += [key] if count != published else []
    with capsys.disabled():
        print("\nvariant  preset             image    network       counted        ours published")
        print("\n".join(rows))
    assert not wrong


@pytest.mark.parametrize(("experiment", "preset"), PRESETS)
def test_each_update_changes_all_of_its_own_network_and_nothing_else(experiment, preset):
    gan = make(experiment, preset, pretraining=0, **few_updates(experiment))
    # two steps: what lies behind a layer that starts at zero moves in the second only
    order = check_updates(gan, [batch(gan, seed=number) for number in range(2)])
    assert order[-1] == "g_optimizer"
    assert order.count("g_optimizer") == 2
    assert order.index("g_optimizer") >= gan.config.n_critic
    assert int(gan.steps) == 2


# Those without and with labels, and the one with paired logits: all others share their test step.
@pytest.mark.parametrize("experiment", ["vanilla", "cgan", "r3gan"])
def test_a_test_step_changes_nothing_and_repeats(experiment):
    gan = make(experiment, value_range="signed", **known(experiment, packing=2))
    gan.train_step(batch(gan))
    images, labels = batch(gan, 13)
    images, labels = images[:13], labels[:13]
    state = {name: np.array(v) for name, v in gan.state().items() if "metrics" not in name}
    first = gan.evaluate(images, labels, batch_size=5, verbose=0, return_dict=True)
    assert first == gan.evaluate(images, labels, batch_size=5, verbose=0, return_dict=True)
    assert set(first) == set(gan.METRICS) - set(gan.TRAIN_METRICS)
    for name, variable in gan.state().items():
        if name in state:
            np.testing.assert_array_equal(state[name], np.array(variable), err_msg=name)


@pytest.mark.parametrize("experiment", VARIANTS)
def test_a_step_depends_on_nothing_but_the_state(experiment):
    tools = {"ema_decay": 0.9, **known(experiment, replay=8), **few_updates(experiment)}
    one, two = make(experiment, **tools), make(experiment, **tools)
    check_state(one, two, [batch(one, seed=number) for number in range(3)])


@pytest.mark.parametrize(("experiment", "options", "message"), [
    ("dcgan", {"penalty": "r1"}, "has no option penalty"),
    ("vanilla", {"loss": "relativistic"}, "--loss=relativistic: choose one of non_saturating"),
    ("wgan", {"loss": "hinge", "label_policy": "soft"}, "has no option label_policy, loss"),
    ("wgan", {"weight_clip": 0.0}, "--weight_clip=0.0: must be more than 0"),
    ("wgan_gp", {"penalty": "none"}, "has no option penalty"),
    ("cgan", {"packing": 2}, "has no option packing"),
    ("vanilla", {"packing": 4}, "--batch_size=6 must be a multiple of --packing=4"),
    ("vanilla", {"preset": "dense", "penalty": "r1"}, "cannot be used with --separate_updates"),
    ("vanilla", {"norm": "layer"}, "--networks=digit_gan has no --norm"),
    ("dcgan", {"preset": "image_sets", "depth": 7}, "--depth must be from 2 to 6"),
    ("dcgan", {"preset": "image_sets", "init_std": 0.1}, "init_std belongs to"),
])  # fmt: skip
def test_what_cannot_be_had_is_refused_in_one_line(experiment, options, message):
    with pytest.raises(UsageError, match=message) as caught:
        make(experiment, options.pop("preset", None), **options)
    assert "\n" not in str(caught.value)


def convolutions(network):
    kinds = (keras.layers.Conv2D, keras.layers.Conv2DTranspose)
    return [layer for layer in network.layers if isinstance(layer, kinds)]


@pytest.mark.parametrize("depth", range(2, 7))
def test_depth_builds_as_many_convolutions(depth):
    gan = make("dcgan", "image_sets", depth=depth)
    assert len(convolutions(gan.generator)) == len(convolutions(gan.discriminator)) == depth


def test_knobs_reach_the_networks():
    options = {"upsampling": "resize", "kernel_size": 3, "stride": 1, "init_std": 0.5}
    gan = make("dcgan", "image_sets", init="normal", **options)
    assert not any(isinstance(x, keras.layers.Conv2DTranspose) for x in gan.generator.layers)
    layers = [*convolutions(gan.generator), *convolutions(gan.discriminator)]
    assert {layer.kernel_size for layer in layers} == {(3, 3)}
    assert {layer.strides for layer in layers} == {(1, 1)}
    assert np.std(layers[-1].kernel) == pytest.approx(0.5, rel=0.3)
    few = make("vanilla", width_mult=1.0, d_features=8, kernel_size=3).discriminator
    assert [layer.filters for layer in convolutions(few)] == [8, 16]


def test_each_change_of_february_is_a_flag_of_its_own():
    january = configs.config_class("wgan_gp").create("initials_january").to_dict()
    february = configs.config_class("wgan_gp").create("initials_february").to_dict()
    differ = {name for name in january if january[name] != february[name]}
    assert differ == {"preset", "g_dropout", "instance_noise", "init"}
    gan = make("wgan_gp", "initials_february")
    assert sum(isinstance(x, keras.layers.Dropout) for x in gan.generator.layers) == 2
    assert gan.discriminator.layers[-1].get_config()["activation"] == "sigmoid"
    leaky = make("wgan_gp", "initials_february", g_slope=0.2, sigmoid=False)
    slopes = [
        x.negative_slope for x in leaky.generator.layers if isinstance(x, keras.layers.LeakyReLU)
    ]
    assert slopes == pytest.approx([0.2] * 2)
    assert leaky.discriminator.layers[-1].name == "logit"


def test_shared_optimizer_bug_is_what_the_notebook_did():
    sane = make("vanilla", pretraining=0)
    bug = make("vanilla", pretraining=0, shared_optimizer_bug=True)
    assert bug.g_optimizer is bug.d_optimizer
    assert float(sane.g_optimizer.learning_rate) == pytest.approx(1e-4)
    assert float(bug.g_optimizer.learning_rate) == pytest.approx(3e-4)
    for gan in (sane, bug):
        g = values(gan.generator.trainable_variables)
        for number in range(2):
            gan.train_step(batch(gan, seed=number))
        assert all(changed(g, gan.generator.trainable_variables))
    assert int(sane.d_optimizer.iterations) == int(sane.g_optimizer.iterations) == 2
    assert int(bug.d_optimizer.iterations) == 4  # one count for both, two updates a step


def judged(gan, data):
    """What the discriminator is shown in a step, call by call."""
    calls, original = [], gan.discriminate
    gan.discriminate = lambda images, *args: calls.append(images) or original(images, *args)
    gan.train_step(data)
    return calls


def test_critic_updates_have_images_and_noise_of_their_own():
    gan = make("wgan", n_critic=3)
    images, labels = batch(gan)
    calls = judged(gan, (images, labels))
    reals, fakes = calls[0:6:2], calls[1:6:2]
    np.testing.assert_array_equal(np.concatenate(reals), images)
    assert not np.array_equal(fakes[0], fakes[1])
    assert int(gan.d_optimizer.iterations) == 3
    assert int(gan.g_optimizer.iterations) == 1


@pytest.mark.parametrize(
    ("experiment", "options"),
    [("wgan", {"n_critic": 3}), ("dcgan", {}), ("vanilla", {"separate_updates": True})],
)
def test_both_rates_fall_with_the_steps_however_many_updates(experiment, options):
    falls = {"lr": 1e-3, "g_lr_mult": 1.0, "lr_decay": "linear", "lr_decay_steps": 4}
    gan = make(experiment, **falls, **options)
    gan.train_step(batch(gan))
    assert int(gan.d_optimizer.iterations.numpy()) > 1
    for optimizer in (gan.g_optimizer, gan.d_optimizer):
        assert float(optimizer.learning_rate) == pytest.approx(0.75e-3)


def test_batch_norm_sees_pure_batches():
    """The discriminator's logits of reals do not depend on the fakes, whatever normalises."""
    gan = make("dcgan")
    images, labels = batch(gan)
    calls = judged(gan, (images, labels))
    np.testing.assert_array_equal(calls[0], images)
    assert len(calls[1]) == len(images)
    assert not np.isin(np.array(calls[1]), np.array(images)).any()


@pytest.mark.parametrize("how", ["concatenation", "projection"])
def test_the_class_reaches_both_networks(how):
    gan = make("cgan", conditioning=how)
    gan.train_step(batch(gan))
    z, images = gan.sample_latent(1, tf.constant([0, 0])), batch(gan, 1)[0]
    one, two = (gan.generator([z, tf.constant([k])]) for k in (0, 1))
    assert not np.array_equal(one, two)
    one, two = (gan.discriminate(images, tf.constant([k]), False) for k in (0, 1))
    assert not np.array_equal(one, two)


def test_unit_range_means_a_sigmoid_unless_told_otherwise():
    last = lambda gan: gan.generator.layers[-1].get_config()["activation"]  # noqa: E731
    assert last(make("vanilla")) == "sigmoid"
    assert last(make("dcgan")) == "tanh"
    assert last(make("dcgan", value_range="unit")) == "sigmoid"
    assert last(make("wgan_gp", "initials_january")) == "tanh"


def test_every_family_is_an_option_and_takes_labels_either_way():
    assert set(ImageGANConfig.option_fields()["networks"].metadata["choices"]) == set(
        networks.IMAGES
    )


@pytest.mark.parametrize("family", networks.IMAGES)
@pytest.mark.parametrize("how", ["", "concatenation", "projection"])
def test_shapes_ranges_and_precision_of_the_families(family, how):
    condition = Condition(5, how) if how else None
    shape = (32, 32, 3)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        generator, discriminator = networks.build_images(
            family, shape, 7, width_mult=0.1, output="sigmoid", condition=condition
        )
    finally:
        keras.config.set_dtype_policy(before)
    z = 10 * tf.random.stateless_normal((4, 7), seed=(0, 0))
    labels = [tf.constant([0, 4, 2, 1])] if how else []
    images = generator([z, *labels] if how else z)
    assert images.shape == (4, *shape)
    assert images.dtype == tf.float32
    assert 0 <= np.min(images) <= np.max(images) <= 1
    logits = discriminator([images, *labels] if how else images)
    assert (logits.shape, logits.dtype) == ((4, 1), tf.float32)
    assert {v.dtype for v in generator.trainable_variables} == {"float32"}
