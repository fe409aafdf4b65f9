"""A real browser for tests of pages: headless Chromium, as Debian packages it.

A test that opens one is skipped, with the reason, where Chromium, its driver or selenium is missing
(`apt-get install chromium chromium-driver`).
"""

import contextlib
import importlib.util
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 30  # for a page to load
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # tests run as root in containers, and open their own pages only
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--disable-background-networking",
)
# Elements that stick out of the page and lie in no box that scrolls by itself.
_OVERFLOWING = """
const width = document.documentElement.clientWidth;
const scrolls = (node) => {
  for (let n = node.parentElement; n && n !== document.body; n = n.parentElement)
    if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(n).overflowX)) return true;
  return false;
};
return [...document.body.querySelectorAll('*')].filter((node) => {
  const box = node.getBoundingClientRect();
  return box.width && (box.right > width + 1 || box.left < -1) && !scrolls(node);
}).map((node) => node.tagName.toLowerCase() + '.' + (node.getAttribute('class') || ''));
"""


def missing() -> str | None:
    """What a browser test lacks here, or None."""
    if not _program():
        return "there is no Chromium (apt-get install chromium)"
    if not shutil.which("chromedriver"):
        return "there is no chromedriver (apt-get install chromium-driver)"
    if importlib.util.find_spec("selenium") is None:
        return "there is no selenium (pip install -e '.[test]')"
    return None


@contextlib.contextmanager
def browser(width: int = 1280, height: int = 900) -> Iterator[Any]:
    """Opens headless Chromium, of a size in CSS pixels; skips the test where there is none."""
    if reason := missing():
        pytest.skip(reason)
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = _program()
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for option in _OPTIONS:
        options.add_argument(option)
    # A path of its own keeps selenium from asking the network for a driver.
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.set_page_load_timeout(SECONDS)
        resize(driver, width, height)
        yield driver
    finally:
        driver.quit()


def resize(driver: Any, width: int, height: int) -> None:
    """Gives the page another size, in CSS pixels."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def console_errors(driver: Any) -> list[str]:
    """What the page has complained about since the last call: errors and warnings."""
    entries = driver.get_log("browser")
    return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]


def overflowing(driver: Any) -> list[str]:
    """Elements that stick out of the page sideways, as `tag.class`; those that scroll may."""
    return driver.execute_script(_OVERFLOWING)


def requested(driver: Any) -> list[str]:
    """Addresses that the page has loaded besides itself and data in it."""
    script = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    return [name for name in driver.execute_script(script) if not name.startswith("data:")]


def _program() -> str | None:
    """The browser's path."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)
