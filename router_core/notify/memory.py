"""What was said, kept over restarts in a file of the home folder."""

import logging
from pathlib import Path

import orjson

from router_core.notify.decide import Memory, Said
from router_core.put_in_place import put_in_place

log = logging.getLogger("mitmrouter.notify")


def read_memory(file: Path) -> dict[str, Said]:
    """Empty when there is no such file, or it is damaged: then something is said twice."""
    try:
        found = orjson.loads(file.read_bytes())
        return {str(key): Said(float(at), bool(holds), until) for key, (at, holds, until) in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("%s cannot be read (%s): what was said already may be said again", file, type(error).__name__)
        return {}


def write_memory(file: Path, memory: Memory) -> None:
    """Raises OSError."""
    told = {key: (each.at, each.holds, each.until) for key, each in memory.items()}
    put_in_place(file, orjson.dumps(told).decode())
