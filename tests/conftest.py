"""Fixtures that every test may use, and what holds for all of them."""

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from router_core.home import Home
from router_core.oauth.lock import FOLDER_VARIABLE
from tests.support.authority import unknown_authority
from tests.support.ci import IN_CI as IN_CI  # read before it is taken out below

# The same examples in every run, so that a red run is about the change and not about luck; `explore` looks further.
# No test writes into the keychain of whoever runs it; those about keychains bring one of their own.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
# Whether somebody can be asked, and which proxy there is, is each test's business.
for name in ("CI", "NON_INTERACTIVE", "NON_INTERACTIVE_MODE", "PROXY_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
             "http_proxy", "https_proxy", "all_proxy", "NO_PROXY", "no_proxy"):  # fmt: skip
    os.environ.pop(name, None)

# Under nohup, and behind "&" in a script, Ctrl-C is ignored, and so it would be by each program that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

gc.disable()  # until all tests are collected, which makes millions of objects, and all of them stay

SLOW_FILES = (
    "test_laws.py",
    "test_hostile.py",
    "tests/laws/",
    "oauth/test_killed.py",
    "oauth/test_worker.py",
)
"""Thousands of made-up inputs, or dozens of processes: too long for the fast path."""

ALONE_FILES = (
    "router_core/test_session_speed.py",
    "routing/auto/test_speed.py",
    "scripts/test_bench_placing.py",
    "scripts/test_bench_transcode.py",
    "tokens/test_speed.py",
    "tui/test_speed.py",
)
"""They measure time or memory: the full run gives them the machine to themselves."""

HEAVY_FILES = (
    "live/test_load.py",
    "oauth/test_stress.py",
    "live/test_crash.py",
    "scripts/test_fuzz.py",
)
"""They keep a core busy for up to a minute, and bear a neighbour, but no crowd: the full run lets two run at a time."""

TIMED_FILES = (
    "live/test_keep_alive.py",
    "live/test_streaming.py",
    "live/test_timeouts.py",
    "live/test_translated_failures.py",
    "scripts/test_run.py",
)
"""They look at the clock, but hardly work: the full run lets them run beside each other and beside nothing else."""

MARKED_FILES = {"alone": ALONE_FILES, "heavy": HEAVY_FILES, "timed": TIMED_FILES}

LONGEST_FILES = (
    "live/test_canaries.py",
    "matrix/test_matrix.py",
    "packaging/test_installed_elsewhere.py",
    "scripts/test_simulate_week.py",
    "cli/test_daemon.py",
    "live/test_clients.py",
    "live/test_renewal.py",
    "live/test_sdk_errors.py",
    "live/test_affinity.py",
    "cli/test_demo.py",
    "live/test_first_minutes.py",
    "cli/test_up.py",
    "oauth/test_killed.py",
    "tokens/test_page.py",
    "tui/test_monkey.py",
    "tui/test_sanitized_app.py",
    "tui/test_app.py",
    "tui/test_frame.py",
    "laws/test_codecs.py",
    "live/test_budgets.py",
    "live/test_api_document.py",
    "live/test_portal.py",
)
"""They come first, so that no worker ends with one of them when the others have nothing left to do."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`-m alone`, `-m heavy` and `-m timed` are about a few files: the three hundred others need not even be read."""
    files = MARKED_FILES.get(config.option.markexpr.partition(" ")[0])
    name = collection_path.as_posix()
    return True if files and collection_path.name.startswith("test_") and not name.endswith(files) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path = item.path.as_posix()
        for mark, files in MARKED_FILES.items():
            if path.endswith(files):
                item.add_marker(mark)
            elif item.get_closest_marker(mark):
                raise pytest.UsageError(f"{item.nodeid} is marked {mark}: name its file in tests/conftest.py instead")
        if any(name in path for name in (*SLOW_FILES, *HEAVY_FILES)):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: _place(item.path.as_posix()))


def pytest_collection_finish() -> None:
    gc.enable()
    gc.freeze()  # the collector looks through what a test makes, and not through eighteen thousand tests each time


def _place(path: str) -> int:
    return next((at for at, file in enumerate(LONGEST_FILES) if path.endswith(file)), len(LONGEST_FILES))


@pytest.fixture(autouse=True, scope="session")
def locks_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The locks of renewals lie in a folder of this run: the user's own hold what really happened."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("locks") / "locks"))
        yield


@pytest.fixture(autouse=True, scope="module")
def locks_of_this_file(tmp_path_factory: pytest.TempPathFactory, locks_of_this_run: None) -> Iterator[None]:
    """Each simulator gives out the same refresh tokens: what one file's tests have used up is new to the next ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp("locks") / "locks"))
        yield


@pytest.fixture(autouse=True, scope="session")
def no_certificates_of_the_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test leaves this machine, yet each HTTP client would read the world's authorities, which takes 25 ms."""
    with pytest.MonkeyPatch.context() as patch:
        one = tmp_path_factory.mktemp("authorities") / "one.pem"
        one.write_bytes(unknown_authority())
        patch.setattr("certifi.where", lambda: str(one))
        yield


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home folder of its own, ready for use."""
    return Home(tmp_path / "home").ensure()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the expectations in tests/golden; review the diff"
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """True when this run rewrites what golden files expect."""
    return bool(request.config.getoption("--update-golden"))
