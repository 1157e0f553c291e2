"""What runs for a page never outlives the portal's process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.router import ROOT, wait_until

PORTAL = """
import asyncio, sys
from tui.portal.apps import PortalApp

async def main():
    program = [sys.executable, "-m", "tui", "--home", sys.argv[1]]
    app = PortalApp(program, write_bytes=None, write_str=None, close=None, download_manager=None)
    process = await app._open_app_process()
    await process.stdout.readexactly(1)
    print(process.pid, flush=True)
    await process.wait()

asyncio.run(main())
"""


def is_there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return not Path("/proc/self/stat").exists()  # where there is no /proc, it is still there
    return state != "Z"


def test_an_app_ends_when_the_portal_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PORTAL, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as portal:
        assert portal.stdout is not None
        app = int(portal.stdout.readline())
        assert is_there(app)
        portal.send_signal(signal.SIGKILL)
    wait_until(lambda: not is_there(app))
