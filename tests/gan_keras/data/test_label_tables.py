import pytest

from gan_keras.data.label_tables import parse
from gan_keras.data.records import Record
from gan_keras.foundation.errors import DataError


def read(text, **columns):
    return parse(text if isinstance(text, bytes) else text.encode(), "labels.csv", columns)


@pytest.mark.parametrize(
    ("text", "columns", "records"),
    [
        (
            "file,label\na.png,cat\n\n.\\x\\b.png,dog\n",
            {},
            [Record("a.png", "cat", line=2), Record("x/b.png", "dog", line=4)],
        ),
        # a byte order mark, quotes, and a column more
        (
            '\ufeffx,label,file,split,group\n1,"a,b","q"".png",test,\n',
            {},
            [Record('q".png', "a,b", "test", line=2)],
        ),
        (
            "file,letter,book\na.png,A,7\n",
            {"label": "letter", "group": "book"},
            [Record("a.png", "A", group="7", line=2)],
        ),
        # typed by hand: blanks, capitals, semicolons, an empty line, the words for splits
        (
            "File; Label ;Split\n a.png ;cat ; Train\nb.png; cat;VALID\n;;\nc.png;cat;testing\n",
            {},
            [
                Record("a.png", "cat", "train", line=2),
                Record("b.png", "cat", "val", line=3),
                Record("c.png", "cat", "test", line=5),
            ],
        ),
        ("file\tlabel\na.png\tx, y\n".encode("utf-16"), {}, [Record("a.png", "x, y", line=2)]),
        # HASYv2, and Hugging Face
        (
            "path,symbol_id,latex,user_id\nd/v2-0.png,31,\\alpha,50\n",
            {"file": "path", "label": "latex", "group": "user_id"},
            [Record("d/v2-0.png", "\\alpha", group="50", line=2)],
        ),
        (  # numbers, some of them as floats
            "file_name,label\na.png,3.0\nb.png,3\n",
            {},
            [Record("a.png", "3", line=2), Record("b.png", "3", line=3)],
        ),
        (
            '{"file_name": "a.png", "label": 3, "b": []}\n\n{"label": "x", "file_name": "b.png"}',
            {},
            [Record("a.png", "3", line=1), Record("b.png", "x", line=3)],
        ),
    ],
)
def test_records(text, columns, records):
    assert read(text, **columns) == records


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: no column 'file' .*`,file=COLUMN` behind"),
        ("file,class\na.png,x\n", r"line 1: no column 'label' \(there are: file, class\)"),
        ("file,label\n", "no lines but the column names"),
        ("file,label\na.png,x\nb.png\n", "line 3: no value for 'label'"),
        ("file,label\na.png,x,y\n", "line 2: more values than column names"),
        ("file,label\na.png,\n", "line 2: 'label' is empty"),
        ("file,label,split\na.png,x,y\n", "line 2: 'split' is 'y'; it must be one of train"),
        ("file,label,a,b\na.png,x,dev,train\n", "which column tells splits: 'a', 'b'"),
        ('{"file_name": "a.png"}', "no column 'label'"),
        ('{"file_name": "a.png", "label": "x"}\n[1]', "line 2: no JSON object"),
        (
            '{"file_name": "a.png", "label": "x"}\n{"label": null}',
            "line 2: no value for 'file_name'",
        ),
        (b"file,label\na.png,x\nb.png,\xff\n", "line 3: not UTF-8"),
        ('file,label\na.png,"x\n', "line 2: "),
    ],
)
def test_mistakes_are_named_by_line(text, message):
    with pytest.raises(DataError, match=message) as caught:
        read(text)
    assert "\n" not in str(caught.value)


def test_columns_asked_for_must_be_there():
    with pytest.raises(DataError, match="no column 'book'"):
        read("file,label\na.png,x\n", group="book")
