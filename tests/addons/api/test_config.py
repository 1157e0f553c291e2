"""The configuration over the API: what keeps it from being in force is told, and not written."""

from types import SimpleNamespace
from typing import Any

import pytest

from addons.api.config import ConfigPage
from addons.api.config_text import ConfigTextPage, TextChange
from router_core.config.load import load_config
from router_core.config.text import ConfigInvalid, read_text
from router_core.home import Home
from router_core.telemetry import installed
from router_core.trace.redact import Redactor

NEEDS = {
    "a file of the owner's": (
        '[transformers]\nmine = "nowhere.py:Mine"\n[providers.claude]\ntransformers = ["mine"]\n',
        "nowhere.py",
    ),
    "packages": ('[telemetry]\notlp_endpoint = "http://127.0.0.1:9"\n', "packages for it are not installed"),
}


@pytest.fixture(params=NEEDS.values(), ids=NEEDS)
def needs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """config.toml that needs what is not there, and what is said of it."""
    monkeypatch.setattr(installed, "NEEDED", ("no_such_package",))
    text, says = request.param
    return text, says


@pytest.fixture
def runtime(home: Home) -> Any:
    return SimpleNamespace(home=home, config=load_config(home.config), redactor=Redactor())


async def test_what_it_needs_and_is_not_there_is_told(runtime: Any, needs: tuple[str, str]) -> None:
    text, says = needs
    page = ConfigPage(runtime)
    assert (await page.answer()).value["problem"] == ""
    runtime.home.config.write_text(text)
    told = (await page.answer()).value
    assert says in told["problem"]
    assert told["origins"] == {}


async def test_a_text_that_needs_what_is_not_there_is_not_written(runtime: Any, needs: tuple[str, str]) -> None:
    text, says = needs
    version = read_text(runtime.home.config, hidden=True).version
    with pytest.raises(ConfigInvalid, match=says) as refused:
        await ConfigTextPage(runtime).change(TextChange(text=text, version=version))
    assert refused.value.status == 422
    assert not runtime.home.config.exists()
