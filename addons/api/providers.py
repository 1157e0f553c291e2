"""`/api/providers`: what a token can be of: the services, where their credentials come from, how one logs in."""

from collections.abc import Sequence

from addons.api.endpoint import Endpoint, View
from addons.runtime import Runtime
from router_core.oauth.flows import WAYS
from router_core.oauth.logins import login_of_provider
from router_core.providers.catalogue import KNOWN


class ProviderView(View):
    """A service."""

    name: str
    title: str
    """What people call it."""
    kind: str
    """Its dialect."""
    enabled: bool
    keyless: bool
    """It needs no credential."""
    credential: str
    """Where one comes from, in a few words."""
    login: str
    """Whose accounts one can log in to; "": it takes keys only."""
    ways: list[str]
    """To log in, the usual one first: `browser`, `paste`, `device`."""
    tokens: int


class ProviderList(View):
    """All services, in the order of listings."""

    providers: list[ProviderView]


class Providers:
    """What is configured, and the catalogue."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        said = "The services that tokens can be of, and how one logs in to them"
        return [Endpoint("GET", "/api/providers", self.listed, said, ProviderList, tag="tokens")]

    async def listed(self) -> ProviderList:
        runtime = self.runtime
        runtime.pool.refresh()
        views = []
        for name, provider in runtime.config.listed_providers():
            known, login = KNOWN.get(name), login_of_provider(name, provider)
            views.append(
                ProviderView(
                    name=name, title=known.title if known else name, kind=provider.kind, enabled=provider.enabled,
                    keyless=provider.keyless, credential=known.key if known else "", login=login,
                    ways=list(WAYS.get(login, ())), tokens=len(runtime.pool.of(name)),
                )
            )  # fmt: skip
        return ProviderList(providers=views)
