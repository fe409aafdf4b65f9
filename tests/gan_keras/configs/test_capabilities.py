"""The capability table and its one check."""

import pytest

from gan_keras.configs import capabilities


@pytest.fixture
def table(monkeypatch):
    rows = {"vanilla": frozenset({"ema", "packing"}), "plain": frozenset()}
    monkeypatch.setattr(capabilities, "CAPABILITIES", rows)


def test_rows_name_known_tools():
    for tools in capabilities.CAPABILITIES.values():
        assert tools <= set(capabilities.TOOLS)


@pytest.mark.usefixtures("table")
def test_supported_tools_pass():
    capabilities.check("vanilla", ["ema", "packing"])
    capabilities.check("plain", [])


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    ("variant", "tools", "message"),
    [
        ("vanilla", ["ema", "replay"], "'vanilla' cannot use this tool: replay. .*ema, packing"),
        ("plain", ["ema"], "It supports: none"),
        ("vanilla", ["telepathy"], "no such tool: telepathy"),
        ("nosuch", [], "Known: plain, vanilla"),
    ],
)
def test_others_are_refused(variant, tools, message):
    with pytest.raises(ValueError, match=message):
        capabilities.check(variant, tools)
