"""Each provider in use can be reached from here: name, connection, certificate. No credential is sent."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from router_core.config.schema import Config
from router_core.demo_lock import demo_is_alive
from router_core.doctor.clock import clock_finding
from router_core.doctor.examined import Examined
from router_core.doctor.finding import Finding
from router_core.text import printable

if TYPE_CHECKING:
    import httpx

AT_ONCE = 8
TIMEOUT_S = 10.0


def check(examined: Examined) -> Iterator[Finding]:
    """All at once; in the order of the configuration."""
    config, names = examined.config, examined.providers_in_use
    if config is None:
        return
    if demo_is_alive(examined.home):
        yield Finding("providers", "skipped", "the demo's are simulated; yours are not asked until it ends")
        return
    if not names:
        yield Finding("providers", "skipped", "no token yet, so none is in use")
        return
    if examined.offline:
        yield Finding("providers", "skipped", f"not asked (--offline): {', '.join(names)}")
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda name: _reach(name, config), names))
    yield from (finding for finding, _ in answers)
    now = examined.clock.now()
    for date in (date for _, date in answers if date):
        try:
            off = now - parsedate_to_datetime(date).timestamp()
        except ValueError:
            continue
        finding = clock_finding(off)
        if finding.verdict != "ok":
            yield finding
        break  # one is enough: they agree with each other


def _reach(name: str, config: Config) -> tuple[Finding, str]:
    """What came of it, and the time as the provider has it."""
    import httpx  # here: a quarter of a second that other commands do not wait for

    check, provider = f"provider {name}", config.providers[name]
    try:
        proxy = config.server.proxy_for(provider.base_url)
        with (
            httpx.Client(timeout=TIMEOUT_S, proxy=proxy, follow_redirects=False, trust_env=False) as http,
            http.stream("GET", provider.base_url) as answer,
        ):
            date = answer.headers.get("date", "")
    except httpx.HTTPError as error:
        return Finding(check, "problem", *_why(error, provider.host, config)), ""
    return Finding(check, "ok", f"{provider.host} answers"), date


def _why(error: "httpx.HTTPError", host: str, config: Config) -> tuple[str, str]:
    """(what happened, what to do)."""
    import httpx

    text = printable(str(error) or type(error).__name__, 200)
    through = " through the proxy" if config.server.proxy_url else ""
    if "CERTIFICATE" in text.upper() or "SSL" in text.upper():
        remedy = "Something between here and there opens TLS, or the system's authorities are too old"
    elif "Name or service not known" in text or "nodename" in text or "resolution" in text:
        remedy = f"Its name is not known here: see your network, DNS, or base_url ({host})"
    elif isinstance(error, httpx.TimeoutException):
        remedy = "See your network and firewall; behind a company's proxy set [server] proxy_url"
    else:
        remedy = "See your network, the base_url in config.toml, and whether the provider has an outage"
    return f"{host} cannot be reached{through}: {text}", remedy
