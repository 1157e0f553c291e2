"""Codecs are there when they are needed, and not before."""

import subprocess
import sys

import pytest

from router_core.wire.codec import codec, load_codecs
from router_core.wire.format import FormatName

PART_OF_EACH = "\n".join(
    f"router_core.wire.{package}.decode_request"
    for package in ("anthropic", "gemini", "openai_chat", "openai_responses")
)
LOADED = "import sys; print(*sorted(m for m in sys.modules if m.endswith('decode_request')), sep='\\n')"


def _printed(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


def test_what_the_router_needs_at_its_start_loads_no_codec() -> None:
    """They took a tenth of a second of each start, and most flows need none."""
    assert _printed(f"import router_core.answer, router_core.outgoing; {LOADED}") == ""


def test_all_codecs_can_be_loaded_ahead() -> None:
    assert _printed(f"from router_core.wire.codec import load_codecs; load_codecs(); {LOADED}") == PART_OF_EACH


@pytest.mark.parametrize("name", ["anthropic", "openai-chat", "openai-responses", "gemini"])
def test_a_codec_is_loaded_once_under_its_name(name: FormatName) -> None:
    load_codecs()
    assert codec(name).name == name
    assert codec(name) is codec(name)
