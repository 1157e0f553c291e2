"""Somebody outside who hangs: the end of the program does not wait for them."""

import subprocess
import sys
import time

from tests.support.router import ROOT

HANGS_S = 20.0
ENDS_WITHIN_S = 12.0


def end_waits_for_nobody(question: str, imports: str = "") -> bool:
    """Whether a program ends soon that has begun to ask and been told to stop; `question` takes `HANGS_S`.

    Args:
        question: what `ask_outside` is given, as Python; `time` is there.
        imports: more lines that it needs.
    """
    code = f"""
import asyncio, time
from addons.outside import ask_outside
{imports}
async def main():
    task = asyncio.create_task(ask_outside({question}))
    await asyncio.sleep(0.05)
    task.cancel()
asyncio.run(main())
"""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=15)
    return time.monotonic() - began < ENDS_WITHIN_S
