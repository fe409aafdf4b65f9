import io
import json
from pathlib import Path

import pytest
from data_samples import class_files, png, shades
from file_samples import write_files, write_tar, write_zip
from PIL import Image

from gan_keras import data
from gan_keras.data import DataOptions, places, show
from gan_keras.foundation.errors import DataError
from gan_keras.foundation.files import write_json


def load(path, **options):
    return data.load(f"folder:{path}", options=DataOptions(**options))


def together(found):
    """All images' shades with their class names, sorted."""
    pairs = []
    for split in ("train", "test"):
        images, labels = getattr(found, f"{split}_images"), getattr(found, f"{split}_labels")
        pairs += zip(shades(images), [found.class_names[x] for x in labels], strict=True)
    return sorted(pairs)


def test_names():
    assert places.parse("folder:a/b") == (Path("a/b"), {})
    path, options = places.parse(
        "folder:a,b.zip,label=letter,group=book,labels=x.csv", ("labels", "label", "group")
    )
    assert path == Path("a,b.zip")
    assert options == {"label": "letter", "group": "book", "labels": "x.csv"}
    with pytest.raises(DataError, match="needs a path"):
        places.parse("folder:")


def test_sub_folders_are_classes_and_a_zip_is_the_same_as_its_folder(tmp_path):
    files = class_files()
    found = load(write_files(tmp_path / "pets", files))
    assert (found.name, found.class_names) == ("pets", ("cat", "dog"))
    assert found.image_shape == (12, 12, 1)
    assert 1 <= len(found.test_images) <= 8
    cats, dogs = ([(n + i, name) for i in range(20)] for n, name in ((0, "cat"), (100, "dog")))
    assert together(found) == cats + dogs
    inside = {f"pets/{name}": files[name] for name in reversed(files)}  # in any order
    assert load(write_zip(tmp_path / "pets.zip", inside)).fingerprint() == found.fingerprint()


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        (["10/1.png", "9/1.png"], ("9", "10")),  # in the order of numbers
        (["1.png", "2.png"], ("all",)),
        (["train/1.png", "test/2.png"], ("all",)),
        ([f"{i}/0.png" for i in range(60)], tuple(map(str, range(60)))),
    ],
)
def test_classes(tmp_path, names, classes):
    found = load(write_files(tmp_path / "p", dict.fromkeys(names, png())))
    assert found.class_names == classes
    assert found.class_counts.tolist() == [1 + (names[0] == "1.png")] * len(classes)


def test_names_of_classes_fit_on_a_line_and_into_a_file(tmp_path):
    # Latin-1, an escape that colours a terminal, and what the first one looks like escaped
    names = ["caf\udce9", "c\x1b[31mRED", r"caf\xe9", "größe"]
    path = tmp_path / "b\udce4r"
    found = load(write_files(path, class_files(2, classes=names, size=(8, 8))))
    assert found.class_names == (r"c\x1b[31mRED", r"caf\xe9", r"caf\xe9#2", "größe")
    assert found.name == r"b\xe4r"
    assert together(found)[:2] == [(0, r"caf\xe9#2"), (1, r"caf\xe9#2")]
    show.write_sheet(tmp_path / "sheet.png", found)
    write_json(tmp_path / "config.json", found.spec.to_dict())
    assert "\x1b" not in show.describe(found).encode().decode()


def digits(classes="012", number=6, root="", **more):
    """Pictures of classes, each in a folder, below a root; the shade is the number of the class."""
    return {f"{root}{c}/{i}.png": png(10 * int(c), **more) for c in classes for i in range(number)}


def said(capsys):
    return [line.removeprefix("WARNING: p: ") for line in capsys.readouterr().err.splitlines()]


SPLIT = digits(root="TRAIN/") | digits(root="Testing/", number=2)


@pytest.mark.parametrize("write", [write_files, write_zip, write_tar])
@pytest.mark.parametrize(
    ("files", "counts", "lines"),
    [
        (SPLIT, (18, 6), []),
        (
            {f"x-main/data/{name}": file for name, file in SPLIT.items()}
            | {"x-main/README.md": b"", "x-main/docs/fig.png": png(), "x-main/docs/b.png": png()},
            (18, 6),
            [
                "files without a picture that can be read: .md 1",
                "'2 pictures in x-main/docs/' is left out: they lie beside the split folders",
            ],
        ),
        (
            digits(root="train/train/")
            | digits(root="test/", number=2)
            | digits(root="samples/samples/", number=1),
            (18, 6),
            ["'3 pictures in samples/' is left out: they lie beside the split folders"],
        ),
        (
            digits(root="train/") | digits(root="val/", number=2),
            (18, 6),
            ["6 images for validation are the test split; none is trained on"],
        ),
        (
            SPLIT | digits(root="dev/", number=1),
            (18, 6),
            ["3 images for validation are left out, as there is a test split"],
        ),
        (
            digits(root="train/") | {f"test/{i}.png": png() for i in range(7)},
            (15, 3),
            ["'7 pictures of test' is left out: unlabelled: in no class folder"],
        ),
        (
            digits(root="train/") | digits("3", 2, root="test/"),
            (18, 0),
            [
                "classes without a train image are left out, and so are their 2 test images: 3",
                "there are no test images: too few to draw one in ten, or none of these classes",
            ],
        ),
        (
            digits(root="a/seg_train/seg_train/")
            | digits(root="a/seg_test/seg_test/", number=2),
            (18, 6),
            [],
        ),
        ({"digits/README.txt": b""} | digits(root="digits/"), (15, 3), [
            "files without a picture that can be read: .txt 1"
        ]),
        (digits(root="Set/Set/Img/"), (15, 3), []),
    ],
)  # fmt: skip
def test_splits_and_wrappings(tmp_path, capsys, write, files, counts, lines):
    found = load(write(tmp_path / "p", files))
    assert found.class_names == ("0", "1", "2")
    assert set(together(found)) == {(10 * c, str(c)) for c in range(3)}
    assert (len(found.train_labels), len(found.test_labels)) == counts
    assert said(capsys) == lines


def test_what_might_have_given_classes_and_has_not_is_named(tmp_path, capsys):
    deep = {f"writer{n % 2}/scans/{n // 2}/1.png": png() for n in range(4)}
    assert load(write_files(tmp_path / "deep", deep)).class_names == ("writer0", "writer1")
    assert any("as writer0/scans/0" in line for line in said(capsys))
    flat = {f"mnist_3_{n}.png": png() for n in range(4)}
    assert load(write_files(tmp_path / "flat", flat)).class_names == ("all",)
    assert any("all images are of one class" in line for line in said(capsys))


def test_files_of_several_pictures_are_counted(tmp_path, capsys):
    file = io.BytesIO()
    frames = [Image.new("L", (12, 12), grey) for grey in (0, 255)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    files = class_files() | {"cat/many.gif": file.getvalue()}
    load(write_files(tmp_path / "p", files))
    assert any("1 of its files hold several pictures: the first" in line for line in said(capsys))


def test_classes_that_are_lost_are_named(tmp_path, capsys):
    files = digits() | {"3/1.heic": b"x", "4/1.png": b"x", "docs/README.md": b""}
    assert load(write_files(tmp_path / "p", files)).class_names == ("0", "1", "2")
    assert said(capsys) == [
        "files without a picture that can be read: .heic 1, .md 1; folders without one: 3 docs",
        "'4/1.png' is left out: not a picture of a known kind",
        "no picture can be read of the classes 4",
    ]


def test_what_might_have_been_classes_is_said(tmp_path, capsys):
    files = {f"cat/{kind}/{i}.png": png(i) for kind in ("wild", "tame") for i in range(6)}
    load(write_files(tmp_path / "p", files | {"dog/1.png": png()}))
    assert said(capsys) == [
        "folders inside the class folders make no classes of their own, as cat/tame"
    ]


LATEX = ("\\alpha", ",")
HASY = "path,symbol_id,latex,user_id\n" + "".join(
    f'hasy-data/{i}.png,{31 + i % 2},"{LATEX[i % 2]}",{i // 2}\n' for i in range(60)
)


def test_hasy_needs_its_columns_and_says_so(tmp_path, capsys):
    files = {f"hasy-data/{i}.png": png(i) for i in range(60)}
    path = write_files(tmp_path / "p", files | {"hasy-data-labels.csv": HASY})
    assert load(path).num_classes == 1
    (line, _) = said(capsys)
    assert "of one class, but there is a table, hasy-data-labels.csv (columns: path, sy" in line
    assert "`,labels=hasy-data-labels.csv,file=path,label=COLUMN` behind the path" in line
    found = load(f"{path},labels=hasy-data-labels.csv,file=path,label=latex,group=user_id")
    assert found.class_names == (",", "\\alpha")
    assert {(shade % 2, name) for shade, name in together(found)} == {(0, "\\alpha"), (1, ",")}
    train, test = ({x // 2 for x in shades(y)} for y in (found.train_images, found.test_images))
    assert test
    assert not train & test
    assert [line.rpartition(": ")[2] for line in said(capsys)] == ["symbol_id"]  # not used


@pytest.mark.parametrize("write", [write_files, write_zip])
@pytest.mark.parametrize("where", ["each", "root", "jsonl"])
def test_hugging_face_folders(tmp_path, capsys, write, where):
    files = {f"{part}/{i}.png": png(i) for part, n in (("train", 9), ("test", 3)) for i in range(n)}
    tables = {}
    for name in files:
        folder, _, file = name.partition("/")
        label = "ab"[int(file[0]) % 2]
        if where == "jsonl":
            row = json.dumps({"file_name": file, "label": label})
            tables.setdefault(f"{folder}/metadata.jsonl", []).append(row)
        elif where == "each":
            tables.setdefault(f"{folder}/metadata.csv", ["file_name,label"]).append(
                f"{file},{label}"
            )
        else:
            tables.setdefault("metadata.csv", ["file_name,label"]).append(f"{name},{label}")
    files |= {name: "\n".join(lines) for name, lines in tables.items()}
    found = load(write(tmp_path / "p", {f"set/{name}": file for name, file in files.items()}))
    assert (shades(found.train_images), shades(found.test_images)) == ([*range(9)], [0, 1, 2])
    assert {(shade % 2, name) for shade, name in together(found)} == {(0, "a"), (1, "b")}
    assert said(capsys) == []


def test_classes_and_splits_in_other_places_are_named(tmp_path, capsys):
    files = {
        f"{c}/{split}_{i}.png": png(20 * i)
        for c in "ab"
        for i, split in enumerate(["train"] * 8 + ["test"] * 4)
    }
    load(
        write_files(tmp_path / "a", files | {"dataset.json": '{"labels": [["a/train_1.png", 3]]}'})
    )
    lines = "\n".join(said(capsys))
    assert "dataset.json, which may hold classes, is not read" in lines
    assert "names of files tell splits, test train: put them into folders" in lines


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.json": '{"annotations": [{"image_id": 1}]}'}, "a.json tells where objects are"),
        ({"x/1.xml": "<a><bndbox>"}, "x/1.xml tells where"),
        ({"labels/1.txt": "0 0.5 0.5 0.25 1\n"}, "labels/1.txt tells where"),
        (digits(root="train/") | digits(root="query/"), "query train splits or classes"),
        (
            {f"{s}{c}/{i}.png": png() for s in ("train", "test") for c in "AB" for i in (1, 2)},
            "testA testB trainA trainB splits or classes",
        ),
    ],
)
def test_what_is_not_a_class_per_picture_is_refused(tmp_path, files, message):
    pictures = {} if len(files) > 1 else {f"images/{i}.png": png(i) for i in range(20)}
    with pytest.raises(DataError, match=message):
        load(write_files(tmp_path / "p", pictures | files))


def test_the_table_that_names_classes_is_advised(tmp_path, capsys):
    files = {f"images/{i}.png": png(i) for i in range(20)} | {"notes.txt": b"1 2 3"}
    tables = {
        "sample.csv": "id,label\n" + "".join(f"{i},0\n" for i in range(20)),
        "test.csv": "id\n" + "".join(f"{i}\n" for i in range(16, 20)),
        "train.csv": "id,label\n" + "".join(f"{i},{i % 3}\n" for i in range(16)),
    }
    load(write_files(tmp_path / "p", files | tables))
    assert "`,labels=train.csv,file=id,label=COLUMN`" in said(capsys)[0]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("data_batch_1", b"\x80\x04.", "data_batch_1 is a pickle, which is never opened"),
        ("a.pkl.gz", b"\x1f\x8b", "unpack a.pkl.gz, or pack it as .zip"),
        ("a.tar.xz", b"\xfd7zXZ", "unpack a.tar.xz, or pack it as .zip"),
        ("a.mat", b"MATLAB", ".mat files are not taken: save the images by np.savez"),
        ("a.npz", b"PK", "p would be given as npz:.*a.npz|a.npz would be given as npz:"),
    ],
)
def test_files_that_are_not_taken_come_with_a_way_out(tmp_path, name, content, message):
    path = write_files(tmp_path / "p", {name: content})
    for given in (f"folder:{path}", f"folder:{path / name}", str(path / name)):
        with pytest.raises(DataError, match=message):
            data.load(given)


def test_a_split_that_is_given_alone_is_said(tmp_path, capsys):
    write_files(tmp_path / "p", digits(root="train/") | digits(root="test/") | {"notes/a.txt": b""})
    load(tmp_path / "p" / "train")
    (line,) = said(capsys)
    assert f"not read, though beside it: test; folder:{tmp_path / 'p'} reads them all" in line


def test_captions_are_no_labels(tmp_path, capsys):
    files = digits() | {"metadata.csv": "file_name,text\n0/0.png,a nought\n"}
    assert load(write_files(tmp_path / "p", files)).class_names == ("0", "1", "2")
    assert said(capsys) == ["files without a picture that can be read: .csv 1"]


@pytest.mark.parametrize(
    "form", ["{}.png", "img/{}.png", "set/img/{}.png", "./img/{}.png", "img/{}", "{}"]
)
def test_paths_of_a_table_are_found_wherever_they_begin_and_end(tmp_path, form):
    files = {f"set/img/{i}.png": png(i) for i in range(4)}
    rows = "".join(f"{form.format(i)},{'ab'[i % 2]}\n" for i in range(4))
    path = write_zip(tmp_path / "p", files | {"set/labels.csv": "file,label\n" + rows})
    assert {(shade % 2, name) for shade, name in together(load(path))} == {(0, "a"), (1, "b")}


def test_names_are_compared_and_kept_in_one_normal_form(tmp_path):
    composed, apart = "é", "e\u0301"  # as macOS writes it
    files = {f"{apart}/{i}.png": png(i) for i in range(3)} | {f"{composed}/9.png": png(9)}
    path = write_zip(tmp_path / "p", files)
    assert load(path).class_names == (composed,)
    assert load(path, only_class=apart).class_names == (composed,)
    rows = "".join(f"{composed}/{i}.png,{'ab'[i % 2]}\n" for i in range(3))
    write_files(tmp_path, {"labels.csv": "file,label\n" + rows})
    (tmp_path / "p.zip").unlink()
    path = write_zip(tmp_path / "p", {name: file for name, file in files.items() if apart in name})
    assert load(path).class_names == ("a", "b")
    assert load(path, only_class="a").class_names == ("a",)


def test_good_files_among_bad_ones(tmp_path, capsys):
    files = {
        "a/good.png": png(10),
        "a/colour.jpg": png(50, mode="RGB", format="JPEG"),
        "b/large.gif": png(60, mode="RGB", format="GIF", size=(30, 20)),
        "b/readme.txt": b"ignored",
        "outside.png": png(80),
        **{f"b/{i}.png": b"not a picture" for i in range(50)},
    }
    found = load(write_files(tmp_path / "p", files), image_size=16)
    assert found.image_shape == (16, 16, 1)
    assert len(together(found)) == 3
    said = capsys.readouterr().err
    assert "'outside.png' is left out: it lies outside the class folders" in said
    assert "'b/0.png' is left out: not a picture of a known kind" in said
    assert "41 more files are left out (41 x not a picture of a known kind)" in said
    assert "files without a picture that can be read: .txt 1" in said
    assert said.count("\n") == 13


def test_sizes_that_differ_get_one(tmp_path, capsys):
    files = {"a/1.png": png(1), "a/2.png": png(2, size=(40, 20))}
    assert load(write_files(tmp_path / "p", files)).image_shape == (64, 64, 1)
    assert "--image_size=N asks for another" in capsys.readouterr().err
    assert load(tmp_path / "p", image_size=20).image_shape == (20, 20, 1)


LABELS = "file,label\nx/2.png,two\n./x/1.png,one\n3.png,two\n"
PICTURES = {"x/1.png": png(1), "x/2.png": png(2), "3.png": png(3), "unnamed.png": png(4)}


@pytest.mark.parametrize("where", ["inside", "in zip", "beside zip", "elsewhere"])
def test_labels_csv(tmp_path, capsys, where):
    labels, path = {"labels.csv": LABELS}, tmp_path / "p"
    if where == "inside":
        write_files(path, PICTURES | labels)
    elif where == "elsewhere":
        write_files(path, PICTURES)
        path = f"{path},labels={write_files(tmp_path, labels) / 'labels.csv'}"
    else:
        path = write_zip(tmp_path / "p.zip", PICTURES | (labels if where == "in zip" else {}))
        write_files(tmp_path, labels if where == "beside zip" else {})
    found = load(path)
    assert found.class_names == ("one", "two")
    assert together(found) == [(1, "one"), (2, "two"), (3, "two")]
    assert "'1 pictures' is left out" in capsys.readouterr().err


@pytest.mark.parametrize("column", ["split", "dataset_part"])
def test_split_column(tmp_path, column):
    text = f"file,label,{column}\nx/1.png,a,train\nx/2.png,a,test\n3.png,a,train\n"
    found = load(write_files(tmp_path / "p", {**PICTURES, "labels.csv": text}))
    assert (shades(found.train_images), shades(found.test_images)) == ([3, 1], [2])


def test_group_column(tmp_path):
    files = {f"{i:03d}.png": png(i) for i in range(100)}
    rows = "".join(f"{name},a,w{i // 5}\n" for i, name in enumerate(files))
    path = write_files(tmp_path / "p", {**files, "labels.csv": "file,label,writer\n" + rows})
    found = load(f"{path},group=writer")
    train, test = (
        {shade // 5 for shade in shades(x)} for x in (found.train_images, found.test_images)
    )
    assert test
    assert not train & test


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ({"labels.csv": "file,label\n3.png,a\n4.png,a\n"}, "", "line 3: there is no pic.*'4.png'"),
        (
            {"labels.csv": "file,label\n3.png,a\n3.png,b\n"},
            "",
            "line 3: '3.png' is in line 2 already",
        ),
        ({"labels.csv": "file,label\n../3.png,a\n"}, "", r"line 2: .* picture '\.\./3.png'"),
        ({"labels.csv": "file,label,split\n3.png,a,test\n"}, "", "all pictures are in the test"),
        ({"labels.csv": "3.png,a\n"}, "", "write a line `file,label` above it"),
        ({}, ",label=letter", "has no labels.csv"),
        ({}, ",labels=none.csv", "cannot read none.csv"),
    ],
)
def test_mistakes(tmp_path, files, options, message):
    path = write_files(tmp_path / "p", {**PICTURES, **files})
    with pytest.raises(DataError, match=message):
        load(f"{path}{options}")


def test_only_bad_files(tmp_path):
    path = write_files(tmp_path / "p", {"a/1.png": b"x"})
    with pytest.raises(DataError, match=r"none of 1 files is a usable picture; 'a/1.png': not a"):
        load(path)


def test_real_initials(real_data):
    path = real_data / "initials" / "initials-64x64-gray.zip"
    if not path.is_file():
        pytest.skip("no initials")
    found = load(f"{path},label=letter_from_filename,group=gutenberg_book")
    assert found.image_shape == (64, 64, 1)
    assert len(found.train_images) + len(found.test_images) == 3512
    assert found.class_names == tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert found.class_counts.min() >= 1
