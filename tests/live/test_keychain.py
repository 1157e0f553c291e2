"""The key in a real keychain: GNOME's Secret Service, on a D-Bus session of its own with a keyring of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from router_core.home import Home
from tests.support.router import ROOT

pytestmark = pytest.mark.clients
SECRET = "sk-ant-api03-CANARY-in-a-real-keychain-0123456789"
UNLOCK = "printf 'a password\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null"


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    done = subprocess.run([ROOT / "scripts" / "keychain"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def in_a_session(folder: Path, script: str, *, keyring: str = UNLOCK) -> subprocess.CompletedProcess[str]:
    """Run shell lines on a new D-Bus session; `m` is our command on the home below `folder`."""
    (folder / "run").mkdir(mode=0o700, exist_ok=True)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MITMROUTER", "PYTHON_KEYRING"))}
    environment = {
        **kept,
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "PYTHONPATH": str(ROOT),
    }
    command = (
        f'm() {{ "{sys.executable}" -m router_core.cli --home "{folder / "home"}" "$@"; }}\nset -e\n{keyring}\n{script}'
    )
    return subprocess.run(
        ["dbus-run-session", "--", "bash", "-c", command], env=environment, capture_output=True, text=True, timeout=90,
        check=False,
    )  # fmt: skip


ADD = f"printf '{SECRET}' | m token add a --provider claude --access-token-stdin"
READ = (
    "from pathlib import Path; import sys; from router_core.home import Home;"
    " from router_core.clock import SystemClock; from router_core.store.tokens import open_tokens;"
    " print([t.access_token for t in open_tokens(Home(Path(sys.argv[1])), SystemClock()).all()])"
)


def test_the_key_lives_in_the_keychain_and_moves_out_and_in(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    read = f'"{sys.executable}" -c "{READ}" "{home.path}"'
    done = in_a_session(
        tmp_path,
        f"{ADD}\n{read}\nls {home.path}\nm token rotate-key --to file --json\n{read}\n"
        f"m token rotate-key --to keychain --json\nm token rotate-key\n{read}\n",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the key is in the Secret Service keyring" in done.stderr
    assert "tokens.key.json" in done.stdout
    assert "tokens.key\n" not in done.stdout
    assert done.stdout.count(f"['{SECRET}']") == 3
    assert not home.key_file.exists()
    assert len(json.loads(home.key_marker.read_text())["accounts"]) == 1, "the old key is forgotten"
    another = in_a_session(tmp_path, read)
    assert f"['{SECRET}']" in another.stdout, "the next login finds it, too"


def test_without_the_keychain_nothing_is_readable_and_the_remedy_is_said(tmp_path: Path) -> None:
    assert in_a_session(tmp_path, ADD).returncode == 0
    other_session = in_a_session(tmp_path, "m token list", keyring="true")
    assert other_session.returncode == 1
    assert "The tokens' key is in the Secret Service keyring" in other_session.stderr
    assert "Unlock it" in other_session.stderr
    assert SECRET not in other_session.stdout + other_session.stderr
    looked_at = in_a_session(tmp_path, "m doctor --offline --json", keyring="true")
    (found,) = [one for one in json.loads(looked_at.stdout)["findings"] if one["check"] == "key"]
    assert (looked_at.returncode, found["verdict"], "Secret Service" in found["says"]) == (1, "problem", True)


def test_in_a_session_without_a_keyring_daemon_the_key_is_a_file(tmp_path: Path) -> None:
    done = in_a_session(tmp_path, ADD, keyring="true")
    assert done.returncode == 0, done.stderr
    assert f"the key in {tmp_path / 'home' / 'tokens.key'}" in done.stderr
    assert (tmp_path / "home" / "tokens.key").stat().st_mode & 0o777 == 0o600
