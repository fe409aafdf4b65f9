import keras
import numpy as np
import pytest

from gan_keras import layers, networks
from gan_keras.layers import SpectralNorm, UpsampleConv2D
from gan_keras.networks import cost, progressive


def test_parameter_counts_of_the_original_are_the_published_ones():
    family = networks.CLASS_CONDITIONAL["original"]
    assert family.make_generator((28, 28, 1), 16).count_params() == 8_173_121
    assert family.make_discriminator((28, 28, 1), 16).count_params() == 601_105


def test_original_discriminator_uses_the_original_slope():
    net = networks.CLASS_CONDITIONAL["original"].make_discriminator((28, 28, 1), 10)
    slopes = [x.negative_slope for x in net.layers if isinstance(x, keras.layers.LeakyReLU)]
    assert slopes == pytest.approx([0.3] * 4)  # not 0.2, the default of "leaky_relu"


@pytest.mark.parametrize("family", networks.CLASS_CONDITIONAL)
@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3)])
def test_shapes_and_ranges(family, shape):
    module = networks.CLASS_CONDITIONAL[family]
    generator = module.make_generator(shape, 5, latent_dim=7, width_mult=0.1)
    discriminator = module.make_discriminator(shape, 5, width_mult=0.1)
    z = 10 * keras.ops.convert_to_tensor(np.random.default_rng(0).normal(size=(3, 7)), "float32")
    labels = keras.ops.convert_to_tensor([0, 4, 2], "int32")
    images = generator([z, labels])
    assert images.shape == (3, *shape)
    assert np.abs(images).max() <= 1
    inputs = [images, labels] if len(discriminator.inputs) == 2 else images
    source, classes = discriminator(inputs)
    assert source.shape == (3, 1)
    assert classes.shape == (3, 5)


@pytest.mark.parametrize("family", networks.CLASS_CONDITIONAL)
def test_width_scales_parameters_but_not_topology(family):
    module = networks.CLASS_CONDITIONAL[family]
    for make in (module.make_generator, module.make_discriminator):
        narrow, wide = make((28, 28, 1), 4, width_mult=0.25), make((28, 28, 1), 4)
        assert narrow.count_params() < wide.count_params() / 2
        kinds = [[type(layer) for layer in net.layers] for net in (narrow, wide)]
        assert kinds[0] == kinds[1]


@pytest.mark.parametrize("family", networks.CLASS_CONDITIONAL)
def test_heads_and_images_are_float32_under_bfloat16(family):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        module = networks.CLASS_CONDITIONAL[family]
        generator = module.make_generator((28, 28, 1), 3, width_mult=0.1)
        heads = module.make_discriminator((28, 28, 1), 3, width_mult=0.1).outputs
        assert [x.dtype for x in (*generator.outputs, *heads)] == ["float32"] * 3
        assert {v.dtype for v in generator.trainable_variables} == {"float32"}
    finally:
        keras.config.set_dtype_policy(before)


def test_sizes_that_do_not_halve_twice_are_refused():
    with pytest.raises(ValueError, match=r"multiples of 4.*30"):
        networks.CLASS_CONDITIONAL["original"].make_generator((30, 30, 1), 3)
    with pytest.raises(ValueError, match="at least 20 px"):
        networks.CLASS_CONDITIONAL["transposed"].make_generator((16, 16, 1), 3)


UPSAMPLING_GENERATORS = {
    "original": lambda make: make["original"].make_generator((28, 28, 1), 3, 5, 0.05),
    "upsampled": lambda make: make["upsampled"].make_generator((28, 28, 1), 3, 5, 0.1),
    "image_sets": lambda make: networks.build_images(
        "image_sets", (28, 28, 1), 5, width_mult=0.2, knobs={"upsampling": "resize"}
    )[0],
    "progressive": lambda make: progressive.make_generator((32, 32, 1), 5, 0.05),
}


@pytest.mark.parametrize("family", UPSAMPLING_GENERATORS)
def test_fused_upsampling_has_the_plain_pairs_function_and_weights(family):
    fused = UPSAMPLING_GENERATORS[family](networks.CLASS_CONDITIONAL)
    assert any(isinstance(layer, UpsampleConv2D) for layer in fused.layers)
    plain = layers.portable(fused)  # as it is exported
    assert not any(isinstance(layer, UpsampleConv2D) for layer in plain.layers)
    assert [w.shape for w in plain.weights] == [w.shape for w in fused.weights]
    z = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    inputs = [z, np.array([0, 1, 2, 0])] if len(fused.inputs) == 2 else z
    for one, other in zip(
        keras.tree.flatten(fused(inputs)), keras.tree.flatten(plain(inputs)), strict=True
    ):
        # float32 sums in another order; normalisation of few channels near zero makes more of it:
        # 6e-5 of the largest value at most, in twelve seeds. Another function is off by all of it.
        np.testing.assert_allclose(one, other, rtol=0, atol=5e-4 * np.abs(other).max())


def test_multiplications_by_hand():
    net = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(5, 3, 2, padding="same"),  # 4 x 4 outputs of 3 x 3 x 3 x 5
            keras.layers.BatchNormalization(),
            keras.layers.Conv2DTranspose(2, 4, 2, padding="same"),  # 4 x 4 inputs of 4 x 4 x 5 x 2
            UpsampleConv2D(1, 3),  # 8 x 8 inputs of 4 x 4 x 2
            keras.layers.Flatten(),
            SpectralNorm(keras.layers.Dense(7)),  # 16 x 16 by 7
        ]
    )
    known = 16 * 135 + 16 * 160 + 64 * 32 + 256 * 7
    assert cost.multiplications(net) == known
    outer = keras.Sequential([keras.Input((8, 8, 3)), net, keras.layers.Dense(2)])
    assert cost.multiplications(outer) == known + 14
