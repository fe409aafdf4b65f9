import dataclasses

import pytest

from gan_keras import configs
from gan_keras.configs.acgan import ACGANConfig
from gan_keras.configs.base import RunConfig
from gan_keras.foundation.errors import UsageError


def test_options_override_preset_which_overrides_defaults():
    config = ACGANConfig.create("original", {"lr": 1e-3})
    assert (config.networks, config.latent_dim, config.lr) == ("original", 100, 1e-3)
    assert ACGANConfig.create().networks == "compact"


def test_paths_are_expanded(monkeypatch):
    monkeypatch.setenv("HOME", "/home/u")
    config = ACGANConfig.create(options={"workdir": "~/x", "data_dir": "~"})
    assert (config.workdir, config.data_dir) == ("/home/u/x", "/home/u")


def test_original_preset_is_what_the_latex_writer_published():
    config = ACGANConfig.create("original")
    assert config.lr == 5e-5
    assert (config.beta_1, config.beta_2, config.epsilon) == (0.5, 0.999, 1e-8)
    assert (config.batch_size, config.latent, config.latent_dim) == (100, "uniform", 100)
    assert config.aux_on_fakes
    assert not config.share_fakes
    assert config.ema_decay == 0
    assert config.ink == "dark"


def test_keras_acgan_preset_is_the_latex_writer_on_mnist_but_four_times_as_fast():
    parent = ACGANConfig.create("keras_acgan").to_dict()
    child = ACGANConfig.create("original").to_dict()
    changed = {name: value for name, value in parent.items() if child[name] != value}
    assert changed == {
        "preset": "keras_acgan",
        "dataset": "mnist",
        "epochs": 50,
        "ink": "bright",
        "lr": 2e-4,
    }


def test_every_preset_is_valid():
    for experiment in configs.CONFIGS:
        cls = configs.config_class(experiment)
        for preset in cls.PRESETS:
            cls.create(preset)


def test_a_fixed_option_is_annotated_or_refused():
    with pytest.raises(TypeError, match="must annotate loss as ClassVar"):
        type("Config", (ACGANConfig,), {"loss": "hinge", "__annotations__": {}})


def test_alias_sets_its_option():
    assert ACGANConfig.create(options={"class_weighting": True}).class_sampling == "proportional"
    assert ACGANConfig.create(options={"class_weighting": False}).class_sampling == "uniform"
    both = {"class_weighting": True, "class_sampling": "proportional"}
    assert ACGANConfig.create(options=both).class_sampling == "proportional"


def test_alias_that_contradicts_its_option_is_refused():
    with pytest.raises(UsageError, match="--class_weighting.*--class_sampling=inverse"):
        ACGANConfig.create(options={"class_weighting": True, "class_sampling": "inverse"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0.0}, "--lr=0.0: must be more than 0"),
        ({"lr": float("nan")}, "finite"),
        ({"batch_size": 1}, "at least 2"),
        ({"batch_size": 2.5}, "expected int"),
        ({"latent": "cauchy"}, "normal, uniform"),
        ({"beta_1": 1.0}, "at most 0.9999"),
        ({"epochs": True}, "expected int"),
        ({"colour": 1}, "no option colour"),
        ({"picture_epochs": "1,x"}, "--picture_epochs=1,x: expected numbers"),
    ],
)
def test_bad_options_are_refused_in_one_line(options, message):
    with pytest.raises(UsageError, match=message) as caught:
        ACGANConfig.create(options=options)
    assert "\n" not in str(caught.value)


def test_unknown_preset_and_experiment():
    with pytest.raises(UsageError, match="compact, original, keras_acgan, transposed"):
        ACGANConfig.create("huge")
    with pytest.raises(UsageError, match="known: acgan"):
        configs.from_dict({"experiment": "nope"})


def test_dict_round_trip():
    config = ACGANConfig.create("transposed", {"seed": 5, "g_lr_mult": 1.5})
    assert configs.from_dict(config.to_dict()) == config


def test_options_that_an_experiment_no_longer_has_are_read_at_their_fixed_value():
    config = configs.config_class("wgan").create()
    old = {"loss": "wasserstein", "label_policy": "hard", "gan_train": False}
    assert configs.from_dict(config.to_dict() | old) == config
    with pytest.raises(UsageError, match="has no option label_policy"):
        configs.from_dict(config.to_dict() | {"label_policy": "soft"})


@pytest.mark.parametrize(
    ("experiment", "loss", "wanted"),
    [
        ("gaussian", "relativistic", 2.0),
        ("cgan", "wasserstein", 2.0),
        ("vanilla", "hinge", 1.0),
        ("progressive", "relativistic", 1.0),
        ("r3gan", "relativistic", 1.0),
    ],
)
def test_weights_beside_losses_on_pairs_have_doubled_since_version_0_1(experiment, loss, wanted):
    options = {"experiment": experiment, "loss": loss, "penalty_factor": 1.0}
    assert configs.upgraded(options)["penalty_factor"] == wanted


def test_identity_leaves_out_places_and_lengths():
    config = ACGANConfig.create()
    moved = config.replace(epochs=99, workdir="w", data_dir="d", checkpoint_minutes=1.0)
    assert moved.identity() == config.identity()
    assert config.replace(lr=1e-3).identity() != config.identity()


def test_run_name_tells_settings_apart():
    plain = ACGANConfig.create()
    names = {plain.run_name()}
    for options in ({"seed": 1}, {"lr": 1e-3}, {"class_sampling": "inverse"}, {"dataset": "demo"}):
        names.add(ACGANConfig.create(options=options).run_name())
    names.add(ACGANConfig.create("original").run_name())
    assert len(names) == 6
    assert plain.replace(epochs=100).run_name() == plain.run_name()
    assert ACGANConfig.create("original").run_name() == "crohme-original-seed=0"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"only_class": "("}, {"only_class": ")"}),
        ({"dataset": "folder:a/b"}, {"dataset": "folder:a_b"}),
        ({"only_class": "a-balance=True"}, {"only_class": "a", "balance": True}),
        ({"only_class": "x" * 300 + "a"}, {"only_class": "x" * 300 + "b"}),
        ({"only_class": "(" * 300}, {"only_class": ")" * 300}),
    ],
)
def test_what_no_file_name_can_hold_still_tells_settings_apart(one, other):
    assert (
        ACGANConfig.create(options=one).run_name() != ACGANConfig.create(options=other).run_name()
    )


def test_names_of_ordinary_settings_are_readable():
    options = {"g_lr_mult": 1.5, "class_sampling": "proportional", "lr": 1e-5}
    assert ACGANConfig.create(options=options).run_name() == (
        "crohme-lr=1e-05-g_lr_mult=1.5-class_sampling=proportional-seed=0"
    )


def test_the_command_makes_the_same_configuration():
    options = {"report": False, "g_lr_mult": 1.5, "dataset": "folder:my ink", "workdir": "w"}
    config = ACGANConfig.create("transposed", options)
    assert config.command() == (
        "python -m experiments.acgan --preset=transposed '--dataset=folder:my ink' --seed=0 "
        "--report=false --g_lr_mult=1.5"
    )
    assert ACGANConfig.create().command() == "python -m experiments.acgan --preset=compact --seed=0"


def test_run_name_is_a_file_name_whatever_the_options():
    for options in ({"dataset": "folder:/a/" + "x" * 300}, {"only_class": ",".join(["汉字"] * 40)}):
        name = ACGANConfig.create(options=options).run_name()
        assert "/" not in name
        assert ":" not in name
        assert len(name.encode()) <= 150


def test_every_option_has_help_and_a_checked_default():
    for field in dataclasses.fields(RunConfig):
        assert field.metadata["help"].endswith(".")
