"""Image sets in Parquet files as the library `datasets` writes them."""

import io
import json
import sys

import numpy as np
import pytest
from data_samples import png, shades
from PIL import Image

from gan_keras import data
from gan_keras.data import DataOptions
from gan_keras.foundation.errors import DataError, UsageError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
# not in the order of their letters
CLASSES = ["zebra", "ant", "owl"]


def write(path, first, count, names=CLASSES, rows=4, **columns):
    """Writes pictures whose shade is their number, in row groups; labels go round the classes."""
    numbers = range(first, first + count)
    pictures = [{"bytes": png(number), "path": f"{number}.png"} for number in numbers]
    columns = {"image": pictures, "label": [number % 3 for number in numbers]} | columns
    table = pa.table({name: values for name, values in columns.items() if values is not None})
    if names:
        features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
        about = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": about})
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=rows)
    return path


@pytest.mark.parametrize("memory_mb", [700, 0])
def test_shards_splits_and_class_names(tmp_path, capsys, memory_mb):
    write(tmp_path / "data" / "train-00000-of-00002-ab.parquet", 0, 11)
    write(tmp_path / "data" / "train-00001-of-00002-cd.parquet", 11, 9)
    write(tmp_path / "data" / "test-00000-of-00001.parquet", 30, 6)
    options = DataOptions(memory_mb=memory_mb)
    found = data.load(f"parquet:{tmp_path}", tmp_path / "cache", options)
    assert found.is_streamed == (memory_mb == 0)
    assert ("--memory_mb=1 holds them" in capsys.readouterr().err) == found.is_streamed
    assert found.class_names == tuple(CLASSES)
    assert shades(found.train_images) == list(range(20))
    assert found.train_labels.tolist() == [number % 3 for number in range(20)]
    assert shades(found.test_images) == list(range(30, 36))
    assert found.train_images[np.array([17, 3])][:, 0, 0, 0].tolist() == [17, 3]
    again = data.load(f"parquet:{tmp_path}", tmp_path / "cache", options)
    assert again.fingerprint() == found.fingerprint()


def test_labels_that_are_kept_secret_are_no_test_split(tmp_path, capsys):
    write(tmp_path / "train" / "0000.parquet", 0, 40)
    write(tmp_path / "test" / "0000.parquet", 40, 6, label=[-1] * 6)
    found = data.load(f"parquet:{tmp_path}")
    assert (len(found.train_images), len(found.test_images)) == (37, 3)
    assert "6 test images without labels are left out" in capsys.readouterr().err
    assert set(shades(found.train_images) + shades(found.test_images)) == set(range(40))


def test_jpegs_are_read_as_in_a_folder(tmp_path):
    picture = Image.effect_noise((20, 20), 90)
    file = io.BytesIO()
    Image.merge("RGB", [picture, picture.transpose(1), picture.transpose(4)]).save(file, "JPEG")
    for number in range(3):
        (tmp_path / "f" / CLASSES[number]).mkdir(parents=True)
        (tmp_path / "f" / CLASSES[number] / "0.jpg").write_bytes(file.getvalue())
    pictures = [{"bytes": file.getvalue(), "path": None}] * 3
    path = write(tmp_path / "a.parquet", 0, 3, image=None, img=pictures)
    folder = data.load(f"folder:{tmp_path / 'f'}")
    np.testing.assert_array_equal(
        data.load(f"parquet:{path}").train_images[0], folder.train_images[0]
    )


def test_columns_by_name_and_text_labels(tmp_path, capsys):
    kinds = {"fine": list("abcabcabc"), "coarse": list("xyxyxyxyx"), "label": None}
    path = write(tmp_path / "a.parquet", 0, 9, names=None, mask=[png()] * 9, **kinds)
    found = data.load(f"parquet:{path},image=image,label=coarse")
    assert found.class_names == ("x", "y")
    with pytest.raises(DataError, match="several columns of pictures: image, mask; columns: "):
        data.load(f"parquet:{path}")
    capsys.readouterr()
    assert data.load(f"parquet:{path},image=image").class_names == ("all",)
    assert "columns that are not used: mask fine coarse\n" in capsys.readouterr().err
    kinds = {"fine_label": [*range(9)], "coarse_label": [*range(9)], "label": None}
    path = write(tmp_path / "b.parquet", 0, 9, names=None, **kinds)
    with pytest.raises(DataError, match="which column is the class: fine_label, coarse_label"):
        data.load(f"parquet:{path}")


@pytest.mark.parametrize(
    ("columns", "given", "message"),
    [
        ({"image": [1, 2, 3]}, "", "has no picture column; columns: image, label"),
        ({}, ",label=kind", "has no column 'kind'; columns: image, label"),
        ({"label": [0, 1, 7]}, "", r"labels must lie in 0\.\.2; got 0\.\.7"),
        ({"label": [0, None, 1]}, "", "must be whole numbers"),
        ({"image": [{"bytes": None, "path": "/etc/passwd"}] * 3}, "", "paths are not followed"),
    ],
)
def test_what_does_not_fit_is_one_line(tmp_path, columns, given, message):
    path = write(tmp_path / "a.parquet", 0, 3, **columns)
    with pytest.raises(DataError, match=message) as caught:
        data.load(f"parquet:{path}{given}")
    assert "\n" not in str(caught.value)


def test_several_sets_damage_and_no_pyarrow(tmp_path, monkeypatch):
    for name in ("en", "de"):
        write(tmp_path / name / "train-0.parquet", 0, 3)
    with pytest.raises(DataError, match="several sets, say which: parquet:.*/de parquet:.*/en"):
        data.load(f"parquet:{tmp_path}")
    (tmp_path / "de" / "train-0.parquet").write_bytes(b"PAR1 and nothing")
    with pytest.raises(DataError, match="cannot read .*train-0.parquet"):
        data.load(f"parquet:{tmp_path / 'de'}")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UsageError, match=r"needs pyarrow: pip install 'gan_keras\[parquet\]'"):
        data.load(f"parquet:{tmp_path / 'en'}")
