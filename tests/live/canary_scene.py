"""Where secrets are planted: a home folder, the router that runs on it, and all that anybody gets to see of both."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner

from router_core.cli.main import main
from router_core.home import Home
from router_core.oauth.lock import FOLDER_VARIABLE
from tests.support.canaries import Canaries
from tests.support.echo_provider import EchoProvider
from tests.support.router import ROOT, Router


@dataclass
class Scene:
    """A home with secrets in it, a router that runs on it, and what was seen of both."""

    home: Home
    user: Path
    canaries: Canaries
    provider: EchoProvider
    bodies: str = "full"
    """What is kept of requests and answers."""
    router: Router = field(init=False)
    outputs: dict[str, bytes] = field(default_factory=dict)
    """What a person or a client got to see, by where."""
    began: float = field(default_factory=time.time)

    @property
    def locks(self) -> Path:
        """In the home, so that the records of renewals are looked through with it."""
        return self.home.path / "locks"

    def command(self, *arguments: str, stdin: str = "", fails: bool = False, **environment: str) -> str:
        """Run our command; what it prints is looked through later."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("MITMROUTER")}
        environment = {**kept, "HOME": str(self.user), "PYTHONPATH": str(ROOT), **self.variables, **environment}
        environment[FOLDER_VARIABLE] = str(self.locks)
        done = subprocess.run(
            [sys.executable, "-m", "router_core.cli", "--home", str(self.home.path), *arguments],
            input=stdin, capture_output=True, text=True, env=environment, timeout=60, check=False,
        )  # fmt: skip
        self.outputs[f"mitmrouter {' '.join(arguments)}"] = (done.stdout + done.stderr).encode()
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout

    def look(self, *arguments: str, stdin: str = "", fails: bool = False) -> str:
        """The same within this process, which is quicker."""
        environment = {**self.variables, "HOME": str(self.user), FOLDER_VARIABLE: str(self.locks)}
        command = ["--home", str(self.home.path), *arguments]
        done = CliRunner().invoke(main, command, input=stdin, env=environment)
        self.outputs[f"mitmrouter {' '.join(arguments)}"] = done.output.encode()
        assert (done.exit_code != 0) == fails, done.output
        return done.stdout

    @property
    def variables(self) -> dict[str, str]:
        return {"CANARY_API_KEY": self.canaries["config $VAR"].value, "CRASH_TEXT": self.canaries["stdin"].value}

    def ask(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request of a client; all of the answer is looked through later."""
        sent = {"authorization": f"Bearer {self.home.gateway_token()}", "anthropic-version": "2023-06-01", **headers}
        with httpx.Client(base_url=self.router.url, trust_env=False, timeout=20, follow_redirects=False) as http:
            response = http.request("GET" if body is None else "POST", path, json=body, headers=sent)
        told = f"{response.status_code}\n" + "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        self.outputs[f"answer {len(self.outputs)} {path.partition('?')[0]}"] = (
            told.encode() + b"\n\n" + response.content
        )
        return response
