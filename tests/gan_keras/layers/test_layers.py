"""Layers: known answers, equality with the plain pair, and save and reload."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_keras import layers
from gan_keras.layers import UpsampleConv2D

# each layer with the shape(s) of an input, batch axis aside
EXAMPLES = {
    "UpsampleConv2D": (
        lambda: UpsampleConv2D(3, 5, factor=2, activation="relu", use_bias=True),
        (4, 4, 2),
    ),
    "SpectralNorm": (lambda: layers.SpectralNorm(keras.layers.Conv2D(3, 3)), (4, 4, 2)),
    "MinibatchDiscrimination": (lambda: layers.MinibatchDiscrimination(3, 2), (5,)),
    "MinibatchStdDev": (lambda: layers.MinibatchStdDev(), (4, 4, 2)),
    "GroupStdDev": (lambda: layers.GroupStdDev(group_size=4), (4, 4, 2)),
    "Dropout": (lambda: layers.Dropout(0.5), (4, 4, 2)),
    "GaussianNoise": (lambda: layers.GaussianNoise(0.5), (4, 4, 2)),
    "BatchNormalization": (lambda: layers.BatchNormalization(momentum=0.8), (4, 4, 2)),
}


def model_of(name):
    make, shape = EXAMPLES[name]
    layer = make()
    inputs = keras.Input(shape)
    return keras.Model(inputs, layer(inputs))


def example_input(name, n=4):
    return np.random.default_rng(0).normal(size=(n, *EXAMPLES[name][1])).astype("float32")


def test_every_layer_has_an_example():
    defined = {
        name
        for name, value in vars(layers).items()
        if isinstance(value, type) and issubclass(value, keras.layers.Layer)
    }
    assert defined == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_save_and_reload(name, tmp_path):
    model = model_of(name)
    model.set_weights([w + 0.1 for w in model.get_weights()])
    path = tmp_path / "model.keras"
    model.save(path)
    again = keras.saving.load_model(path)
    # through JSON, where a tuple and a list are the same
    configs = [json.dumps(m.layers[-1].get_config(), sort_keys=True) for m in (again, model)]
    assert configs[0] == configs[1]
    x = example_input(name)
    np.testing.assert_array_equal(again(x), model(x))


@pytest.mark.parametrize("name", EXAMPLES)
def test_static_shape_is_the_real_one_in_eager_and_graph(name):
    model, x = model_of(name), example_input(name)
    eager, graph = model(x, training=True), tf.function(model)(x)
    assert eager.shape == graph.shape
    assert model.output_shape[1:] == tuple(eager.shape)[1:]


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.filterwarnings("ignore:.*mixed.*")
def test_mixed_precision_computes_in_bfloat16_with_float32_weights(name):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = model_of(name)
    finally:
        keras.config.set_dtype_policy("float32")
    outputs = tf.function(model)(example_input(name))
    assert outputs.dtype == tf.bfloat16
    assert np.isfinite(tf.cast(outputs, tf.float32)).all()
    assert all(weight.dtype == "float32" for weight in model.weights)


def pair_and_fused(kernel_size, factor, shape, policy="float32", **kwargs):
    """The same function twice: (callable, variables) of the fused layer and of the plain pair."""
    fused = UpsampleConv2D(
        4,
        kernel_size,
        factor=factor,
        bias_initializer=keras.initializers.RandomNormal(seed=1),
        kernel_initializer=keras.initializers.GlorotUniform(seed=2),
        dtype=policy,
        **kwargs,
    )
    fused.build(shape)
    conv = fused.plain()
    conv.build((shape[0], shape[1] * factor, shape[2] * factor, shape[3]))
    conv.set_weights(fused.get_weights())
    upsample = keras.layers.UpSampling2D(factor, dtype=policy)
    return (fused, fused.trainable_variables), (
        lambda x: conv(upsample(x)),
        conv.trainable_variables,
    )


def value_and_gradients(function, variables, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.cast(function(x), tf.float32)
        # a loss whose gradient differs from place to place
        weights = tf.reshape(tf.sin(tf.range(tf.size(y), dtype=tf.float32)), tf.shape(y))
        loss = tf.reduce_sum(y * weights)
    return [y, *tape.gradient(loss, [x, *variables])]


@pytest.mark.parametrize("factor", [1, 2, 3, 4])
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 5, 6, 7, (3, 5), (4, 1)])
def test_fused_upsampling_equals_the_plain_pair(kernel_size, factor):
    x = tf.constant(np.random.default_rng(0).normal(size=(2, 4, 3, 3)), tf.float32)
    fused, plain = pair_and_fused(kernel_size, factor, x.shape, activation="tanh")
    for one, other in zip(
        value_and_gradients(*fused, x), value_and_gradients(*plain, x), strict=True
    ):
        assert one.shape == other.shape
        # float32 sums of up to 12 * 9 * 2 terms in another order
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("kernel_size", [3, 5])
def test_fused_upsampling_in_bfloat16_is_as_exact_as_the_plain_pair(kernel_size):
    x = tf.constant(np.random.default_rng(0).normal(size=(4, 6, 6, 16)), tf.float32)
    fused, plain = pair_and_fused(kernel_size, 2, x.shape, policy="mixed_bfloat16")
    exact, _ = pair_and_fused(kernel_size, 2, x.shape)
    results = [value_and_gradients(*each, x) for each in (fused, plain, exact)]
    for one, other, truth in zip(*results, strict=True):
        scale = np.std(truth)
        error = np.std(tf.cast(one, tf.float32) - truth) / scale
        plain_error = np.std(tf.cast(other, tf.float32) - truth) / scale
        assert error < max(2.0 * plain_error, 0.01)


@pytest.mark.parametrize(
    "bad",
    [
        {"padding": "valid"},
        {"strides": 2},
        {"dilation_rate": 2},
        {"groups": 2},
        {"data_format": "channels_first"},
    ],
)
def test_fused_upsampling_refuses_what_it_cannot_do(bad):
    with pytest.raises(ValueError, match=rf"{next(iter(bad))}.*Received"):
        UpsampleConv2D(4, 3, **bad)


# A subpixel convolution has one tap of the low resolution for every `factor` places.
@pytest.mark.parametrize(
    ("kernel_size", "kind"),
    [(n, "DepthToSpace" if n in (1, 4, 5, 8, 9) else "Conv2DBackpropInput") for n in range(1, 10)],
)
def test_fused_upsampling_is_a_convolution_where_that_costs_no_more(kernel_size, kind):
    layer = UpsampleConv2D(4, kernel_size)
    graph = tf.function(layer).get_concrete_function(tf.zeros((2, 6, 6, 3))).graph
    kinds = {op.type for op in graph.get_operations()}
    assert kinds & {"Conv2DBackpropInput", "DepthToSpace"} == {kind}


def test_multiplications_of_the_fused_layer():
    layer = UpsampleConv2D(128, 5)
    # 9 multiplications for each of 28 x 28 outputs and each pair of channels
    assert layer.multiplications((None, 14, 14, 256)) == 28 * 28 * 9 * 256 * 128


def make_generator(kind):
    blocks = [
        keras.layers.Dense(3 * 3 * 4, activation="relu"),
        keras.layers.Reshape((3, 3, 4)),
        UpsampleConv2D(6, 3, activation="relu", name="up_1"),
        layers.BatchNormalization(),
        UpsampleConv2D(1, 5, activation="tanh", name="up_2"),
    ]
    z, labels = keras.Input((5,), name="z"), keras.Input((), dtype="int32", name="labels")
    x = keras.layers.Multiply()([z, keras.layers.Embedding(4, 5)(labels)])
    if kind == "nested":
        inner = y = keras.Input((5,))
        for block in blocks:
            y = block(y)
        return keras.Model([z, labels], keras.Model(inner, y, name="trunk")(x), name="generator")
    for block in blocks:
        x = block(x)
    return keras.Model([z, labels], x, name="generator")


@pytest.mark.parametrize("kind", ["functional", "nested"])
def test_plain_clone(kind, tmp_path):
    model = make_generator(kind)
    model.set_weights([w + 0.05 for w in model.get_weights()])
    copy = layers.plain_clone(model)
    z = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
    inputs = [z, np.array([0, 1, 3])]
    np.testing.assert_allclose(copy(inputs), model(inputs), rtol=1e-5, atol=1e-6)
    assert copy.count_params() == model.count_params()
    for one, other in zip(copy.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    flat = copy.get_layer("trunk").layers if kind == "nested" else copy.layers
    assert not any(isinstance(layer, UpsampleConv2D) for layer in flat)
    assert sum(isinstance(layer, keras.layers.UpSampling2D) for layer in flat) == 2
    assert copy.name == model.name
    # a copy, not a view
    copy.set_weights([w * 0 for w in copy.get_weights()])
    assert np.any(model.get_weights()[0])
    copy.save(tmp_path / "plain.keras")
    assert "gan_keras" not in copy.to_json()


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Dense(7),
        keras.layers.Conv2D(7, 3),
        keras.layers.Conv2DTranspose(7, 4, strides=2),
        UpsampleConv2D(7, 3),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_spectral_norm_against_svd(layer):
    norm = layers.SpectralNorm(layer)
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
    norm(x)
    kernel = np.random.default_rng(1).normal(size=layer.kernel.shape).astype("float32")
    layer.kernel.assign(kernel)
    iterate = tf.function(lambda: norm(x, training=True))
    for _ in range(100):
        iterate()
    largest = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]
    normalised = norm(x)
    np.testing.assert_array_equal(layer.kernel, kernel)  # the weight itself stays
    # no bias yet, so the output scales with the kernel
    np.testing.assert_allclose(normalised, layer(x) / largest, rtol=1e-3, atol=1e-5)


def test_spectral_norm_changes_only_its_vector_and_only_in_training():
    norm = layers.SpectralNorm(keras.layers.Dense(5))
    x = tf.ones((2, 3))
    norm(x)
    before = [w.numpy() for w in norm.weights]
    norm(x, training=False)
    for old, new in zip(before, norm.weights, strict=True):
        np.testing.assert_array_equal(old, new)
    norm(x, training=True)
    changed = [
        w.name for old, w in zip(before, norm.weights, strict=True) if not np.array_equal(old, w)
    ]
    assert changed == ["vector_u"]
    assert [w.name for w in norm.trainable_variables] == ["kernel", "bias"]


def test_spectral_norm_gradient_flows_through_sigma():
    # one column: sigma = ||w||, output x w / ||w||, whose gradient along w is 0
    norm = layers.SpectralNorm(keras.layers.Dense(1, use_bias=False))
    norm.build((None, 2))
    norm.layer.kernel.assign([[3.0], [4.0]])
    with tf.GradientTape() as tape:
        value = norm(tf.constant([[1.0, 0.0]]))
    np.testing.assert_allclose(value, [[0.6]], rtol=1e-6)
    gradient = tape.gradient(value, norm.layer.kernel.value)
    # d/dw (w_1 / ||w||) = (1/5 - 9/125, -12/125)
    np.testing.assert_allclose(gradient, [[0.128], [-0.096]], rtol=1e-5)


def test_minibatch_discrimination_by_hand():
    layer = layers.MinibatchDiscrimination(num_kernels=2, kernel_dim=1)
    layer.build((None, 1))
    layer.kernel.assign([[1.0, 2.0]])
    outputs = layer(tf.constant([[0.0], [1.0], [3.0]]))
    # kernel 1: distances 1, 3, 2; kernel 2: twice that; each with itself: 1
    e = np.exp
    wanted = [
        [0, 1 + e(-1) + e(-3), 1 + e(-2) + e(-6)],
        [1, 1 + e(-1) + e(-2), 1 + e(-2) + e(-4)],
        [3, 1 + e(-3) + e(-2), 1 + e(-6) + e(-4)],
    ]
    np.testing.assert_allclose(outputs, wanted, rtol=1e-5)
    with pytest.raises(ValueError, match="batch, features"):
        layers.MinibatchDiscrimination()(np.ones((2, 3, 3, 1)))


def test_minibatch_std_dev_by_hand():
    # features (0, 2) and (4, 8): deviations 1 and 2, mean 1.5
    x = tf.constant([[0.0, 4.0], [2.0, 8.0]])
    np.testing.assert_allclose(layers.MinibatchStdDev()(x), [[0, 4, 1.5], [2, 8, 1.5]], rtol=1e-6)


def test_minibatch_std_dev_gradient_of_a_collapsed_batch_is_finite():
    x = tf.Variable(tf.ones((4, 2, 2, 1)))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(layers.MinibatchStdDev()(x)[..., -1])
    assert np.isfinite(tape.gradient(y, x)).all()


def test_group_deviation_by_hand():
    layer = layers.GroupStdDev(group_size=2, epsilon=0.0)
    # four examples of one pixel and two channels: groups (0, 2), (1, 1) and (5, 5), (3, 7)
    values = np.array([[0, 1], [2, 1], [5, 3], [5, 7]], np.float32).reshape(4, 1, 1, 2)
    np.testing.assert_allclose(layer(values), [[1, 0], [1, 0], [0, 2], [0, 2]], atol=1e-6)


@pytest.mark.parametrize("half", [1, 9, 16, 20, 64])
def test_group_deviation_never_mixes_the_halves(half):
    random = np.random.default_rng(0)
    real = random.normal(size=(half, 2, 2, 3)).astype(np.float32)
    fakes = [random.normal(size=real.shape).astype(np.float32) for _ in range(2)]
    layer = layers.GroupStdDev()
    one, two = (layer(np.concatenate([real, fake])).numpy()[:half] for fake in fakes)
    np.testing.assert_array_equal(one, two)
    assert one.shape == (half, 3)


@pytest.mark.parametrize("batch", [4, 8, 24])
def test_group_deviation_of_a_known_batch_is_that_of_an_unknown_one(batch):
    layer = layers.GroupStdDev(group_size=4)
    x = tf.random.stateless_normal((batch, 3, 2, 5), [1, 2])
    unknown = tf.function(layer, input_signature=[tf.TensorSpec((None, 3, 2, 5))])
    np.testing.assert_allclose(layer(x), unknown(x), rtol=1e-5)
