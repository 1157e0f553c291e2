"""`activate`: what a shell needs to know so that clients started in it go through the router.

Secrets are not printed: the lines tell the shell to read the gateway token from its file.

Claude Code gets `ANTHROPIC_AUTH_TOKEN` and not `ANTHROPIC_API_KEY`: with a key, one that runs for the first time wants
to reach its vendor and to have the key confirmed; with the token it asks neither (2.1.329). It sends both when both are
set, so a key of your own is taken out of the way.
"""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import click

from router_core.cli.around_proxy import around_proxy
from router_core.cli.printing import note, own_command
from router_core.cli.reach import reach
from router_core.cli.window_hints import claude_hints
from router_core.home import Home

UNSET = ("ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI")
"""What would win over the variables that we set, or be sent beside them."""
SECRETS = ("ANTHROPIC_AUTH_TOKEN", "OPENAI_API_KEY", "GEMINI_API_KEY")


def base_urls(url: str) -> dict[str, str]:
    """The variables that hold addresses: where the routing rules decide."""
    return {"ANTHROPIC_BASE_URL": url, "OPENAI_BASE_URL": f"{url}/v1", "GOOGLE_GEMINI_BASE_URL": url}


@click.command()
@click.option(
    "--shell",
    type=click.Choice(["sh", "bash", "zsh", "fish"]),
    default="sh",
    show_default=True,
    help="Whose language to print.",
)
@click.pass_obj
def activate(home: Home, shell: str) -> None:
    """Print the exports that lead clients to the router: eval "$(mitmrouter activate)"

    For fish: mitmrouter activate --shell fish | source
    """
    home.ensure().gateway_token()  # so that the file is there to be read
    found = reach(home)
    lines = fish_lines if shell == "fish" else posix_lines
    plain = {**base_urls(found.url), **claude_hints(home, os.environ), **around_proxy(os.environ)}
    click.echo("\n".join(lines(plain, home.gateway_token_file)))
    if not found.up:
        note(f"Note: the router is not running yet. Start it: {own_command(home)} start")


def posix_lines(urls: Mapping[str, str], token_file: Path) -> list[str]:
    """For sh, bash and zsh."""
    exports = [f"export {name}={shlex.quote(url)}" for name, url in urls.items()]
    exports += [f'export {name}="$(cat {shlex.quote(str(token_file))})"' for name in SECRETS]
    return [*exports, *(f"unset {name}" for name in UNSET)]


def fish_lines(urls: Mapping[str, str], token_file: Path) -> list[str]:
    quoted = "'" + str(token_file).replace("\\", "\\\\").replace("'", "\\'") + "'"
    exports = [f"set -gx {name} '{url}'" for name, url in urls.items()]
    exports += [f"set -gx {name} (cat {quoted})" for name in SECRETS]
    return [*exports, *(f"set -e {name}" for name in UNSET)]
