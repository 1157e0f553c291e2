"""Runs one piece of Python in several processes at the same moment."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def together(code: str, *arguments: str, processes: int = 4) -> list[str]:
    """What each process printed.

    Args:
        code: statements up to a line `# go` prepare; what follows runs in all processes at once.
        arguments: `sys.argv[1:]` of each.
    """
    prepare, _, act = code.partition("# go\n")
    script = f"{prepare}\nprint('ready', flush=True)\nsys.stdin.readline()\n{act}"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", f"import sys\n{script}", *arguments],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for _ in range(processes)
    ]  # fmt: skip
    try:
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", process.communicate()[0]
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return [process.communicate(timeout=30)[0].strip() for process in started]
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
                process.wait()
