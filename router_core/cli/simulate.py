"""`simulate`: the simulated providers alone, in front, as a script says."""

from pathlib import Path

import click

from router_core.cli.port_taken import port_taken
from router_core.cli.printing import own_command
from router_core.home import Home
from router_core.ports import check_port, free_port


@click.command()
@click.option("--script", metavar="FILE", type=click.Path(path_type=Path), help="Accounts, faults and pace, as TOML.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; a free one when left out.")
@click.pass_obj
def simulate(home: Home, script: Path | None, host: str, port: int) -> None:
    """Run the simulated providers alone, to test clients and failures with. Ctrl-C ends it."""
    from router_core.oauth.logins import LOGINS
    from router_core.simulator import DEMO_ACCOUNTS, Script, Simulator, load_script, run_simulator

    plan = load_script(script) if script else Script(accounts=DEMO_ACCOUNTS)
    if port and (holder := check_port(host, port)):
        raise port_taken(home, port, holder, "simulate")
    port = port or free_port(host)
    urls = Simulator(plan, host=host, port=port).base_urls
    click.echo("Simulated providers; point a router at them in its config.toml, or by environment:")
    for name, url in urls.items():
        click.echo(f"  export MITMROUTER__PROVIDERS__{name.upper().replace('-', '_')}__BASE_URL={url}")
    click.echo("Logins (`auth login`) are made and renewed there with:")
    for login in LOGINS:
        click.echo(f"  export MITMROUTER__OAUTH__{login.upper()}__BASE_URL={urls['claude']}")
    click.echo(f"  {own_command(home)} start")
    click.echo("Any well-shaped credential is accepted (sk-ant-…, sk-…, AIza…, a JWT) unless a script says otherwise.")
    run_simulator(plan, host, port)
