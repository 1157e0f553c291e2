"""THE list of endpoints: a new subject is one file and one line here."""

from collections.abc import Sequence

from addons.api.config import ConfigPage
from addons.api.config_text import ConfigTextPage
from addons.api.document import Document
from addons.api.endpoint import Endpoint, Subject
from addons.api.events import Events
from addons.api.explain import Explain
from addons.api.health import HealthPage
from addons.api.imports import Imports
from addons.api.keys import Keys
from addons.api.lock import Lock
from addons.api.logins import Logins
from addons.api.metrics import Metrics
from addons.api.models import Models
from addons.api.portal import PortalLinks
from addons.api.providers import Providers
from addons.api.replay import Replay
from addons.api.sessions import Sessions
from addons.api.spend import Spend
from addons.api.stats import Statistics
from addons.api.status import StatusPage
from addons.api.token_changes import TokenChanges
from addons.api.tokens import Tokens
from addons.api.traces import Traces
from addons.api.usage import Usage
from addons.budgets import Budgets
from addons.runtime import Runtime


def endpoints(runtime: Runtime, budgets: Budgets) -> Sequence[Endpoint]:
    """All of them, in the order of the document."""
    subjects: list[Subject] = [
        StatusPage(runtime, budgets),
        HealthPage(runtime),
        ConfigPage(runtime),
        ConfigTextPage(runtime),
        Traces(runtime),
        Replay(runtime),
        Statistics(runtime),
        Sessions(runtime),
        Metrics(runtime),
        Events(runtime),
        Tokens(runtime),
        TokenChanges(runtime),
        Logins(runtime),
        Imports(runtime),
        Providers(runtime),
        Usage(runtime),
        Spend(runtime, budgets),
        Lock(runtime),
        Models(runtime),
        Explain(runtime),
        Keys(runtime),
        Document(runtime, lambda: found),
        PortalLinks(runtime),
    ]
    found = [endpoint for subject in subjects for endpoint in subject.endpoints()]
    return found
