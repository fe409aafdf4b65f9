"""Schematics: the layers they show, the caption, the file."""

import pytest
from PIL import Image

from gan_keras import configs, gans
from gan_keras.data.dataset import DataSpec
from gan_keras.samples import schematics


def built(experiment, preset, **options):
    config = configs.config_class(experiment).create(preset, options)
    return gans.build(config, DataSpec((28, 28, 1), tuple("abcd"), (1,) * 4))


def test_the_way_through_a_plain_network():
    gan = built("vanilla", "digit_gan")
    found = schematics.blocks(gan.discriminator)
    operations = ["conv 5x5", "pool", "conv 5x5", "pool", "dense", "dense"]
    assert [block.operation for block in found] == operations
    assert [block.shape for block in found[2:5]] == [(14, 14, 64), (7, 7, 64), (1024,)]


def test_what_only_modulates_or_shortens_the_way_is_left_out():
    gan = built("acgan", "compact")
    found = [block.operation for block in schematics.blocks(gan.generator)]
    assert found == ["dense", "conv 3x3", "transposed conv 4x4 x2", "transposed conv 4x4 x2"]
    gan = built("r3gan", "compact", width_mult=0.1)
    way = [block.operation for block in schematics.blocks(gan.discriminator)]
    assert way.count("pool") == 2
    assert way.count("conv 3x3") == 7  # two in each of three blocks, and the first one
    # layers of a wrapper are seen
    gan = built("cgan", "projection", width_mult=0.1)
    kinds = [block.kind for block in schematics.blocks(gan.discriminator)]
    assert kinds == ["conv", "conv", "dense"]


def test_the_caption_names_the_tools_that_are_on():
    text = schematics.caption(configs.config_class("acgan").create("compact"))
    assert "penalty r1" in text
    assert "instance_noise" not in text
    text = schematics.caption(configs.config_class("wgan_gp").create("paper"))
    assert "loss wasserstein" in text
    assert "n_critic 5" in text


@pytest.mark.parametrize("experiment", ["ae_acgan", "progressive", "gaussian"])
def test_a_picture_is_written(experiment, tmp_path):
    config = configs.config_class(experiment).create(None, {"width_mult": 0.1})
    schematics.draw(config, tmp_path / "nets.png")
    with Image.open(tmp_path / "nets.png") as picture:
        assert picture.width > 400
        assert len(picture.getcolors(1 << 20)) > 3  # more than text on white
