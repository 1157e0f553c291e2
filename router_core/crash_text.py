"""What Python prints of an exception that nobody caught, with secrets masked: its message may hold one.

The exceptions of the main thread, of other threads and of finalizers all come through here.
"""

import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType


def install(mask: Callable[[str], str]) -> None:
    """From now on, in this process.

    Args:
        mask: a redactor's `text`.
    """

    def show(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None, of: str = "") -> None:
        lines = traceback.format_exception(kind, error, trace)
        sys.stderr.write(mask(of + "".join(lines)))
        sys.stderr.flush()

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            show(kind, error, trace)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if not issubclass(args.exc_type, SystemExit):
            name = args.thread.name if args.thread else "?"
            show(args.exc_type, args.exc_value, args.exc_traceback, f"Exception in thread {name}:\n")

    def unraisable(args: "sys.UnraisableHookArgs") -> None:
        text = args.err_msg or "Exception ignored in"
        show(args.exc_type, args.exc_value, args.exc_traceback, f"{text} {type(args.object).__name__}:\n")

    sys.excepthook, threading.excepthook, sys.unraisablehook = uncaught, in_thread, unraisable
