import numpy as np
import pytest
import tensorflow as tf

from data_tools.errors import DataError
from gan_keras import data
from gan_keras.data import Dataset, pipeline, tfds_sets


def dataset(n=10):
    images = np.arange(n, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 1), np.uint8)
    labels = np.arange(n, dtype=np.int32) % 3
    return Dataset("toy", images, labels, images[:4], labels[:4], ("a", "b", "c"))


def rows(batches, n):
    """First pixel of each image of the next n batches, as the row number it stands for."""
    found = []
    for images, _ in batches.take(n):
        found.append(np.round((images.numpy()[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist())
    return found


def test_symbols_are_split_and_typed(data_dir):
    found = data.load("demo", data_dir)
    assert found.class_names == ("a", "b", "c", "d")
    assert found.train_images.shape == (45, 28, 28, 1)
    assert found.train_images.dtype == np.uint8
    assert len(found.test_images) == 15
    assert found.class_counts.sum() == 45  # test images do not count
    assert found.spec.class_counts == tuple(found.class_counts)


def test_missing_set_says_which_command_makes_it(tmp_path):
    with pytest.raises(DataError, match="make crohme-data"):
        data.load("crohme", tmp_path)
    with pytest.raises(DataError, match="make data DATASET=cifar100"):
        data.load("cifar100", tmp_path)


def test_names_never_lead_out_of_the_data_folders(tmp_path):
    (tmp_path / "x" / "1.0.0").mkdir(parents=True)
    (tmp_path / "x" / "1.0.0" / "dataset_info.json").write_text("{}")
    inside = tmp_path / "inside"
    inside.mkdir()
    assert tfds_sets.find("../x", inside) is None
    assert tfds_sets.find(str(tmp_path / "x"), inside) is None


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 half"])
def test_damaged_symbol_file_is_one_line(data_dir, content):
    (data_dir / "demo" / "symbols.npz").write_bytes(content)
    with pytest.raises(DataError, match="make demo-data") as caught:
        data.load("demo", data_dir)
    assert "\n" not in str(caught.value)


def test_pickled_arrays_are_refused(data_dir):
    np.savez(data_dir / "demo" / "symbols.npz", images=np.array([{}], dtype=object))
    with pytest.raises(DataError, match="damaged"):
        data.load("demo", data_dir)


def test_labels_out_of_range_are_refused():
    good = dataset()
    with pytest.raises(DataError, match=r"labels must lie in 0..1; got 0..2"):
        Dataset(
            "toy", good.train_images, good.train_labels, good.test_images, good.test_labels,
            ("a", "b"),
        )  # fmt: skip


def test_fingerprint_sees_every_part():
    prints = {dataset().fingerprint(), dataset(9).fingerprint()}
    other = dataset()
    other.test_images[0, 0, 0, 0] = 77  # shares memory with train, so both change
    prints.add(other.fingerprint())
    assert len(prints) == 3
    assert dataset().fingerprint() == dataset().fingerprint()


@pytest.mark.parametrize("ink", ["bright", "dark"])
def test_scale_round_trip(ink):
    images = np.arange(256, dtype=np.uint8)
    scaled = pipeline.scale(images, ink)
    assert float(tf.reduce_min(scaled)) == -1
    assert float(tf.reduce_max(scaled)) == 1
    assert float(scaled[255]) == (1 if ink == "bright" else -1)
    np.testing.assert_array_equal(pipeline.unscale(scaled, ink), images)


def test_black_is_black_not_grey():
    # The (x / 2 + 1) * 255 of an often copied notebook turns -1 into 127.
    assert pipeline.unscale(tf.constant([-1.0, 0.0, 1.0, -3.0, 3.0])).numpy().tolist() == [
        0, 128, 255, 0, 255,
    ]  # fmt: skip


def test_a_pass_is_a_permutation_and_passes_differ():
    batches = rows(pipeline.training_batches(dataset(), 5, seed=1), 4)
    first, second = sum(batches[:2], []), sum(batches[2:], [])
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second


def test_labels_stay_with_their_images():
    for images, labels in pipeline.training_batches(dataset(), 4, seed=1).take(5):
        number = np.round((images.numpy()[:, 0, 0, 0] + 1) * 127.5).astype(int)
        np.testing.assert_array_equal(labels, number % 3)


@pytest.mark.parametrize("first_step", [1, 2, 3, 4, 7])
def test_resumed_order_is_the_uninterrupted_one(first_step):
    # 10 images in batches of 4: two steps a pass, two images left out each time
    whole = rows(pipeline.training_batches(dataset(), 4, seed=3), 9)
    resumed = rows(pipeline.training_batches(dataset(), 4, seed=3, first_step=first_step), 2)
    assert resumed == whole[first_step : first_step + 2]


def test_seeds_give_different_orders():
    one, two = (rows(pipeline.training_batches(dataset(), 5, seed=s), 2) for s in (1, 2))
    assert one != two


def test_batch_larger_than_the_data():
    with pytest.raises(ValueError, match="Received: batch_size=11"):
        pipeline.training_batches(dataset(), 11, seed=0)


def test_prepared_tfds_set(real_data):
    path = real_data / "tfds"
    if tfds_sets.find("mnist", path) is None:
        pytest.skip("no prepared mnist")
    found = data.load("mnist", real_data)
    assert found.train_images.shape == (60_000, 28, 28, 1)
    assert found.test_images.shape == (10_000, 28, 28, 1)
    assert found.class_counts[5] == 5421  # as published
