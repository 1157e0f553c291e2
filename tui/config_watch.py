"""Whether config.toml as it lies there would be taken by the router; looked at again when the file is another one."""

from router_core.config.check import problems_of
from router_core.home import Home
from router_core.text import plain


class ConfigWatch:
    """Belongs to the thread that reads."""

    def __init__(self, home: Home) -> None:
        self._file = home.config
        self._stamp: tuple[int, int] | None = None
        self._found: tuple[str, ...] = ()

    def look(self) -> tuple[str, ...]:
        """What is wrong with it, in words; nothing when there is no file."""
        try:
            stat = self._file.stat()
            stamp = stat.st_mtime_ns, stat.st_size
            if stamp != self._stamp:
                text = self._file.read_text(encoding="utf-8-sig")
                self._found = tuple(plain(f"{self._file.name}, {each}") for each in problems_of(text, self._file))
                self._stamp = stamp
        except FileNotFoundError:
            self._stamp, self._found = None, ()
        except (OSError, UnicodeDecodeError) as error:
            self._stamp, self._found = None, (plain(f"{self._file.name} cannot be read: {error}"),)
        return self._found
