"""What Python prints of an exception that nobody caught."""

import subprocess
import sys
from pathlib import Path

import pytest

SECRET = "sk-live-CANARY-0123456789abcdef"
ROOT = Path(__file__).parents[2]
PREPARE = f"""
import threading
from router_core import crash_text
from router_core.trace.redact import Redactor
crash_text.install(Redactor(["{SECRET[:8]}" + "{SECRET[8:]}"]).text)
text = "{SECRET[:8]}" + "{SECRET[8:]}"
class Late:
    def __del__(self):
        raise ValueError(text)
"""


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("raise ValueError('bad key ' + text)", "ValueError: bad key [redacted]"),
        ("thread = threading.Thread(target=lambda: 1 / len(text[99:]) and 0); thread.start()", "ZeroDivisionError"),
        (
            "def fail(): raise RuntimeError(text)\nthreading.Thread(target=fail, name='worker').start()",
            "Exception in thread worker:\n",
        ),
        ("late = Late(); del late", "ValueError: [redacted]"),
    ],
)
def test_it_is_printed_without_the_secret(act: str, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", PREPARE + act], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said in done.stderr
    assert SECRET not in done.stderr
