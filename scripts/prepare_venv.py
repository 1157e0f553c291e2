"""Makes the checkout's `.venv` complete: virtual environment, locked packages with hashes, the project itself.

Run by scripts/venv.sh when its stamp does not match, with any supported Python: standard library only. It is Python and
not shell because two runs may start together: a kernel lock (flock) is released however its holder dies, while a lock
folder outlives a killed script. The lock file's content says whether an installation was under way: if one was cut,
packages may be half there, so the environment is built again from nothing. uv does the work: the one on the PATH, else
one that pip fetches into `.venv`, since it installs in seconds what takes pip half a minute; else pip does.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
LOCK = ROOT / ".venv.lock"
STAMP = VENV / ".ready"
LOCK_FILES = {"run": "requirements.txt", "dev": "requirements-dev.txt"}
UV_LOCK_FILE = "requirements-setup.txt"
OWN_UV = VENV / "bin" / "uv"
OWN_UV_SETTINGS = {"UV_HTTP_TIMEOUT": "10", "UV_HTTP_RETRIES": "1", "UV_SYSTEM_CERTS": "1"}
"""Where only pip knows the way out, that is soon found; whom the machine trusts, uv trusts, as pip does."""
SUPPORTED = ("3.12", "3.13")
# What is used is compiled when it is first imported; compiling all of it takes as long as the rest of this.
PIP_INSTALL = (str(VENV_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")
SHOWN_LINES = 15
MISLEADING_VARIABLES = ("PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "VIRTUAL_ENV")
"""Settings of the user's that would send packages, or an import, to somewhere other than `.venv`."""


class SetupError(Exception):
    """The text is for the user: one line that says what went wrong and what to do."""


def main(level: str, stamp_tail: str) -> int:
    """Bring `.venv` to `level` ("run" or "dev"); `stamp_tail` is what venv.sh will compare the next time."""
    try:
        with held_lock() as lock:
            if already_done(level, stamp_tail):  # by the run that this one waited for
                return 0
            prepare(lock, level, stamp_tail)
    except SetupError as error:
        say(str(error))
        return 1
    except OSError as error:
        say(
            f"cannot set up {ROOT}: {error}. Make the checkout writable, see that its disk is not full, or clone again."
        )
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


@contextmanager
def held_lock() -> Iterator[int]:
    """Wait until no other setup of this checkout runs; yields the lock's file descriptor."""
    descriptor = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another setup of this checkout to finish")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def prepare(lock: int, level: str, stamp_tail: str) -> None:
    """Create or repair the environment and install into it; the stamp is written last."""
    started = time.monotonic()
    cut = os.pread(lock, 1, 0) != b""
    version = None if cut else venv_version()
    STAMP.unlink(missing_ok=True)
    os.pwrite(lock, b"installing\n", 0)
    try:
        say(f"setting up {VENV} (up to a minute the first time)" if version is None else f"updating {VENV}")
        if version is None:
            remove_venv()
            create_venv(lock)
            version = venv_version()
            if version is None:
                raise SetupError(
                    f"{sys.executable} made a virtual environment that does not run; try another: PYTHON=…"
                )
        install(lock, "the locked packages", ["--require-hashes", "-r", LOCK_FILES[level]])
        # The build backend is among the locked packages, so this step fetches nothing.
        install(lock, "mitmrouter itself", ["--no-deps", "--no-build-isolation", "-e", "."])
    except SetupError:
        os.ftruncate(lock, 0)  # the installer ended by itself and left whole packages; nothing to build anew
        raise
    STAMP.write_text(f"{level} {version} {stamp_tail}\n")
    os.ftruncate(lock, 0)
    say(f"ready after {time.monotonic() - started:.0f} s")


def already_done(level: str, stamp_tail: str) -> bool:
    if not STAMP.is_file():
        return False
    done = (f"{level} {venv_version()} {stamp_tail}", f"dev {venv_version()} {stamp_tail}")
    return STAMP.read_text().strip() in done


def venv_version() -> str | None:
    """`"3.12"` if the Python of `.venv` runs, is supported and belongs to this place; None if it must be made anew."""
    if not VENV_PYTHON.exists():  # False for a link whose Python was removed, too
        return None
    code = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.prefix)"
    try:
        answer = subprocess.run([VENV_PYTHON, "-I", "-c", code], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    version, _, prefix = answer.strip().partition("\n")
    in_place = Path(prefix).resolve() == VENV.resolve() and made_here()
    return version if version in SUPPORTED and in_place else None


def made_here() -> bool:
    """False if the checkout was moved or copied: programs in `.venv/bin` name their interpreter by its full path."""
    program = VENV / "bin" / "mitmrouter"
    return not program.is_file() or os.fsencode(VENV) in program.read_bytes()[:4096]


def remove_venv() -> None:
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(VENV)


def create_venv(lock: int) -> None:
    uv = shutil.which("uv")
    if uv:
        command = [uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(VENV)]
    else:
        command = [sys.executable, "-m", "venv", str(VENV)]
    run(lock, "making the virtual environment", command)


def install(lock: int, what: str, arguments: Sequence[str]) -> None:
    step = f"installing {what}"
    by_uv = ["pip", "install", "--quiet", "--python", str(VENV_PYTHON), *arguments]
    if uv := shutil.which("uv"):
        run(lock, step, [uv, *by_uv])
        return
    if not has_pip():  # made by uv, which is not on the PATH now
        run(lock, "adding pip to the virtual environment", [str(VENV_PYTHON), "-m", "ensurepip", "--default-pip"])
    if fetched_uv(lock) and outcome(lock, step, [str(OWN_UV), *by_uv], OWN_UV_SETTINGS)[0] == 0:
        return
    run(lock, step, [*PIP_INSTALL, *arguments])


def has_pip() -> bool:
    import_pip = [str(VENV_PYTHON), "-I", "-c", "import pip"]
    return subprocess.run(import_pip, stderr=subprocess.DEVNULL, check=False).returncode == 0


def fetched_uv(lock: int) -> bool:
    """True if `.venv` has uv now. Not where pip is told which index to use: uv knows nothing of pip's settings."""
    if OWN_UV.is_file():
        return True
    status, settings = outcome(lock, "reading pip's settings", [str(VENV_PYTHON), "-m", "pip", "config", "list"])
    names = [line.partition("=")[0] for line in settings.splitlines()]
    if status or any(name.endswith((".index-url", ".no-index")) for name in names):
        return False
    fetch = [*PIP_INSTALL, "--retries", "1", "--timeout", "10", "--require-hashes", "-r", UV_LOCK_FILE]
    return outcome(lock, "fetching uv", fetch)[0] == 0 and OWN_UV.is_file()


def run(lock: int, what: str, command: Sequence[str]) -> None:
    """Run one step quietly, counting the seconds; if it fails, show the last lines it printed."""
    status, output = outcome(lock, what, command)
    if status:
        print("\n".join(output.splitlines()[-SHOWN_LINES:]), file=sys.stderr)
        raise SetupError(
            f"{what} failed (exit {status}, last lines above). Set that right (the network? the disk?) "
            "and run the same command again; what is installed stays."
        )


def outcome(lock: int, what: str, command: Sequence[str], settings: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The exit status of one step and what it printed.

    The child holds the lock as well: should this process be killed, the next setup waits until the child is done too.
    """
    environment = {name: value for name, value in os.environ.items() if name not in MISLEADING_VARIABLES}
    environment = {**(settings or {}), **environment}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=(lock,),
    ) as step:
        try:
            output = output_of(step, what)
        except BaseException:  # Ctrl-C
            step.kill()
            raise
    return step.returncode, output


def output_of(step: subprocess.Popen[str], what: str) -> str:
    """All it prints. Whoever sits at a terminal sees meanwhile that it goes on."""
    started = time.monotonic()
    watched = sys.stderr.isatty()
    while True:
        try:
            output, _ = step.communicate(timeout=1)
        except subprocess.TimeoutExpired:
            if watched:
                print(f"\r{what}: {time.monotonic() - started:.0f} s ", end="", file=sys.stderr, flush=True)
        else:
            if watched:
                print("\r\033[K", end="", file=sys.stderr, flush=True)
            return output


def say(text: str) -> None:
    print(f"mitmrouter: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
