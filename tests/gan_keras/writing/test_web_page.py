import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import writing_samples
from browser import browser, console_errors, overflowing, requested, resize

from gan_keras.foundation.errors import DataError
from gan_keras.writing import web_page
from gan_keras.writing.handwriter import Writer
from gan_keras.writing.web_page import FORMULA, TEXT, Page

# style, towards, blend, variation, size, best_of, seed
USUAL = (1, 2, 0, 0.45, 64, 1, 0)


@pytest.fixture(scope="module")
def writer():
    return Writer(writing_samples.sampler("math16"))


@pytest.fixture
def page(writer, tmp_path):
    return Page(writer, tmp_path)


def test_a_page_is_a_drawing_and_two_files(page, tmp_path):
    page.write(TEXT, "1", *USUAL)
    drawing, png, svg = page.write(FORMULA, r"\frac{1}{x}", *USUAL)
    assert len(list(tmp_path.iterdir())) == 2  # they do not pile up
    assert drawing.startswith("<svg")
    assert "2 glyphs, written in" in drawing
    with open(png, "rb") as file:
        assert file.read(4) == b"\x89PNG"
    with open(svg) as file:
        assert drawing.startswith(file.read())


@pytest.mark.parametrize(
    ("kind", "words", "sentence"),
    [
        (TEXT, "", "There is nothing to write"),
        (TEXT, "x" * 401, "The text or formula is too long: 401 characters, at most 400."),
        (TEXT, "xyz", "This run has no class for: y, z"),
        (FORMULA, r"\frac{1}{", "The formula cannot be read"),
        (TEXT, "<script>alert(1)</script>", "&lt;"),
    ],
)
def test_mistakes_are_sentences(page, kind, words, sentence):
    drawing, png, svg = page.write(kind, words, *USUAL)
    assert sentence in drawing
    assert 'role="alert"' in drawing
    assert "<script" not in drawing
    assert png is svg is None


def test_the_examples_can_be_written(page):
    examples = page.examples()
    assert [FORMULA, r"\frac{1}{2}x^{2}-9=0"] in examples
    assert [TEXT, "Hello World"] not in examples
    for kind, words in examples:
        assert page.write(kind, words, *USUAL)[1]


@pytest.fixture(scope="module")
def served(writer):
    pytest.importorskip("gradio")
    app = web_page.launch(writer, "toy", port=0)
    yield app.local_url
    app.close()


def wait_until(holds):
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def wait_for(driver, text):
    script = "return document.querySelector('#written')?.innerText ?? ''"
    wait_until(lambda: text in driver.execute_script(script))


def test_the_page_in_a_browser(served, tmp_path):
    with browser(1280, 900) as driver:
        driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
        )
        driver.get(served)
        driver.implicitly_wait(20)
        box = driver.find_element("css selector", "#words textarea")
        wait_for(driver, "glyphs, written in")  # it writes before anyone has asked

        def ask(words, answer):
            box.clear()
            box.send_keys(words)
            wait_for(driver, answer)

        ask("(3+4)x=7", "8 glyphs")
        assert len(driver.find_elements("css selector", "#written svg path")) == 8

        for kind in ("png", "svg"):
            driver.find_element("css selector", f"#{kind}").click()
        wait_until(lambda: {p.name for p in tmp_path.iterdir()} >= {"writing.png", "writing.svg"})
        assert (tmp_path / "writing.svg").read_text().count("<path") == 8

        ask("y", "This run has no class for: y")
        assert not driver.find_element("css selector", "#png").is_enabled()

        ask("12", "2 glyphs")
        drawing = "return document.querySelector('#written svg').outerHTML"
        before = driver.execute_script(drawing)
        driver.find_element("css selector", "#again").click()
        wait_until(lambda: driver.execute_script(drawing) != before)

        for width in (1280, 390):
            resize(driver, width, 844)
            time.sleep(0.5)
            assert overflowing(driver) == []
        assert console_errors(driver) == []
        assert all(name.startswith(served) for name in requested(driver))


def test_nothing_but_this_machine_is_listened_to(served):
    assert served.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(f"{served}config", timeout=10) as answer:
        config = answer.read().decode()
    assert '"analytics_enabled":false' in config.replace(" ", "")
    assert "fonts.googleapis" not in config


def test_nobody_can_fill_the_disk_and_nothing_stays(served, writer):
    body = (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nx\r\n--b--\r\n'
    )
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    request = urllib.request.Request(f"{served}gradio_api/upload", body, kind)
    with pytest.raises(urllib.error.HTTPError, match="413"):
        urllib.request.urlopen(request, timeout=10)
    app = web_page.launch(writer, "toy", port=0)
    folder = Path(app.downloads.name)
    assert {Path(block.GRADIO_CACHE).parent for block in app.blocks.values()} == {folder}
    app.close()


def test_a_port_that_is_taken(writer, served):
    port = int(served.rstrip("/").rpartition(":")[2])
    with pytest.raises(DataError, match=f"cannot serve at 127.0.0.1:{port}.*another --port"):
        web_page.launch(writer, "toy", port=port)
