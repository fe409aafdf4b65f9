"""The options name exactly what the registries hold: neither can drift from the other."""

import pytest

from gan_keras import configs, networks
from gan_keras.configs import tools
from gan_keras.configs.acgan import ACGANConfig
from gan_keras.configs.gaussian import GaussianConfig
from gan_keras.steps import augment, latents, losses, targets


def choices(config_class, name):
    return set(config_class.option_fields()[name].metadata["choices"])


@pytest.mark.parametrize(
    ("name", "registry"),
    [
        ("loss", losses.LOSSES),
        ("label_policy", targets.POLICIES),
        ("latent", latents.LATENTS),
    ],
)
def test_choices_are_the_registrys_rows(name, registry):
    assert choices(GaussianConfig, name) == set(registry)


def test_losses_with_targets():
    wanted = {name for name, loss in losses.LOSSES.items() if loss.uses_targets}
    assert set(tools.WITH_TARGETS) == wanted


def test_networks_are_the_registrys_rows():
    assert choices(ACGANConfig, "networks") == set(networks.CLASS_CONDITIONAL)


def test_augmentations_are_the_registrys_rows():
    for name in augment.DIFF_AUGMENT:
        ACGANConfig.create(options={"diff_augment": name})
    with pytest.raises(configs.UsageError, match="any of color, cutout, translation"):
        ACGANConfig.create(options={"diff_augment": "colour"})
