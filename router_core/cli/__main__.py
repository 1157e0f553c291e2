"""`python -m router_core.cli`: the same as `mitmrouter`."""

from router_core.cli.main import main

main(prog_name="mitmrouter")
