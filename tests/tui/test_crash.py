"""What the app leaves on the terminal when it crashes."""

import subprocess
import sys
from pathlib import Path

from router_core.home import Home

CRASHING = """
import sys
from pathlib import Path
from router_core.home import Home
from tui.app import RouterApp

class Crashing(RouterApp):
    def on_mount(self):
        admin = self.context.home.admin_token()
        raise RuntimeError("crashed with " + admin)

Crashing(Home(Path(sys.argv[1]))).run(headless=True)
"""


def test_a_crash_shows_where_and_no_secret(home: Home) -> None:
    admin = home.admin_token()
    done = subprocess.run(
        [sys.executable, "-c", CRASHING, str(home.path)], cwd=Path(__file__).parents[2], capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert "RuntimeError: crashed with [redacted]" in said
    assert "on_mount" in said
    assert admin[11:24] not in said.replace("\n", "")
