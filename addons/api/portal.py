"""`/api/portal/links`: what `mitmrouter portal` opens the portal with."""

from collections.abc import Sequence

from addons.api.endpoint import Endpoint, View
from addons.runtime import Runtime
from router_core.errors import Refused
from router_core.portal.sessions import LINK_LIFETIME_S


class LinkView(View):
    """A link that opens the portal, once."""

    path: str
    """To be opened on this router. The part behind the `#` is a secret; browsers send it to nobody."""
    expires_in_s: float


class PortalLinks:
    """Makes links for whoever has the admin token."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def endpoints(self) -> Sequence[Endpoint]:
        return [
            Endpoint(
                "POST", "/api/portal/links", self.make, "Make a link that opens the portal, once", LinkView,
                status=201, tag="router", errors={404: "The portal is switched off."},
            )
        ]  # fmt: skip

    async def make(self) -> LinkView:
        if not self.runtime.config.portal.enabled:
            raise Refused(404, "not_found", "The portal is switched off: [portal] enabled in config.toml.")
        code = self.runtime.portal.new_link()
        return LinkView(path=f"/portal/open#{code}", expires_in_s=LINK_LIFETIME_S)
