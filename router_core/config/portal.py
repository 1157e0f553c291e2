"""The `[portal]` section: the app in a browser."""

from typing import Annotated

from pydantic import Field, PositiveFloat

from router_core.config.section import Section


class PortalConfig(Section):
    enabled: bool = True
    """`false`: `/portal` does not exist."""
    session_hours: PositiveFloat = 12.0
    """How long a browser that was let in stays so."""
    max_apps: Annotated[int, Field(ge=1, le=50)] = 4
    """Most tabs at once; each runs an app of its own."""
