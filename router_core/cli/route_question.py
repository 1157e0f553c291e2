"""A request to be explained, and the stores that the answer comes from, opened for looking at only."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import click
import orjson

from router_core.asked import read_asked
from router_core.asked_for import AskedFor
from router_core.attempt import upstream_of
from router_core.cli.paying import paying_tokens
from router_core.cli.printing import own_command
from router_core.client import AGENT_HEADER, client_name, session_key, thread_of
from router_core.clock import SystemClock
from router_core.config.load import load_config
from router_core.config.schema import Config
from router_core.errors import RouterError
from router_core.home import Home
from router_core.routing.auto.names import auto_of
from router_core.routing.decide import Route
from router_core.routing.dry_run import DryRun
from router_core.routing.entrance import Entrance
from router_core.routing.explain import Explained, Question, explain, taken
from router_core.routing.project import HEADER as PROJECT_HEADER
from router_core.routing.target import RouteTarget
from router_core.session import key_of_beginning
from router_core.store import traces
from router_core.store.affinity import read_affinities
from router_core.store.database import open_read_only
from router_core.store.tokens import view_tokens
from router_core.text import duration
from router_core.tokens.bindings import Bindings
from router_core.tokens.token import Token


class Told(NamedTuple):
    """What the trace says of a request."""

    model: str
    provider: str
    format: str
    session: str


def of_trace(home: Home, reference: str) -> tuple[bytes, dict[str, str], Told]:
    """Body, headers and facts of a request that was traced.

    Raises:
        click.ClickException: there is none, or its body was not kept.
    """
    row = traces.find(open_read_only(home.traces_db), reference) if home.traces_db.exists() else None
    if row is None:
        raise click.ClickException(f"There is no request {reference!r}. List them: {own_command(home)} trace list")
    bodies = traces.bodies_of(open_read_only(home.traces_db), row["id"])
    body = next((body["content"] for body in bodies if body["kind"] == "request" and not body["truncated"]), b"")
    routed = row["path"].startswith(("/v1/", "/v1beta/"))
    told = Told(row["asked_model"] or row["model"], "" if routed else row["provider"], row["format"], row["session"])
    headers = {"user-agent": row["user_agent"], AGENT_HEADER: row["agent"] or "", PROJECT_HEADER: row["project"] or ""}
    return body, {name: value for name, value in headers.items() if value}, told


def explained(
    home: Home,
    content: bytes,
    headers: dict[str, str],
    model: str | None,
    provider: str | None,
    session: str | None,
    wire_format: str | None,
    now: float,
) -> dict[str, Any]:
    """The whole answer, as JSON values.

    Raises:
        click.ClickException: the body is no JSON object, or no route fits.
    """
    config = load_config(home.config)
    said = read_asked(content) if content else {}
    if said is None:
        raise click.ClickException("The body is not a JSON object.")
    asked_model = model or str(said.get("model") or "")
    given = session or session_key(headers, said)
    key = given or (key_of_beginning(content) if content else "")
    tokens, bindings, hosts = _stores(home, config, now)
    body = _with_model(content, asked_model)
    if not content and not provider and auto_of(asked_model):
        raise click.UsageError(
            f"{asked_model} goes by the prompt: give a FILE with a request's body (- is standard input)."
        )
    entrance = Entrance(wire_format or _format_of(content), "generate", asked_model)  # type: ignore[arg-type]  # click has checked it
    asked, dry = AskedFor(entrance, body, headers, "", given), None
    if provider:
        route = _of_path(config, provider, asked_model)
    else:
        dry = DryRun(home, config, asked, lambda name: bool(tokens.get(name)), now)
        try:
            route = dry.route()
        except RouterError as error:
            raise click.ClickException(error.message) from error
    prompt = asked if content else None
    question = Question(client_name(headers), key, thread_of(headers, key), None if provider else asked, prompt)
    targets = explain(
        route, question, config, lambda name: tokens.get(name, []), lambda name: bindings.find(key, name), hosts, now
    )
    return {
        "model": asked_model,
        "session": key,
        "thread": question.thread,
        "because": route.because,
        **({} if dry is None else dry.told(route, has_prompt=bool(content))),
        "says": _says(targets),
        "targets": [_json(target) for target in targets],
    }


def _with_model(content: bytes, model: str) -> bytes:
    """The body, as if it asked for this model; Gemini's say it in the path."""
    try:
        body = orjson.loads(content or b"{}")
    except orjson.JSONDecodeError:  # said by whoever reads it as a request
        return content
    same = content and (body.get("model") == model or "contents" in body)
    return content if same else orjson.dumps({**body, "model": model})


def _format_of(content: bytes) -> str:
    """By the field that holds the conversation."""
    try:
        body = orjson.loads(content) if content else {}
    except orjson.JSONDecodeError:
        body = {}
    if "contents" in body:
        return "gemini"
    if "input" in body:
        return "openai-responses"
    return "anthropic" if "max_tokens" in body or not body.get("messages") else "openai-chat"


def _stores(home: Home, config: Config, now: float) -> tuple[dict[str, list[Token]], Bindings, dict[str, str]]:
    """(tokens by provider, bindings, why hosts are left alone)"""
    tokens: dict[str, list[Token]] = {}
    bindings = Bindings(lambda write: None)
    hosts: dict[str, str] = {}
    if home.tokens_db.exists():
        store = view_tokens(home, SystemClock())
        for row in read_affinities(store.database):
            bindings.restore(row)
        down = {host: (until, because) for host, _, until, because in store.breakers() if until > now}
        for name, provider in config.providers.items():
            if (found := down.get(upstream_of(provider, "/").authority)) is not None:
                hosts[name] = f"for {duration(found[0] - now)}: {found[1]}"
        store.database.close()
    for token in paying_tokens(home, config):
        tokens.setdefault(token.provider, []).append(token)
    return tokens, bindings, hosts


def _of_path(config: Config, provider: str, model: str) -> Route:
    if provider not in config.providers:
        raise click.ClickException(f"There is no provider {provider!r}. Known: {', '.join(config.providers)}.")
    return Route((RouteTarget(provider, model),), f"path /{provider}/")


def _says(targets: Sequence[Explained]) -> str:
    if all(target.denied for target in targets):
        return "refused: " + "; ".join(target.denied for target in targets)
    if (target := taken(targets)) is None:
        return "no token can pay now"
    wait = f" after {target.waits_s:.1f} s" if target.waits_s else ""
    return f"{target.provider}/{target.model}, paid by {target.chosen}{wait} ({target.because})"


def _json(target: Explained) -> dict[str, Any]:
    affinity = target.affinity
    return {
        "provider": target.provider,
        "model": target.model,
        "strategy": target.strategy,
        "chosen": target.chosen,
        "because": target.because,
        "waits_s": target.waits_s,
        "host_rests": target.host_rests,
        "denied": target.denied,
        "transformers": [{"name": name, "does": does} for name, does in target.transformers],
        "expected_nano_usd": target.expected_nano_usd,
        "billing": target.billing,
        "bound": target.bound,
        "affinity": None
        if affinity is None
        else {
            "place": affinity.place,
            "because": affinity.because,
            "kept_tokens": affinity.kept_tokens,
            "lost_tokens": affinity.lost_tokens,
            "lost_nano_usd": affinity.lost_nano_usd,
        },
        "tokens": [
            {
                "name": each.token.name,
                "place": each.place,
                "because": each.because,
                "taken": each.token.name == target.chosen,
            }
            for each in target.tokens
        ],
    }
