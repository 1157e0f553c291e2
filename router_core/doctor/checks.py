"""THE ordered list of checks: from what everything stands on to the answer that a client gets."""

from collections.abc import Callable, Iterator

from router_core.doctor import (
    client_settings,
    clients,
    clock,
    configuration,
    databases,
    home_rights,
    installation,
    key,
    providers,
    proxies,
    pth_files,
    router,
    tokens,
)
from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding
from router_core.errors import RouterError
from router_core.text import printable

type Check = Callable[[Examined], Iterator[Finding]]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("python", installation.check),  # versions, packages
    ("pth files", pth_files.check),  # code that runs at each start of Python
    ("home", home_rights.check),  # owner, rights, room
    ("config", configuration.check),
    ("databases", databases.check),
    ("key", key.check),  # of the stored secrets
    ("router", router.check),  # runs and answers, or its port is free
    ("clock", clock.check),
    ("proxy", proxies.check),
    ("client settings", client_settings.check),  # what leads past the router
    ("providers", providers.check),  # reachable
    ("tokens", tokens.check),  # alive
    ("clients", clients.check),  # the whole way, by the real clients
)


def all_findings(examined: Examined) -> Iterator[Finding]:
    """Each as soon as it is known. A check that fails itself says so, and the others go on."""
    for name, check in CHECKS:
        try:
            yield from check(examined)
        except RouterError as error:
            yield Finding(name, "problem", error.message)
        except Exception as error:  # noqa: BLE001 - what is broken enough to break a check is what people ask about
            says = f"could not be looked at: {type(error).__name__}: {printable(str(error), 200)}"
            yield Finding(name, "problem", says, "Please report this with what you see here")
