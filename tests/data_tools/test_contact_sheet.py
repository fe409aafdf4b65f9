import numpy as np
import pytest

from data_tools import contact_sheet
from data_tools.contact_sheet import draw_sheet


def sheet_of(counts, size=28):
    labels = np.repeat(np.arange(len(counts)), counts)
    images = np.zeros((len(labels), size, size), np.uint8)
    images[:, 4:-4, 4:-4] = (100 + 50 * labels)[:, None, None]
    names = [["x", "\\alpha", "漢" * 40, "\n\0"][i % 4] for i in range(len(counts))]
    return np.asarray(draw_sheet(images, labels, names))


def test_one_row_per_class_with_its_label_and_samples():
    sheet = sheet_of([30, 3, 0, 7])
    assert sheet.shape[0] == 3 * 35 + 3  # The class without symbols has no row.
    for i, (grey, tiles) in enumerate([(100, 20), (150, 3), (250, 7)]):
        row = sheet[3 + 35 * i : 35 + 35 * i]
        assert (row == 244 - grey * 244 // 255).sum() >= tiles * 400 - 3
        assert (row[:, :60] < 100).sum() > 5


@pytest.mark.parametrize(("size", "columns"), [(28, 20), (64, 20), (512, 3)])
def test_large_images_make_fewer_columns(size, columns):
    sheet = sheet_of([25, 25], size)
    assert (sheet[3 + size // 2] == 244 - 100 * 244 // 255).sum() == columns * (size - 8)


def test_very_many_classes_and_large_images_stay_small():
    assert sheet_of([1] * 3_000).shape[0] == contact_sheet.MAX_ROWS * 35 + 3
    assert sheet_of([1] * 100, 512).size < 50e6
