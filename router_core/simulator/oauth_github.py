"""The simulated github.com device login, and the two addresses of api.github.com that Copilot's programs ask."""

from urllib.parse import urlencode

from router_core.simulator.answers import Answer, json_answer
from router_core.simulator.call import Call, Json
from router_core.simulator.oauth_book import Chain, stable
from router_core.simulator.oauth_pages import device_page, form_of, page, person_of
from router_core.simulator.world import World

CLIENT_ID = "Iv1.b507a08c87ecfe98"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
API_PREFIX = "/copilot-api"
"""The simulated api.githubcopilot.com (copilot.py) is below this."""
SLOWER_BY_S = 5


def answer_github(world: World, call: Call) -> Answer:
    """`/login/…` and `/copilot_internal/v2/token`."""
    match call.method, call.path:
        case "POST", "/login/device/code":
            return _new_device(world, call)
        case "POST", "/login/oauth/access_token":
            return _as_wanted(call, _poll(world, _fields(call)))
        case "GET", "/login/device":
            return device_page(call.path, world.script.oauth)
        case "POST", "/login/device":
            fields = form_of(call)
            allowed = fields.get("decision") == "allow"
            person = person_of(fields, world.script.oauth.people) if allowed else None
            known = world.oauth.decide(fields.get("user_code", ""), person)
            return page(200, "Congratulations, you're all set!", "") if known else page(400, "Code not found", "")
        case "GET", "/copilot_internal/v2/token":
            return _copilot_token(world, call)
        case "GET", "/user":
            return _user(world, call)
        case _:
            return json_answer(404, {"message": "Not Found", "status": "404"})


def _new_device(world: World, call: Call) -> Answer:
    fields = _fields(call)
    if fields.get("client_id") != CLIENT_ID:
        return json_answer(404, {"error": "Not Found"})
    secret, device = world.oauth.new_device("github", CLIENT_ID, fields.get("scope", ""))
    payload = {
        "device_code": secret,
        "user_code": device.user_code,
        "verification_uri": f"http://{call.header('host')}/login/device",
        "expires_in": int(device.ends_at - world.clock.now()),
        "interval": int(device.interval_s),
    }
    return _as_wanted(call, payload)


def _poll(world: World, fields: dict[str, str]) -> Json:
    """Always answered 200; `error` says that it is none yet."""
    if fields.get("client_id") != CLIENT_ID:
        return {"error": "incorrect_client_credentials"}
    if fields.get("grant_type") != GRANT:
        return {"error": "unsupported_grant_type"}
    secret = fields.get("device_code", "")
    device = world.oauth.devices.get(secret)
    if device is None or device.server != "github":
        return {"error": "incorrect_device_code", "error_description": "The device_code provided is not valid."}
    if world.clock.now() >= device.ends_at:
        return {"error": "expired_token", "error_description": "The device_code has expired."}
    if world.oauth.polled_too_soon(device):
        device.interval_s += SLOWER_BY_S
        return {"error": "slow_down", "error_description": "Too many requests.", "interval": int(device.interval_s)}
    if device.denied:
        return {"error": "access_denied", "error_description": "The authorization request was denied."}
    if device.person is None:
        return {"error": "authorization_pending", "error_description": "The authorization request is still pending."}
    del world.oauth.devices[secret]
    chain = world.oauth.begin("github", device.person, CLIENT_ID, device.scope)
    return {"access_token": chain.refresh_token, "token_type": "bearer", "scope": device.scope}


def _copilot_token(world: World, call: Call) -> Answer:
    chain = _logged_in(world, call)
    if isinstance(chain, Answer):
        return chain
    if not call.header("editor-version"):
        return json_answer(400, {"message": "missing Editor-Version header for IDE auth"})
    if chain.person.plan == "none":
        return json_answer(403, {"message": "Resource not accessible by integration", "status": "403"})
    world.oauth.renew(chain)
    life = int(world.oauth.life_s("github"))
    return json_answer(
        200,
        {
            "token": chain.access_token,
            "expires_at": int(world.clock.now()) + life,
            "refresh_in": max(life - 300, life // 2),
            "endpoints": {"api": f"http://{call.header('host')}{API_PREFIX}"},
            "sku": chain.person.plan or "individual",
            "chat_enabled": True,
        },
    )


def _user(world: World, call: Call) -> Answer:
    chain = _logged_in(world, call)
    if isinstance(chain, Answer):
        return chain
    login = chain.person.email.partition("@")[0]
    return json_answer(200, {"login": login, "id": int(stable(chain.person.email)[:6], 16), "type": "User"})


def _logged_in(world: World, call: Call) -> Chain | Answer:
    if not call.header("user-agent"):
        return json_answer(403, {"message": "Request forbidden by administrative rules."})
    scheme, _, secret = call.header("authorization").partition(" ")
    chain = world.oauth.find("github", secret) if scheme.lower() in ("token", "bearer") else None
    if chain is None or not chain.alive:
        return json_answer(401, {"message": "Bad credentials", "status": "401"})
    return chain


def _fields(call: Call) -> dict[str, str]:
    if call.json is not None:
        return {name: value for name, value in call.json.items() if isinstance(value, str)}
    return form_of(call)


def _as_wanted(call: Call, payload: Json) -> Answer:
    """A form, unless JSON is asked for."""
    if "json" in call.header("accept"):
        return json_answer(200, payload)
    head = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")]
    return Answer(200, head, urlencode(payload).encode())
