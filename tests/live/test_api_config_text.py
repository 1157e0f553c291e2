"""config.toml through the API of a real router: read, changed, refused."""

from collections.abc import Iterator

import pytest

from tests.live.test_admin_api import admin
from tests.live.test_api_traces import told
from tests.support.lab import Lab, wait_until

TEXT = '[trace]\nkeep = 900\n[providers.own]\nkind = "openai-chat"\nbase_url = "https://x.test/v1"\napi_key = "hush"\n'


@pytest.fixture
def no_config(lab: Lab) -> Iterator[Lab]:
    file = lab.router.home.config
    before = file.read_text() if file.exists() else None
    yield lab
    if before is None:
        file.unlink(missing_ok=True)
    else:
        file.write_text(before)
    wait_until(lambda: told(lab, "/api/config")["settings"]["trace"]["keep"] != 900)


def test_a_text_is_written_put_in_force_and_read_without_its_secrets(no_config: Lab) -> None:
    lab = no_config
    read = told(lab, "/api/config/text")
    assert read["path"] == str(lab.router.home.config)
    text = read["text"] + TEXT
    done = admin(lab, "PUT", "/api/config/text", {"text": text, "version": read["version"]})
    assert done.status_code == 200
    assert done.json()["hidden"] == 1
    assert "hush" not in done.text
    wait_until(lambda: told(lab, "/api/config")["settings"]["trace"]["keep"] == 900)
    assert lab.router.home.config.read_text() == text
    assert "hush" not in told(lab, "/api/config/text")["text"]
    assert admin(lab, "GET", "/api/config/text?secrets=true").status_code == 400
    changed = done.json()["text"].replace("x.test", "y.test")
    again = admin(lab, "PUT", "/api/config/text", {"text": changed, "version": done.json()["version"]})
    assert again.status_code == 200
    assert lab.router.home.config.read_text() == text.replace("x.test", "y.test")


def test_an_old_version_and_an_invalid_text_are_refused(no_config: Lab) -> None:
    lab = no_config
    version = told(lab, "/api/config/text")["version"]
    old = admin(lab, "PUT", "/api/config/text", {"text": TEXT, "version": "another"})
    assert old.status_code == 409
    assert "changed by somebody else" in old.json()["error"]["message"]
    invalid = admin(lab, "PUT", "/api/config/text", {"text": "[trace]\nkep = 1\n", "version": version})
    assert invalid.status_code == 422
    assert invalid.json()["error"]["message"] == "line 2: unknown key 'trace.kep'. Did you mean 'keep'?"
    assert told(lab, "/api/config/text")["version"] == version
