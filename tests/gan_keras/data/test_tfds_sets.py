import io
import shutil

import numpy as np
import pytest
from data_samples import shades
from file_samples import write_files
from PIL import Image

from gan_keras import data
from gan_keras.data import DataOptions, fetch, tfds_sets
from gan_keras.data.records import draw_test
from gan_keras.foundation.errors import DataError, UsageError

in_memory_and_streamed = pytest.mark.parametrize("memory_mb", [700, 0])


@pytest.fixture(scope="session")
def tfds_dir(tmp_path_factory):
    """A data folder with tiny prepared TFDS sets: toy, emnist/byclass, photos (many sizes)."""
    import tensorflow_datasets as tfds

    folder = tmp_path_factory.mktemp("data")

    def store(name, image, label, splits, **options):
        features = {"image": image, **({"label": label} if label else {})}
        tfds.dataset_builders.store_as_tfds_dataset(
            name=name, version="1.0.0", features=tfds.features.FeaturesDict(features),
            split_datasets=splits, data_dir=folder / "tfds",
            **{"disable_shuffling": True, **options},
        )  # fmt: skip

    def examples(images, labels):
        rows = zip(images, labels, strict=True)
        return [(i, {"image": image, "label": label}) for i, (image, label) in enumerate(rows)]

    fixed = tfds.features.Image(shape=(8, 8, 1))
    two = tfds.features.ClassLabel(names=["x", "y"])
    shades = np.arange(12, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 1), np.uint8)
    shades[:, 4:6, 4:6] = 255
    train = examples(shades, np.arange(12) % 2)
    store("toy", fixed, two, {"train": train, "test": train[:4]})
    store("secret", fixed, two, {"train": train, "test": examples(shades[:4], [-1] * 4)})
    # A bright top row. EMNIST's files are transposed: upright it is a left column.
    corner = np.zeros((4, 8, 8, 1), np.uint8)
    corner[:, 0] = 255
    corners = examples(corner, [0, 1, 0, 0])
    store("emnist", fixed, two, {"train": corners, "test": corners[:1]}, config="byclass")
    photos = [np.full((6 + i, 9, 3), i, np.uint8) for i in range(40)]
    for photo in photos:
        photo[3:5, 3:6] = 255, 200, 0
    store("photos", tfds.features.Image(), two, {"train": examples(photos, np.arange(40) % 2)})
    unlabelled = [(i, {"image": image}) for i, image in enumerate(shades)]
    store("faces", fixed, None, {"train": unlabelled, "test": unlabelled[:3]})
    noise = np.random.default_rng(0).integers(0, 256, (130, 12, 12, 3), np.uint8)
    jpeg = tfds.features.Image(shape=(12, 12, 3), encoding_format="jpeg")
    three = tfds.download.DownloadConfig(num_shards=3)
    for name, in_order in (("shards", False), ("ordered", True)):
        store(
            name, jpeg, two, {"train": examples(noise, np.arange(130) // 65)},
            download_config=three, disable_shuffling=in_order,
        )  # fmt: skip
    return folder


@in_memory_and_streamed
def test_prepared_set(tfds_dir, memory_mb):
    options = DataOptions(memory_mb=memory_mb)
    found = data.load("toy", tfds_dir, options)
    assert found.is_streamed == (memory_mb == 0)
    assert found.train_images.shape == (12, 8, 8, 1)
    assert shades(found.train_images) == list(range(12))
    assert shades(found.test_images) == list(range(4))
    assert found.train_labels.dtype == np.int32
    assert found.train_labels.tolist() == [0, 1] * 6
    assert found.class_names == ("x", "y")
    assert found.fingerprint() == data.load("toy", tfds_dir, options).fingerprint()


@in_memory_and_streamed
def test_emnist_is_upright(tfds_dir, memory_mb):
    found = data.load("emnist/byclass", tfds_dir, DataOptions(memory_mb=memory_mb))
    image = found.train_images[0]
    assert (image[:, 0] == 255).all()  # the files have it as the top row
    assert not image[:, 1:].any()


@in_memory_and_streamed
def test_many_sizes_and_no_test_split(tfds_dir, capsys, memory_mb):
    found = data.load("photos", tfds_dir, DataOptions(memory_mb=memory_mb))
    assert found.image_shape == (64, 64, 3)
    assert "pictures of 40 sizes, brought to 64 x 64" in capsys.readouterr().err
    assert len(found.train_images) + len(found.test_images) == 40
    assert 1 <= len(found.test_images) <= 8
    smaller = data.load("photos", tfds_dir, DataOptions(image_size=16, memory_mb=memory_mb))
    assert smaller.image_shape == (16, 16, 3)
    assert smaller.is_streamed == (memory_mb == 0)


@pytest.mark.parametrize("name", ["shards", "ordered"])
@pytest.mark.parametrize("image_size", [0, 3, 20])
def test_jpegs_in_several_files_are_the_same_in_memory_and_streamed(tfds_dir, name, image_size):
    import tensorflow_datasets as tfds

    whole = data.load(name, tfds_dir, DataOptions(image_size=image_size))
    streamed = data.load(name, tfds_dir, DataOptions(image_size=image_size, memory_mb=0))
    assert (whole.is_streamed, streamed.is_streamed) == (False, True)
    for split in ("train", "test"):
        for part in (f"{split}_images", f"{split}_labels"):
            np.testing.assert_array_equal(getattr(whole, part), getattr(streamed, part)[:])
    if image_size:
        return
    # in TFDS's own order, decoded as pictures of one's own are
    builder = tfds.builder_from_directory(tfds_sets.find(name, tfds_dir))
    assert builder.info.splits["train"].num_shards == 3
    raw = {"image": tfds.decode.SkipDecoding()}
    rows = [*builder.as_dataset("train", decoders=raw).as_numpy_iterator()]
    pictures = [np.asarray(Image.open(io.BytesIO(row["image"]))) for row in rows]
    drawn = draw_test([str(row) for row in range(130)], np.array([row["label"] for row in rows]))
    np.testing.assert_array_equal(whole.test_images, np.stack(pictures)[drawn])
    np.testing.assert_array_equal(whole.train_images, np.stack(pictures)[~drawn])


def test_secret_test_labels_are_no_test_split_and_no_classes_are_one(tfds_dir):
    found = data.load("secret", tfds_dir)
    assert len(found.train_images) + len(found.test_images) == 12
    assert data.load("faces", tfds_dir).class_names == ("all",)


def test_a_name_takes_no_configuration_that_happens_to_be_there(tmp_path):
    places = ("emnist/letters/3.1.0", "emnist/digits/3.1.0", "mnist/3.0.9", "mnist/3.0.10")
    write_files(tmp_path / "tfds", {f"{place}/dataset_info.json": "{}" for place in places})
    assert tfds_sets.find("mnist", tmp_path).name == "3.0.10"
    assert tfds_sets.find("emnist/letters", tmp_path).parent.name == "letters"
    assert tfds_sets.find("emnist/byclass", tmp_path) is None
    for work in (tfds_sets.find, data.load):
        with pytest.raises(UsageError, match="say which; prepared: emnist/digits emnist/letters$"):
            work("emnist", tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_set_of_images", "has no set of this name"),
        ("emnist", "say which: emnist/byclass emnist/bymerge"),
    ],
)
def test_names_that_cannot_be_fetched(tmp_path, name, message):
    with pytest.raises(UsageError, match=f"--dataset={name}.* {message}"):
        fetch.fetch(name, tmp_path)


def test_names_never_lead_out_of_the_data_folders(tmp_path):
    write_files(tmp_path, {"x/1.0.0/dataset_info.json": "{}"})
    for name in ("../x", str(tmp_path / "x")):
        assert tfds_sets.find(name, tmp_path / "inside") is None


@in_memory_and_streamed
def test_cut_off_records(tfds_dir, tmp_path, memory_mb):
    shutil.copytree(tfds_dir / "tfds" / "toy", tmp_path / "tfds" / "toy")
    (records,) = (tmp_path / "tfds" / "toy" / "1.0.0").glob("*train*")
    records.write_bytes(records.read_bytes()[:-20])
    with pytest.raises(DataError, match="damaged|cut off") as caught:
        data.load("toy", tmp_path, DataOptions(memory_mb=memory_mb))
    assert "\n" not in str(caught.value)


def test_damaged_information(tmp_path):
    write_files(tmp_path, {"tfds/toy/1.0.0/dataset_info.json": "{"})
    with pytest.raises(DataError, match="is damaged"):
        data.load("toy", tmp_path)


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("name", "shape", "sizes", "counts"),
    [
        slow("mnist", (28, 28, 1), (60_000, 10_000), {5: 5421}),  # as published
        slow("fashion_mnist", (28, 28, 1), (60_000, 10_000), {0: 6000, 9: 6000}),
        ("letters62", (28, 28, 1), (4_578, 620), {0: 76, 61: 66}),
        slow("cifar10_subset", (32, 32, 3), (20_000, 1_000), {}),
    ],
)
def test_real_sets(real_data, name, shape, sizes, counts):
    if tfds_sets.find(name, real_data) is None:
        pytest.skip(f"no prepared {name}")
    found = data.load(name, real_data)
    assert found.image_shape == shape
    assert (len(found.train_images), len(found.test_images)) == sizes
    assert {label: found.class_counts[label] for label in counts} == counts
