"""Images in arrays and tables, in the forms in which people keep them."""

import gzip
import struct

import numpy as np
import pytest
from sklearn.datasets import load_digits

from gan_keras import data
from gan_keras.data import DataOptions
from gan_keras.foundation.errors import DataError, UsageError

NAMES = tuple("0123456789")
# 12 images of each digit, sorted as sets of this kind often are; black 0, ink 255
_DIGITS = load_digits()
LABELS = np.repeat(np.arange(10), 12)
IMAGES = np.concatenate([_DIGITS.images[_DIGITS.target == digit][:12] for digit in range(10)])
IMAGES = np.round(IMAGES * (255 / 16)).astype(np.uint8)
LETTERS = np.array(list("ABCDEFGHIJ"))[LABELS]
TEST = slice(0, None, 4)


def save(folder, **arrays):
    """Writes an .npz; gives the name of the data set."""
    np.savez(folder / "set.npz", **arrays)
    return f"npz:{folder / 'set.npz'}"


def everything(found):
    """All images and labels of a data set, sorted alike whatever the split."""
    images = np.concatenate([found.train_images[:], found.test_images[:]])
    labels = np.concatenate([found.train_labels, found.test_labels])
    order = np.lexsort([*images.reshape(len(images), -1).T, labels])
    return images[order], labels[order]


def same(found, images=IMAGES, labels=LABELS, names=NAMES):
    """Tests that a data set holds the digits, whatever the split."""
    expected = everything(data.Dataset("", images[..., None], labels, images[:0, ..., None],
                                       labels[:0], names))  # fmt: skip
    assert found.class_names == names
    for one, other in zip(everything(found), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(found.test_images)


ONE_HOT = np.eye(10, dtype=np.float32)[LABELS]
FORMS = {
    "grey": ({"images": IMAGES, "labels": LABELS}, ""),
    "unit": ({"x": (IMAGES / 255).astype(np.float32), "y": LABELS}, "values 0 to 1"),
    "signed": ({"X": IMAGES / 127.5 - 1, "Y": LABELS}, "values -1 to 1"),
    "floats of 255": ({"x": IMAGES.astype(float), "y": LABELS.astype(float)}, ""),
    "16 bits": ({"x": IMAGES.astype(np.uint16) * 257, "y": LABELS}, "values 0 to 65535"),
    "8 bits in 16": ({"x": IMAGES.astype(np.uint16), "y": LABELS}, ""),
    "rows": ({"arr_0": IMAGES.reshape(-1, 64), "arr_1": LABELS}, "in rows, of 8 x 8 pixels"),
    "channels last": ({"images": IMAGES[..., None], "labels": LABELS[:, None]}, ""),
    "channels first": ({"images": IMAGES[:, None], "labels": LABELS}, "channels first"),
    "grey as RGB": ({"images": np.repeat(IMAGES[..., None], 3, -1), "labels": LABELS}, ""),
    "one-hot": ({"images": IMAGES, "labels": ONE_HOT}, "one-hot train labels float32 (120, 10)"),
    "columns": ({"images": np.asfortranarray(IMAGES), "labels": LABELS}, ""),
    "text": ({"images": IMAGES, "labels": LABELS.astype("S1")}, ""),
}


@pytest.mark.parametrize("memory_mb", [700, 0])
@pytest.mark.parametrize(("arrays", "said"), FORMS.values(), ids=FORMS)
def test_forms_of_arrays(tmp_path, capsys, arrays, said, memory_mb):
    name, options = save(tmp_path, **arrays), DataOptions(memory_mb=memory_mb)
    found = data.load(name, tmp_path, options)
    same(found)
    assert found.is_streamed == (memory_mb == 0)
    assert said in capsys.readouterr().err
    assert found.fingerprint() == data.load(name, tmp_path, options).fingerprint()


def test_masks_and_colours(tmp_path, capsys):
    mask = (IMAGES > 127).astype(np.uint8)
    same(data.load(save(tmp_path, images=mask, labels=LABELS)), mask * 255)
    assert "values 0 to 1" in capsys.readouterr().err
    rgb = np.stack([IMAGES, IMAGES // 2, 255 - IMAGES], axis=1)
    found = data.load(save(tmp_path, images=rgb, labels=LABELS))
    assert found.image_shape == (8, 8, 3)
    assert (found.train_images[..., 0] == 255 - found.train_images[..., 2]).all()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("x_train", "y_train", "x_test", "y_test"), ""),
        (("train_images", "train_labels", "test_images", "test_labels"), ""),
        (
            ("X_train", "Y_train", "X_val", "Y_val"),
            "30 images for validation are the test split",
        ),
    ],
)
def test_splits_of_an_npz_stay(tmp_path, capsys, names, said):
    train = np.ones(len(IMAGES), bool)
    train[TEST] = False
    arrays = (IMAGES[train], LABELS[train], IMAGES[TEST], LABELS[TEST])
    given = dict(zip(names, arrays, strict=True))
    found = data.load(save(tmp_path, **given))
    np.testing.assert_array_equal(found.test_images[..., 0], IMAGES[TEST])
    np.testing.assert_array_equal(found.test_labels, LABELS[TEST])
    np.testing.assert_array_equal(found.train_images[..., 0], IMAGES[train])
    assert said in capsys.readouterr().err


def test_validation_beside_test_is_left_out_and_said(tmp_path, capsys):
    parts = {"train": slice(0, None, 2), "val": slice(1, None, 4), "test": slice(3, None, 4)}
    arrays = {f"{part}_images": IMAGES[rows] for part, rows in parts.items()}
    arrays |= {f"{part}_labels": LABELS[rows, None] for part, rows in parts.items()}
    found = data.load(save(tmp_path, **arrays))
    assert (len(found.train_images), len(found.test_images)) == (60, 30)
    assert "30 images for validation are left out" in capsys.readouterr().err


def test_more_data_never_moves_a_test_image(tmp_path):
    few = data.load(save(tmp_path, images=IMAGES[:90], labels=LABELS[:90])).test_images
    more = data.load(save(tmp_path, images=IMAGES, labels=LABELS)).test_images
    assert (len(few), len(more)) == (7, 10)  # every tenth of each class
    np.testing.assert_array_equal(more[: len(few)], few)


NOTHING = np.zeros(120)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pictures": IMAGES, "y": LABELS}, "`,images=NAME,labels=NAME` behind the path says"),
        ({"images": _DIGITS.images[:120], "labels": LABELS}, "values 0 to 16; that range is not"),
        ({"images": IMAGES.astype(np.uint16) * 16, "labels": LABELS}, "values 0 to 4080; that"),
        ({"images": IMAGES / 255 - 0.5, "labels": LABELS}, "values -0.5 to 0.5; that range"),
        ({"images": (IMAGES - 33.3) / 78.6, "labels": LABELS}, "that range is not known"),
        ({"images": IMAGES * np.nan, "labels": LABELS}, "values that are not finite"),
        ({"images": IMAGES.reshape(-1, 32), "labels": LABELS}, "rows of 32 values are no square"),
        (
            {"images": IMAGES[..., None] * np.ones(5), "labels": LABELS},
            "no axis of 1 or 3 channels",
        ),
        ({"images": IMAGES[:, :2], "labels": LABELS}, "of 2 x 8 pixels are too small"),
        ({"images": np.array(7), "labels": LABELS}, r"int64 \(\) are no images"),
        ({"images": IMAGES.astype(str), "labels": LABELS}, "are no numbers"),
        ({"images": np.moveaxis(IMAGES, 0, -1), "labels": LABELS}, "one per image"),
        ({"images": IMAGES, "labels": LABELS[1:]}, r"\(119,\) for 120 images: one per image"),
        ({"images": IMAGES, "labels": LABELS + 0.5}, "must be whole numbers, text or one-hot"),
        ({"images": IMAGES, "labels": LABELS - 1}, "labels must be 0 or more; got -1"),
        ({"images": IMAGES, "labels": np.ones((120, 14))}, "neither one per image nor one-hot"),
        ({"images": np.array([{}]), "labels": LABELS}, "is said to be|allow_pickle"),
        ({"x_test": IMAGES, "y_test": LABELS}, "has no train images"),
    ],
)
def test_what_is_not_known_for_certain_is_refused(tmp_path, arrays, message):
    with pytest.raises(DataError, match=message) as caught:
        data.load(save(tmp_path, **arrays))
    assert "\n" not in str(caught.value)


def test_arrays_under_other_names_and_packed_ones_that_are_too_large(tmp_path):
    name = save(tmp_path, faces=IMAGES, who=LABELS, images=IMAGES[:3])
    same(data.load(f"{name},images=faces,labels=who"))
    np.savez(tmp_path / "labels.npz", LABELS)
    same(data.load(f"{name},images=faces,labels={tmp_path / 'labels.npz'}"))
    with pytest.raises(DataError, match="120,.* for 3 images"):
        data.load(f"{name},labels=who")
    np.savez_compressed(tmp_path / "set.npz", images=IMAGES, labels=LABELS)
    with pytest.raises(DataError, match="more than --memory_mb=0: raise that, or save .*np.savez"):
        data.load(name, tmp_path, DataOptions(memory_mb=0))


@pytest.mark.parametrize("key", ["class_names", "target_names", "label_names"])
def test_names_of_classes_in_an_npz(tmp_path, capsys, key):
    backwards = np.array(NAMES[::-1])
    arrays = {"images": IMAGES, "labels": LABELS, "writer": LABELS}
    found = data.load(save(tmp_path, **arrays, **{key: backwards}))
    assert found.class_names == NAMES[::-1]
    assert "arrays that are not used: writer\n" in capsys.readouterr().err
    same(data.load(save(tmp_path, **arrays, **{key: LETTERS})))  # one per image
    assert f"arrays that are not used: writer {key}\n" in capsys.readouterr().err
    same(data.load(save(tmp_path, **arrays, **{key: backwards[1:]})))
    assert "its 9 class names are not used: labels must lie in 0..8" in capsys.readouterr().err


def idx(path, array):
    """Writes an array as an IDX file."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wb") as file:
        file.write(struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape))
        file.write(array.astype(np.uint8).tobytes())


def write_idx(folder, suffix="-ubyte", start="", images=IMAGES):
    folder.mkdir(exist_ok=True)
    sep = suffix[0]
    for split, rows in (("train", slice(0, None)), ("t10k", TEST)):
        idx(folder / f"{start}{split}-images{sep}idx3{suffix[1:]}", images[rows])
        idx(folder / f"{start}{split}-labels{sep}idx1{suffix[1:]}", LABELS[rows])
    return f"idx:{folder}"


@pytest.mark.parametrize("memory_mb", [700, 0])
@pytest.mark.parametrize("suffix", ["--ubyte", "--ubyte.gz", ".-ubyte"])
def test_files_of_mnist(tmp_path, suffix, memory_mb):
    name = write_idx(tmp_path / "mnist", suffix)
    options = DataOptions(memory_mb=memory_mb)
    if suffix.endswith(".gz") and not memory_mb:
        with pytest.raises(DataError, match="raise that, or unpack it with gunzip"):
            data.load(name, tmp_path, options)
        return
    found = data.load(name, tmp_path, options)
    assert found.class_names == NAMES
    assert found.is_streamed == (memory_mb == 0)
    np.testing.assert_array_equal(found.train_images[:][..., 0], IMAGES)
    np.testing.assert_array_equal(found.test_images[:][..., 0], IMAGES[TEST])
    np.testing.assert_array_equal(found.test_labels, LABELS[TEST])


def test_files_of_emnist_are_upright(tmp_path, capsys):
    name = write_idx(tmp_path / "gzip", "--ubyte", "emnist-digits-", IMAGES.swapaxes(1, 2))
    np.testing.assert_array_equal(data.load(name).train_images[..., 0], IMAGES)
    assert "rows and columns exchanged" in capsys.readouterr().err
    table = tmp_path / "gzip" / "emnist-digits-mapping.txt"
    table.write_text("".join(f"{digit} {65 + digit} {97 + digit}\n" for digit in range(10)))
    assert data.load(name).class_names == tuple("ABCDEFGHIJ")
    table.write_text("0 65\n1 x\n")
    assert data.load(name).class_names == NAMES
    as_it_is = data.load(f"{name},transposed=no").train_images[..., 0]
    np.testing.assert_array_equal(as_it_is, IMAGES.swapaxes(1, 2))
    write_idx(tmp_path / "gzip", "--ubyte", "emnist-mnist-")
    with pytest.raises(DataError, match="say which: idx:.*gzip/emnist-digits idx:.*emnist-mnist"):
        data.load(name)
    for one in ("emnist-digits", "emnist-digits-train-images-idx3-ubyte"):
        np.testing.assert_array_equal(data.load(f"{name}/{one}").train_images[..., 0], IMAGES)
    with pytest.raises(UsageError, match=",transposed=maybe must be yes or no"):
        data.load(f"{name}/emnist-digits,transposed=maybe")


def test_files_of_mnist_further_in_and_without_labels(tmp_path):
    name = write_idx(tmp_path / "MNIST", "--ubyte")
    for file in list((tmp_path / "MNIST").iterdir()):  # as some unpackers leave them
        data_folder = tmp_path / "MNIST" / "raw" / file.name
        data_folder.mkdir(parents=True)
        file.rename(data_folder / file.name)
    np.testing.assert_array_equal(data.load(name).train_images[..., 0], IMAGES)
    (data_folder / data_folder.name).unlink()
    with pytest.raises(DataError, match="MNIST has no file of t"):
        data.load(name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no IDX file"),
        (b"PK\3\4 something else", "is no IDX file"),
        (struct.pack(">HBBIII", 0, 8, 3, 10**9, 28, 28) + bytes(99), "is said to be .*cut off"),
        (struct.pack(">HBBI", 0, 8, 3, 10), "is said to be .*cut off"),
    ],
)
def test_damaged_idx_files(tmp_path, content, message):
    name = write_idx(tmp_path / "mnist", "--ubyte")
    (tmp_path / "mnist" / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError, match=message):
        data.load(name)


@pytest.mark.parametrize("memory_mb", [700, 0])
def test_quick_draw(tmp_path, memory_mb):
    for digit in range(10):
        rows = IMAGES[digit == LABELS].reshape(-1, 64)
        np.save(tmp_path / f"full_numpy_bitmap_digit {digit}.npy", rows)
    (tmp_path / "notes.txt").write_text("x")
    found = data.load(f"npy:{tmp_path}", tmp_path, DataOptions(memory_mb=memory_mb))
    same(found, names=tuple(f"digit {digit}" for digit in range(10)))
    assert found.is_streamed == (memory_mb == 0)
    small = DataOptions(memory_mb=memory_mb, image_size=6)
    smaller = data.load(f"npy:{tmp_path}", tmp_path, small)
    assert smaller.image_shape == (6, 6, 1)
    np.testing.assert_array_equal(
        smaller.train_images[:], data.load(f"npy:{tmp_path}", tmp_path,
                                           DataOptions(image_size=6)).train_images
    )  # fmt: skip
    np.save(tmp_path / "y.npy", LABELS)
    with pytest.raises(DataError, match="y.npy holds no images; .* called images.npy and labels"):
        data.load(f"npy:{tmp_path}")
    np.save(tmp_path / "y.npy", np.array([{}, {}]))
    with pytest.raises(DataError, match="cannot read .*y.npy"):
        data.load(f"npy:{tmp_path}")


def test_links_out_of_a_folder_are_not_followed(tmp_path):
    (tmp_path / "in").mkdir()
    np.save(tmp_path / "in" / "mine.npy", IMAGES)
    np.save(tmp_path / "theirs.npy", IMAGES)
    (tmp_path / "in" / "theirs.npy").symlink_to(tmp_path / "theirs.npy")
    assert data.load(f"npy:{tmp_path / 'in'}").class_names == ("mine",)


def test_quick_draw_in_split_folders(tmp_path):
    for split, rows in (("Train", slice(0, None)), ("test", TEST)):
        (tmp_path / split).mkdir()
        for digit in range(10):
            np.save(tmp_path / split / f"{digit}.npy", IMAGES[rows][LABELS[rows] == digit])
    found = data.load(f"npy:{tmp_path}")
    assert found.class_names == NAMES
    np.testing.assert_array_equal(found.test_images[..., 0], IMAGES[TEST])
    assert len(found.train_images) == len(IMAGES)
    for folder in ("Train", "test"):
        (tmp_path / folder).rename(tmp_path / f"{folder} me")
    with pytest.raises(DataError, match="there are several files 0.npy"):
        data.load(f"npy:{tmp_path}")


@pytest.mark.parametrize("memory_mb", [700, 0])
def test_arrays_in_a_file_each(tmp_path, capsys, memory_mb):
    arrays = {"X_train": IMAGES, "Y_train": LABELS, "X_test": IMAGES[TEST]}
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    options = DataOptions(memory_mb=memory_mb)
    same(data.load(f"npy:{tmp_path}", tmp_path, options))
    assert "30 test images without labels are left out" in capsys.readouterr().err
    np.save(tmp_path / "Y_test.npy", LABELS[TEST])
    found = data.load(f"npy:{tmp_path}", tmp_path, options)
    np.testing.assert_array_equal(found.train_images[:][..., 0], IMAGES)
    np.testing.assert_array_equal(found.test_images[:][..., 0], IMAGES[TEST])
    assert found.test_labels.tolist() == LABELS[TEST].tolist()


AS_TEXT = sorted(range(64), key=str)  # 0, 1, 10, 11, ...
BY_COLUMN = np.arange(64).reshape(8, 8).T.ravel().tolist()  # as R and Matlab write


@pytest.mark.parametrize(
    ("order", "name"),
    [
        (AS_TEXT, lambda row, column: f"pixel{8 * row + column}"),
        (BY_COLUMN, lambda row, column: f"{row + 1}x{column + 1}"),
        (BY_COLUMN, lambda row, column: f"row{row}_col{column}"),
        (BY_COLUMN, lambda row, column: f"pixel_{row}_{column}"),
        (BY_COLUMN, lambda row, column: f"Px.R{row}C{column}"),
        (range(64), lambda row, column: f"x{column}_y{row}"),
        (BY_COLUMN, lambda row, column: f"col_{column}_row_{row}"),
    ],
)
def test_pixels_come_in_the_order_of_their_names(tmp_path, order, name):
    order = list(order)
    names = ",".join(["label", *(name(*divmod(n, 8)) for n in order)])
    lines = [
        ",".join(map(str, [label, *image.ravel()[order]]))
        for image, label in zip(IMAGES, LABELS, strict=True)
    ]
    (tmp_path / "a.csv").write_text("\n".join([names, *lines]))
    same(data.load(f"csv:{tmp_path / 'a.csv'}"))


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("numbers", [range(10), range(3, 23, 2), range(10, 20), range(1, 11)])
@pytest.mark.parametrize("header", [False, True])
def test_a_label_without_a_name_is_found_by_its_values(tmp_path, header, numbers, last):
    labels, images = np.array(numbers)[LABELS], IMAGES
    if header:  # scanned paper, whose corner is of a few values too
        images = (255 - IMAGES) & np.random.default_rng(0).integers(
            250, 256, IMAGES.shape, np.uint8
        )
    rows = images.reshape(-1, 64)
    columns = (rows, labels) if last else (labels, rows)
    lines = [",".join(map(str, row)) for row in np.column_stack(columns)]
    head = [",".join(map(str, range(65)))] if header else []
    (tmp_path / "a.csv").write_text("\n".join(head + lines))
    same(data.load(f"csv:{tmp_path / 'a.csv'}"), images, names=tuple(map(str, numbers)))


@pytest.mark.parametrize(
    ("rows", "labels"),
    [
        (IMAGES, np.full(len(IMAGES), 7)),
        (IMAGES, (np.arange(len(IMAGES)) % 20 == 0).astype(int)),  # like dark pixels
    ],
)
def test_a_label_that_values_do_not_tell_is_asked_for(tmp_path, rows, labels):
    rows = np.column_stack([rows.reshape(-1, 64), labels])
    np.savetxt(tmp_path / "a.csv", rows, "%d", ",")
    with pytest.raises(DataError, match=r"which column is the label.*`,label=1` or `,label=65`"):
        data.load(f"csv:{tmp_path / 'a.csv'}")
    assert len(data.load(f"csv:{tmp_path / 'a.csv'},label=65").class_names) == len({*labels})


@pytest.mark.parametrize("name", ["Usage", "dataset_part"])
def test_a_column_of_split_words_gives_the_splits(tmp_path, capsys, name):
    words = np.array(["Training", "PublicTest", "PrivateTest", "Training"])[np.arange(120) % 4]
    pixels = [" ".join(map(str, image.ravel())) for image in IMAGES]  # in one cell, as FER2013
    lines = [f'{c},"{row}",{w}' for c, row, w in zip(LABELS, pixels, words, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join([f"emotion,pixels,{name}", *lines]))
    found = data.load(f"csv:{tmp_path / 'a.csv'}")
    np.testing.assert_array_equal(found.test_images[..., 0], IMAGES[2::4])
    assert len(found.train_labels) == 60
    assert "30 images for validation are left out" in capsys.readouterr().err


def test_other_columns_of_a_table(tmp_path, capsys):
    rows = [
        f"{n},{'ab'[label // 5]},{label % 2},{','.join(map(str, image.ravel()))},train,test"
        for n, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True))
    ]
    head = ",".join(["id", "kind", "odd", *(f"p{n}" for n in range(64)), "part", "fold"])
    (tmp_path / "a.csv").write_text("\n".join([head, *rows]))
    name = f"csv:{tmp_path / 'a.csv'}"
    with pytest.raises(DataError, match="which column tells splits: 'part', 'fold'"):
        data.load(name)
    with pytest.raises(DataError, match="which column is the label: 'kind', 'odd', 'fold'"):
        data.load(f"{name},split=part")
    assert data.load(f"{name},split=part,label=kind").class_names == ("a", "b")
    assert "columns that are not used: id odd fold" in capsys.readouterr().err


def test_several_sets_of_arrays_are_refused(tmp_path):
    for folder in ("identity", "inverse"):
        (tmp_path / folder).mkdir()
        np.save(tmp_path / folder / "train_images.npy", IMAGES)
        np.save(tmp_path / folder / "train_labels.npy", LABELS)
    with pytest.raises(DataError, match="several sets, say which: npy:.*/identity npy:.*/inverse"):
        data.load(f"npy:{tmp_path}")


def write_table(
    path, images=IMAGES, labels=LABELS, names="label", pixel="pixel", delimiter=",", last=False,
    end="\n",
):  # fmt: skip
    """Writes a table of pixels; `names` is the name of the label column, or empty for none."""
    rows = [
        [*map(str, pixels), label] if last else [label, *map(str, pixels)]
        for pixels, label in zip(images.reshape(-1, 64).tolist(), map(str, labels), strict=True)
    ]
    pixels = [f"{pixel}{number}" for number in range(1, 65)]
    head = [[*pixels, names] if last else [names, *pixels]] if names else []
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8", newline="") as file:
        file.writelines(delimiter.join(row) + end for row in head + rows)
    return f"csv:{path}"


@pytest.mark.parametrize(
    ("options", "names", "given"),
    [
        ({}, NAMES, ""),
        ({"names": ""}, NAMES, ""),
        ({"names": "character", "last": True, "labels": LETTERS}, tuple("ABCDEFGHIJ"), ""),
        ({"delimiter": ";"}, NAMES, ""),
        ({"delimiter": "\t", "images": IMAGES / 255}, NAMES, ""),
        ({"names": "", "last": True}, NAMES, ",label=65"),
        ({"names": "0", "pixel": "0."}, NAMES, ""),  # as pandas makes them
        ({"names": "\ufefflabel"}, NAMES, ""),
        ({"labels": LABELS.astype(float)}, NAMES, ""),
        ({"labels": [f"no {label}" for label in LABELS]}, tuple(f"no {n}" for n in NAMES), ""),
        ({"labels": [f"'{label}'" for label in LABELS]}, NAMES, ""),  # of ARFF
        (
            {"labels": LETTERS, "last": True, "names": "kind", "end": "\r\n"},
            tuple("ABCDEFGHIJ"),
            "",
        ),
    ],
)
def test_tables_of_pixels(tmp_path, options, names, given):
    for suffix in ("csv", "csv.gz"):
        name = write_table(tmp_path / f"a.{suffix}", **options)
        same(data.load(name + given), names=names)


def test_a_table_for_tests_and_one_without_labels(tmp_path, capsys):
    name = write_table(tmp_path / "train.csv")
    write_table(tmp_path / "test.csv", IMAGES[TEST], LABELS[TEST])
    both = f"{name},test={tmp_path / 'test.csv'}"
    for alone in (name, f"csv:{tmp_path / 'test.csv'}"):
        data.load(alone)
        assert f"{both} reads both" in capsys.readouterr().err
    found = data.load(both)
    assert "beside" not in capsys.readouterr().err
    np.testing.assert_array_equal(found.train_images[..., 0], IMAGES)
    np.testing.assert_array_equal(found.test_images[..., 0], IMAGES[TEST])
    lines = (tmp_path / "train.csv").read_text().splitlines()
    (tmp_path / "b.csv").write_text("\n".join(line.partition(",")[2] for line in lines))
    assert data.load(f"csv:{tmp_path / 'b.csv'}").class_names == ("all",)
    assert "there are no labels" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("file,label\n1.png,a\n", "a table of picture files is labels.csv in folder:PATH"),
        ("a,b,pixel0\n1,2,3\n1,2,3\n", "which column is the label: 'a', 'b'"),
        ("label,p1,p2,p3,p4\n1,0,0,x,0\n", "lines 2 to 2: could not convert string 'x'"),
        ("label,p1,p2,p3,p4\n\n1,0,0,0\n", "line 3: 4 values instead of 5"),
        ("label,p1,p2,p3,p4\na,b,0,0,0,0\n", "line 2: 6 values instead of 5"),
        ("label,p1,p2,p3,p4\n,0,0,0,0\n", "1 lines have no label"),
        ("label,p1,p2,p3,p4\n", "holds no images"),
        ("", "has 0 columns of pixels"),
        (b"\xff\xfe\x00", "is no text"),
        ("0,1,255,255,3\n0,2,255,0,4\n", "which column is the label, .*`,label=5` "),
    ],
)
def test_tables_that_are_none_of_pixels(tmp_path, content, message):
    path = tmp_path / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message) as caught:
        data.load(f"csv:{path}")
    assert "\n" not in str(caught.value)
