"""Clients on a machine that has an HTTP proxy: what they send to the router must not go through that."""

from collections.abc import Mapping

_PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
_NEAR = ("127.0.0.1", "localhost", "::1")


def around_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """`NO_PROXY` in both spellings with this machine in it; nothing where no proxy is set."""
    if not any(environ.get(name) for name in _PROXIES):
        return {}
    rules = _rules(environ)
    rules += [name for name in _NEAR if name not in rules]
    return dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(rules))


def spares_this_machine(environ: Mapping[str, str]) -> bool:
    """Whether `NO_PROXY` names this machine already."""
    return not {"127.0.0.1", "*"}.isdisjoint(_rules(environ))


def _rules(environ: Mapping[str, str]) -> list[str]:
    said = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    return [rule.strip() for rule in said.split(",") if rule.strip()]
