"""Schematics: the layers they show, the caption, the file."""

import pytest
from PIL import Image

from gan_keras import configs, gans
from gan_keras.data.dataset import DataSpec
from gan_keras.foundation.errors import UsageError
from gan_keras.samples import schematics


def built(experiment, preset=None, shape=(28, 28, 1), **options):
    config = configs.config_class(experiment).create(preset, options)
    spec = DataSpec(shape, tuple("abcd"), (1,) * 4)
    return gans.build(config, spec), config


def test_the_way_through_a_plain_network():
    gan, _ = built("vanilla", "digit_gan")
    found = schematics.blocks(gan.discriminator)
    assert [(block.operation, block.shape) for block in found] == [
        ("conv 5x5", (28, 28, 32)),
        ("pool", (14, 14, 32)),
        ("conv 5x5", (14, 14, 64)),
        ("pool", (7, 7, 64)),
        ("dense", (1024,)),
        ("dense", (1,)),
    ]


def test_what_only_modulates_or_shortens_the_way_is_left_out():
    gan, _ = built("acgan", "compact")
    assert [block.operation for block in schematics.blocks(gan.generator)] == [
        "dense",
        "transposed conv 4x4 x2",
        "transposed conv 4x4 x2",
    ]
    gan, _ = built("r3gan", "compact", width_mult=0.1)
    way = [block.operation for block in schematics.blocks(gan.discriminator)]
    assert way.count("pool") == 2
    assert way.count("conv 3x3") == 7  # two in each of three blocks, and the first one


def test_wrapped_layers_are_seen():
    gan, _ = built("cgan", "projection", width_mult=0.1)
    assert [block.kind for block in schematics.blocks(gan.discriminator)] == [
        "conv",
        "conv",
        "dense",
    ]


def test_the_caption_names_the_tools_that_are_on():
    _, config = built("acgan", "compact")
    text = schematics.caption(config)
    assert "penalty r1" in text
    assert "instance_noise" not in text
    _, config = built("wgan_gp", "paper")
    assert "loss wasserstein" in schematics.caption(config)
    assert "n_critic 5" in schematics.caption(config)


@pytest.mark.parametrize("experiment", ["ae_acgan", "progressive", "gaussian"])
def test_a_picture_is_written(experiment, tmp_path):
    config = configs.config_class(experiment).create(None, {"width_mult": 0.1})
    schematics.draw(config, tmp_path / "nets.png")
    with Image.open(tmp_path / "nets.png") as picture:
        assert picture.width > 400
        assert len(picture.getcolors(1 << 20)) > 3  # more than text on white
    assert [path.name for path in tmp_path.iterdir()] == ["nets.png"]


def test_images_that_cannot_be_are_refused(tmp_path):
    with pytest.raises(UsageError, match="multiples of 4"):
        schematics.draw(configs.config_class("acgan").create(), tmp_path / "nets.png", 27)
    assert not list(tmp_path.iterdir())
