"""The process log: `logs/router.log`, one line an event, rotated, redacted, written by a thread of its own."""

import contextlib
import logging
import os
import queue
import threading
from io import TextIOWrapper
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path

from router_core.config.schema import ServerConfig
from router_core.errors import HomeError
from router_core.home import Home
from router_core.text import printable
from router_core.trace.redact import Redactor

MAX_BYTES = 5 * 1024 * 1024
BACKUPS = 3
INTERVAL_S = 0.1


class _Formatter(logging.Formatter):
    """`2026-11-20 19:01:02.345 info  text`, with secrets masked and control characters out."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s.%(msecs)03d %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        lines = self._redactor.text(super().format(record)).splitlines()
        return "\n".join(printable(line, 2000) for line in lines)


class _Masking(logging.Formatter):
    """Another handler's lines, with secrets masked."""

    def __init__(self, inner: logging.Formatter, redactor: Redactor) -> None:
        super().__init__()
        self._inner, self._redactor = inner, redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.text(self._inner.format(record))


def mask_other_handlers(redactor: Redactor) -> None:
    """What mitmproxy prints, or shows in a browser, goes through its own handlers: tracebacks of addons among it."""
    for handler in logging.getLogger().handlers:
        if not isinstance(handler.formatter, _Masking):
            handler.setFormatter(_Masking(handler.formatter or logging.Formatter(), redactor))


class _PrivateFile(RotatingFileHandler):
    """Rotated files, too, are for the owner only."""

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        """The size alone decides: the original formats each record a second time to know its length beforehand."""
        return self.stream is not None and os.fstat(self.stream.fileno()).st_size >= self.maxBytes

    def _open(self) -> TextIOWrapper:
        file = super()._open()
        os.chmod(file.fileno(), 0o600)
        return file


class _ToQueue(QueueHandler):
    """Records go as they are: our arguments do not change, and the text is made by the thread that writes it."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record


class _Batches(QueueListener):
    """Wakes ten times a second at most: to wake this thread for each line would cost the event loop more than the line.

    A killed process loses what came in since.
    """

    def __init__(self, records: queue.SimpleQueue[logging.LogRecord], file: logging.Handler) -> None:
        super().__init__(records, file)
        self.records = records
        self.stopping = threading.Event()

    def dequeue(self, block: bool) -> logging.LogRecord:
        with contextlib.suppress(queue.Empty):
            return self.records.get_nowait()
        record = self.records.get()
        self.stopping.wait(INTERVAL_S)
        return record

    def stop(self) -> None:
        self.stopping.set()
        super().stop()


def _spare_what_no_line_shows() -> None:
    """What a record would say of its place in the code, thread and process costs half of a log call, and no format
    here or in mitmproxy prints it (the library's own advice, "Logging optimization")."""
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]


class LogFile:
    """Sends the `mitmrouter` logger, and mitmproxy's warnings, to the file until closed."""

    def __init__(self, home: Home, config: ServerConfig, redactor: Redactor) -> None:
        path = Path(config.log_file).expanduser() if config.log_file else home.log
        try:
            file = _PrivateFile(path, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8")
        except OSError as error:
            raise HomeError(
                f"The log file {path} cannot be written ({error.strerror}). Set [server] log_file."
            ) from error
        file.setFormatter(_Formatter(redactor))
        records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
        self._listener = _Batches(records, file)
        self._handlers = []
        for name, floor in (("mitmrouter", logging.DEBUG), ("mitmproxy", logging.WARNING), ("asyncio", logging.ERROR)):
            handler = _ToQueue(records)
            handler.setLevel(floor)
            logger = logging.getLogger(name)
            logger.addHandler(handler)
            self._handlers.append((logger, handler))
        self._file = file
        _spare_what_no_line_shows()
        self.set_level(config.log_level)
        self._listener.start()

    def set_level(self, level: str) -> None:
        """What goes to the log from now on: debug, info, warning or error."""
        logging.getLogger("mitmrouter").setLevel(level.upper())

    def close(self) -> None:
        for logger, handler in self._handlers:
            logger.removeHandler(handler)
        with contextlib.suppress(AttributeError):  # stopped twice
            self._listener.stop()
        self._file.close()
