"""`[[routing.rules]]`: a request's project, client, session, user agent and model against patterns."""

from fnmatch import fnmatchcase
from os.path import expanduser

from router_core.config.routing import RuleConfig
from router_core.routing.facts import Facts


def matches(rule: RuleConfig, facts: Facts) -> bool:
    """True when all conditions of a rule hold."""
    if rule.project is not None and not is_in_project(facts.project, rule.project):
        return False
    wanted = (
        (rule.client, facts.client),
        (rule.session, facts.session),
        (rule.user_agent, facts.user_agent),
        (rule.model, facts.model),
    )
    return all(pattern is None or fnmatchcase(value, pattern) for pattern, value in wanted)


def is_in_project(directory: str, pattern: str) -> bool:
    """True for a directory that the pattern names, and for all below it."""
    whole = expanduser(pattern).rstrip("/")
    return bool(directory) and (fnmatchcase(directory.rstrip("/"), whole) or fnmatchcase(directory, f"{whole}/*"))


def described(rule: RuleConfig) -> str:
    """Its conditions, as they are written."""
    conditions = rule.model_dump(exclude={"target"}, exclude_none=True)
    return ", ".join(f"{name} = {value!r}" for name, value in conditions.items())
