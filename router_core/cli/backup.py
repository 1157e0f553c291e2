"""`backup …`: what cannot be made again, in one file: tokens, configuration, the two tokens of the router."""

from pathlib import Path
from typing import Any

import click

from router_core.cli.printing import note, print_json
from router_core.cli.token_export import FILE, as_value, how_to_read, how_to_write, print_arrived, take_over
from router_core.home import Home
from router_core.put_in_place import put_in_place


@click.group()
def backup() -> None:
    """Save tokens, configuration and the router's own tokens, and bring them back."""


@backup.command()
@click.argument("file", type=FILE)
@how_to_write
@click.pass_obj
def create(home: Home, file: Path, passphrase_stdin: bool, plain: bool, yes_plain: bool) -> None:
    """Write a new backup file, encrypted with a passphrase. Traces are not in it."""
    from router_core.cli.passphrase import new_passphrase
    from router_core.clock import SystemClock
    from router_core.store.carry import carried
    from router_core.store.sealed_file import write_sealed
    from router_core.store.tokens import open_tokens

    tokens = carried(open_tokens(home.ensure(), SystemClock()).all())
    content: dict[str, Any] = {"tokens": tokens, "files": {}}
    for path in _files(home):
        if path.exists():
            content["files"][path.name] = path.read_text(encoding="utf-8")
    passphrase = new_passphrase(passphrase_stdin, plain, yes_plain)
    write_sealed(file, "backup", content, passphrase)
    what = ", ".join([f"{len(tokens)} token(s)", *content["files"]])
    click.echo(f"Wrote {file}, {'in plain text' if passphrase is None else 'encrypted'}: {what}.")


@backup.command()
@click.argument("file", type=FILE)
@how_to_read
@click.pass_obj
def restore(home: Home, file: Path, passphrase_stdin: bool, replace: bool, as_json: bool) -> None:
    """Bring back what a backup holds. What differs here stays as it is, unless --replace; then a copy of it is kept."""
    from router_core.cli.passphrase import asks_for_passphrase
    from router_core.store.sealed_file import SealedFileError, read_sealed

    what, content = read_sealed(file, asks_for_passphrase(passphrase_stdin))
    files = content.get("files", {})
    if what != "backup" or not isinstance(files, dict):
        raise SealedFileError(f"{file} is an export of tokens, no backup: token restore takes it.")
    home.ensure()
    results = {
        path.name: _bring_back(path, files[path.name], replace)
        for path in _files(home)
        if isinstance(files.get(path.name), str)
    }
    arrived = take_over(home, content, replace)
    if as_json:
        print_json({"files": results, "tokens": [as_value(one) for one in arrived]})
        return
    for name, result in results.items():
        click.echo(f"{name}: {result}")
    print_arrived(arrived)
    if any(result.startswith(("added", "replaced")) for result in results.values()):
        note("Note: a running router reads its own tokens at its next start.")


def _files(home: Home) -> tuple[Path, ...]:
    return home.config, home.gateway_token_file, home.admin_token_file


def _bring_back(path: Path, text: str, replace: bool) -> str:
    there = path.read_text(encoding="utf-8") if path.exists() else None
    if there == text:
        return "unchanged"
    if there is not None:
        if not replace:
            return "kept: the one here differs; --replace takes the backup's"
        put_in_place(path.with_name(path.name + ".before-restore"), there)
    put_in_place(path.resolve(), text)  # a link stays a link
    return "added" if there is None else f"replaced; the old one is {path.name}.before-restore"
