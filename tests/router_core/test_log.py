"""The process log: one line an event, redacted, private, rotated."""

import logging
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from router_core import log as log_module
from router_core.config.schema import ServerConfig
from router_core.errors import HomeError
from router_core.home import Home
from router_core.log import LogFile
from router_core.trace.redact import Redactor

SECRET = "very-secret-value-123"
log = logging.getLogger("mitmrouter.test")


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    logger = logging.getLogger("mitmrouter")
    level = logger.level
    yield
    logger.setLevel(level)


def _written(home: Home, *, config: ServerConfig | None = None) -> str:
    return (Path(config.log_file) if config and config.log_file else home.log).read_text(encoding="utf-8")


def test_one_line_with_time_and_level(home: Home) -> None:
    file = LogFile(home, ServerConfig(), Redactor())
    log.info("request %s took %d ms", "r1", 12)
    file.close()
    line = _written(home)
    assert line.endswith(" INFO    request r1 took 12 ms\n")
    assert len(line.splitlines()) == 1
    assert line[4] == line[7] == "-"


def test_known_secrets_and_control_characters_are_kept_out(home: Home) -> None:
    file = LogFile(home, ServerConfig(), Redactor([SECRET]))
    log.warning("provider said: \x1b[2J key %s and %s", SECRET, "sk-ant-api03-" + "a" * 40)
    file.close()
    text = _written(home)
    assert SECRET not in text
    assert "sk-ant-api03" not in text
    assert "\x1b" not in text
    assert text.count("[redacted]") == 2


def test_a_secret_in_a_traceback_is_masked(home: Home) -> None:
    file = LogFile(home, ServerConfig(), Redactor([SECRET]))
    try:
        raise ValueError(f"bad value {SECRET}")
    except ValueError:
        log.exception("failed")
    file.close()
    text = _written(home)
    assert "ValueError: bad value [redacted]" in text
    assert SECRET not in text


def test_level_is_heeded_and_can_change_while_running(home: Home) -> None:
    file = LogFile(home, ServerConfig(log_level="warning"), Redactor())
    log.info("not this")
    file.set_level("debug")
    log.debug("but this")
    file.close()
    assert "not this" not in _written(home)
    assert "but this" in _written(home)


def test_another_log_file_can_be_named(home: Home, tmp_path: Path) -> None:
    config = ServerConfig(log_file=str(tmp_path / "other.log"))
    file = LogFile(home, config, Redactor())
    log.info("here")
    file.close()
    assert "here" in _written(home, config=config)
    assert not home.log.exists()


def test_a_log_file_that_cannot_be_written_names_the_setting(home: Home, tmp_path: Path) -> None:
    with pytest.raises(HomeError, match=r"log_file"):
        LogFile(home, ServerConfig(log_file=str(tmp_path / "missing" / "x.log")), Redactor())


def test_rotated_files_are_private_too(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "MAX_BYTES", 500)
    file = LogFile(home, ServerConfig(), Redactor())
    for number in range(30):
        log.info("line %d %s", number, "x" * 60)
    file.close()
    files = sorted(home.log.parent.iterdir())
    assert len(files) == 1 + log_module.BACKUPS
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_closing_twice_is_harmless_and_detaches(home: Home) -> None:
    file = LogFile(home, ServerConfig(), Redactor())
    file.close()
    file.close()
    log.warning("after the end")
    assert "after the end" not in _written(home)


def test_what_others_print_is_masked_too(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    kept = {other: other.formatter for other in root.handlers}
    try:
        log_module.mask_other_handlers(Redactor([SECRET]))
        log_module.mask_other_handlers(Redactor([SECRET]))
        logging.getLogger("mitmproxy").error("Addon error: %s", SECRET)
    finally:
        root.removeHandler(handler)
        for other, formatter in kept.items():
            other.setFormatter(formatter)
    assert capsys.readouterr().out == "[ERROR] Addon error: [redacted]\n"
