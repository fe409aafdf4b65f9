import keras
import numpy as np
import pytest

from gan_keras import networks

# (family, z) -> parameters at 28x28x1 and 16 classes
PUBLISHED = {
    ("original", "generator"): 8_173_121,
    ("original", "discriminator"): 601_105,
}


@pytest.mark.parametrize(("family", "net"), PUBLISHED)
def test_parameter_counts_are_the_published_ones(family, net):
    module = networks.class_conditional(family)
    make = getattr(module, f"make_{net}")
    assert make((28, 28, 1), 16).count_params() == PUBLISHED[family, net]


def test_original_discriminator_uses_the_original_slope():
    net = networks.class_conditional("original").make_discriminator((28, 28, 1), 10)
    slopes = [x.negative_slope for x in net.layers if isinstance(x, keras.layers.LeakyReLU)]
    assert slopes == pytest.approx([0.3] * 4)  # not 0.2, the default of "leaky_relu"


@pytest.mark.parametrize("family", networks.CLASS_CONDITIONAL)
@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3)])
def test_shapes_and_ranges(family, shape):
    module = networks.class_conditional(family)
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
    module = networks.class_conditional(family)
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
        module = networks.class_conditional(family)
        generator = module.make_generator((28, 28, 1), 3, width_mult=0.1)
        heads = module.make_discriminator((28, 28, 1), 3, width_mult=0.1).outputs
        assert [x.dtype for x in (*generator.outputs, *heads)] == ["float32"] * 3
        assert {v.dtype for v in generator.trainable_variables} == {"float32"}
    finally:
        keras.config.set_dtype_policy(before)


def test_sizes_that_do_not_halve_twice_are_refused():
    with pytest.raises(ValueError, match=r"multiples of 4.*30"):
        networks.class_conditional("original").make_generator((30, 30, 1), 3)
    with pytest.raises(ValueError, match="at least 20 px"):
        networks.class_conditional("transposed").make_generator((16, 16, 1), 3)


def test_unknown_family():
    with pytest.raises(ValueError, match="Received: networks='huge'"):
        networks.class_conditional("huge")
