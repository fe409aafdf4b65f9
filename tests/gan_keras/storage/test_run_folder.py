import pytest

from gan_keras.configs.acgan import ACGANConfig
from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.storage import run_folder
from gan_keras.storage.history import History, Stopwatch


def test_history_drops_rows_after_the_checkpoint(tmp_path):
    history = History(tmp_path / "log.csv")
    for epoch in (1, 2, 3):
        history.append(epoch, 5 * epoch, {"loss": epoch / 10})
    resumed = History(tmp_path / "log.csv", last_epoch=2)
    resumed.append(3, 15, {"loss": 0.9, "new": 5})
    assert resumed.columns()["loss"] == [0.1, 0.2, 0.9]
    assert resumed.columns()["new"][2] == 5
    assert (tmp_path / "log.csv").read_text().splitlines()[0] == "epoch,step,loss,new"

    (tmp_path / "log.csv").write_text("epoch,loss\nx,1\n")
    with pytest.raises(DataError, match=r"log\.csv is damaged"):
        History(tmp_path / "log.csv")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"options": {}}'])
def test_damaged_config_is_one_line(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(DataError, match="damaged.*--overwrite"):
        run_folder.RunFolder(tmp_path).read_config()


def test_stopwatch_goes_on_over_sessions():
    first = Stopwatch({"wall_seconds": 100.0, "cpu_seconds": 50.0}).read()
    assert 100 <= first["wall_seconds"] < 105
    assert 50 <= first["cpu_seconds"] < 55


def test_images_in_memory_and_streamed_ones_are_not_called_changed(tmp_path):
    folder = run_folder.RunFolder(tmp_path)
    config = ACGANConfig.create(options={"memory_mb": 1})
    options = config.to_dict() | {"memory_mb": 700}
    stored = {"options": options, "data": {"fingerprint": "pixels", "streamed": False}}
    message = r"--memory_mb=1 streams its images and .* did not.*give --memory_mb=700 as before"
    with pytest.raises(UsageError, match=message):
        folder.check_same(stored, config, "listing", True)
    with pytest.raises(DataError, match="has changed since"):
        folder.check_same(stored, config, "other pixels", False)
    del stored["data"]["streamed"]  # a run of an earlier version
    with pytest.raises(DataError, match="has changed since"):
        folder.check_same(stored, config, "listing", True)
    folder.check_same(stored, config, "pixels", False)


def test_the_same_data_under_another_path(tmp_path):
    folder = run_folder.RunFolder(tmp_path)
    before = ACGANConfig.create(options={"dataset": "folder:pics"})
    stored = {"options": before.to_dict(), "data": {"fingerprint": "pixels", "streamed": False}}
    now = before.replace(dataset="folder:/elsewhere/pics")
    folder.check_same(stored, now, "pixels", False)
    with pytest.raises(UsageError, match=r"dataset \('folder:pics' before, 'folder:/elsewhere"):
        folder.check_same(stored, now, "others", False)
    with pytest.raises(UsageError, match="batch_size"):
        folder.check_same(stored, now.replace(batch_size=2), "pixels", False)


def test_unwritable_workdir_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot use --workdir="):
        run_folder.RunFolder(tmp_path / "file" / "run").acquire()
