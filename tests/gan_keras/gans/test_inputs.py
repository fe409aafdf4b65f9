"""What `fit` takes, what it makes of it, and what it refuses in one line; compile, save, export."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_keras import configs, gans
from gan_keras.data.dataset import DataSpec
from gan_keras.data.pipeline import scale
from gan_keras.foundation.errors import DataError, UsageError

SPEC = DataSpec((8, 8, 1), tuple("0123456789"), (5,) * 10)
GREY = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 1), np.uint8)
CLASSES = np.arange(20) % 10
SIGNED = np.asarray(scale(GREY))


def make(experiment="cgan", spec=SPEC, **options):
    small = {"width_mult": 0.05, "batch_size": 10, "precision": "float32", **options}
    if experiment not in ("acgan", "gaussian"):
        small = {"networks": "dense", "norm": "", "init": "", **small}
    return gans.build(configs.config_class(experiment).create(None, small), spec)


def batches(*data, size=10):
    return tf.data.Dataset.from_tensor_slices(data).batch(size)


def history(gan, *data):
    return gan.fit(batches(*data), epochs=2, verbose=0).history


def weights(gan):
    return [np.array(v) for v in gan.state().values()]


@pytest.fixture(scope="module")
def cgan():
    """Refuses all that it is given."""
    return make()


@pytest.fixture(scope="module")
def fitted():
    """Means of two epochs on batches as the suite makes them."""
    return history(make(), SIGNED, CLASSES.astype(np.int32))


@pytest.mark.parametrize("data", [
    (GREY, CLASSES.astype(np.int64)),  # as TFDS has them
    (SIGNED.astype(np.float64), CLASSES[:, None].astype(np.uint8)),
])  # fmt: skip
def test_every_form_of_the_same_data_gives_the_same_training(fitted, data):
    found = history(make(), *data)
    for name, means in fitted.items():
        assert found[name] == pytest.approx(means, rel=1e-4, abs=1e-6), name


def test_a_step_of_ones_own_loop_takes_the_same_forms():
    values = [
        make().train_step((tf.constant(images[:10]), tf.constant(CLASSES[:10])))["d_loss"]
        for images in (GREY, SIGNED)
    ]
    assert float(values[0]) == pytest.approx(float(values[1]), rel=1e-5)


@pytest.mark.parametrize(("data", "message"), [
    (batches({"image": GREY, "label": CLASSES}), r"got dict\(image, label\): .*as_supervised"),
    (batches(GREY), "cgan needs a label for each image"),
    (batches(GREY.astype(np.int32), CLASSES), r"uint8 .*, or floats in \[-1, 1\]; got int32"),
    (batches(GREY.astype(np.float32), CLASSES), "from 0 to 255: give them as uint8"),
    (batches(GREY / 255.0, CLASSES), r"from 0 to 1: give 2 \* images - 1"),
    (batches(GREY // 128, CLASSES), "nothing but 0 and 1: multiply them by 255"),
    (batches(SIGNED * np.nan, CLASSES), "not finite"),
    (batches(GREY, CLASSES + 1), "from 0 to 9, .* a batch are from 1 to 10"),
    (batches(GREY, CLASSES - 1), "a batch are from -1 to 8"),
    (batches(GREY, np.eye(10)[CLASSES]), r"one-hot \(10, 10\): give tf.argmax"),
    (batches(GREY, CLASSES / 1), "labels must be integers"),
    (batches(GREY, np.stack([CLASSES] * 2, 1)), r"labels must have shape \(n,\); got \(10, 2\)"),
    (batches(GREY[..., 0], CLASSES), r"got \(10, 8, 8\): add the channel"),
    (batches(GREY[:, :7], CLASSES), r"built for .* images \(n, 8, 8, 1\); got \(10, 7, 8, 1\)"),
    (tf.data.Dataset.from_tensor_slices((GREY, CLASSES)), r"got \(8, 8, 1\): make batches"),
    (batches(GREY, CLASSES, CLASSES), "sample_weight and class_weight play no part in"),
    (batches(GREY, CLASSES).take(0), "gives no batch"),
])  # fmt: skip
def test_what_cannot_be_trained_on_is_refused_in_one_line(cgan, data, message):
    with pytest.raises(UsageError, match=message) as caught:
        cgan.fit(data, verbose=0)
    assert "\n" not in str(caught.value)
    assert int(cgan.steps) == 0


def test_a_wrong_label_of_a_later_batch_is_refused():
    late = CLASSES.copy()
    late[15] = 10
    gan = make()
    with pytest.raises(UsageError, match="a label that is no class"):
        gan.fit(batches(GREY, late), verbose=0)
    with pytest.raises(UsageError, match="a label that is no class"):
        gan.evaluate(batches(GREY, late), verbose=0)


def test_weights_without_labels_are_refused_as_with_them(cgan):
    for method in (cgan.fit, cgan.evaluate):
        with pytest.raises(UsageError, match="sample_weight and class_weight play no part in"):
            method(GREY, sample_weight=np.ones(20), verbose=0)


@pytest.mark.parametrize("wrapped", [list, keras.callbacks.CallbackList])
def test_numbers_that_are_not_finite_end_training(wrapped):
    late = SIGNED.copy()
    late[15] = np.nan
    seen = []
    counting = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    with pytest.raises(DataError, match="^training has diverged: ._loss is nan in epoch 1; "):
        make().fit(batches(late, CLASSES), epochs=3, verbose=0, callbacks=wrapped([counting]))
    assert seen == []  # a checkpoint would hold nothing but NaN


def test_the_range_is_that_of_the_configuration():
    gan = make("vanilla", value_range="unit")
    with pytest.raises(UsageError, match=r"floats in \[0, 1\], .* from -1 to 1: scale or clip"):
        gan.fit(batches(SIGNED), verbose=0)
    gan.fit(batches(GREY / 255.0), verbose=0)
    assert int(gan.steps) == 2


@pytest.mark.parametrize("data", [
    batches(GREY, CLASSES),  # smaller than a step's
    batches(GREY, CLASSES, size=20),  # the last one could be smaller
])  # fmt: skip
def test_a_batch_that_is_not_one_for_each_update_is_refused(data):
    gan = make("wgan", n_critic=2)
    message = r"must hold 20 examples, 10 for each of 2 updates .*batch\(20, drop_remainder=True\)"
    with pytest.raises(UsageError, match=message):
        gan.fit(data, verbose=0)
    gan.fit(batches(GREY, CLASSES).unbatch().batch(20, drop_remainder=True), verbose=0)
    assert int(gan.steps) == 1


def test_a_generator_loses_no_batch():
    gan = make("vanilla", value_range="signed")
    gan.fit(((GREY[k : k + 5], None) for k in range(0, 20, 5)), steps_per_epoch=4, verbose=0)
    assert int(gan.steps) == 4


def test_optimizers_by_name_are_two():
    gan = make("vanilla", pretraining=0)
    gan.compile("adam", "adam")
    assert gan.g_optimizer is not gan.d_optimizer
    gan.fit(batches(GREY), verbose=0)
    assert int(gan.g_optimizer.iterations) == int(gan.d_optimizer.iterations) == 2
    with pytest.raises(UsageError, match="loss, optimizer would have no effect"):
        gan.compile(optimizer="adam", loss="mse")


@pytest.mark.parametrize(("callback", "message"), [
    (keras.callbacks.ModelCheckpoint("x.keras"), r"save_weights_only=True: .* save_weights\("),
    (keras.callbacks.ReduceLROnPlateau(), "which a GAN does not have: use lr_decay"),
])  # fmt: skip
def test_callbacks_that_would_fail_after_an_epoch_are_refused_before(cgan, callback, message):
    with pytest.raises(UsageError, match=message):
        cgan.fit(batches(GREY, CLASSES), callbacks=[callback], verbose=0)
    assert int(cgan.steps) == 0


def test_saved_weights_go_on_as_if_nothing_had_been(tmp_path):
    path = str(tmp_path / "gan.weights.h5")
    gan, other = make("vanilla", ema_decay=0.9, replay=8), make("vanilla", ema_decay=0.9, replay=8)
    keep = keras.callbacks.ModelCheckpoint(path, save_weights_only=True)
    gan.fit(batches(GREY), verbose=0, callbacks=[keep])
    gan.fit(batches(GREY), verbose=0)
    other.load_weights(path)
    other.fit(batches(GREY), verbose=0)
    for one, two in zip(weights(gan), weights(other), strict=True):
        np.testing.assert_array_equal(one, two)
    for copy in (lambda: gan.save(tmp_path / "gan.keras"), lambda: keras.models.clone_model(gan)):
        with pytest.raises(UsageError, match="not saved whole"):
            copy()
    assert not (tmp_path / "gan.keras").exists()


def test_export_is_the_averaged_generator(cgan, tmp_path):
    cgan.export(str(tmp_path / "model"), verbose=False)
    inputs = [tf.ones((2, cgan.latent_dim)), tf.constant([3, 4])]
    model = tf.saved_model.load(str(tmp_path / "model"))
    np.testing.assert_allclose(model.serve(inputs), cgan(inputs), atol=1e-5)


def test_a_gan_depends_on_its_configuration_not_on_global_settings():
    before = weights(make())
    keras.utils.set_random_seed(7)
    keras.config.set_dtype_policy("mixed_float16")
    gan = make()
    assert keras.config.dtype_policy().name == "mixed_float16"
    assert gan.generator.compute_dtype == "float32"
    for one, two in zip(before, weights(gan), strict=True):
        np.testing.assert_array_equal(one, two)
