"""Steering a simulator in another process: `/_simulator/…` over the same port. For tests and demos on loopback."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from pydantic import TypeAdapter, ValidationError

from router_core.simulator.answers import Answer, json_answer
from router_core.simulator.call import Call
from router_core.simulator.oauth_book import Server
from router_core.simulator.planned import PlannedReply
from router_core.simulator.script import Fault, Pace, describe

if TYPE_CHECKING:
    from router_core.simulator.server import Simulator

CONTROL_PREFIX = "/_simulator/"


@dataclass
class _LogIn:
    """`{"server": "claude"}`: a login to begin a test with."""

    server: Server


_FAULTS = TypeAdapter(list[Fault])
_LOGIN = TypeAdapter(_LogIn)
_PLANS = TypeAdapter(list[PlannedReply])


def answer_control(simulator: "Simulator", call: Call) -> Answer:
    """Answer one control call: 200 with JSON, 400 with the reason."""
    try:
        match call.method, call.path.removeprefix(CONTROL_PREFIX):
            case "GET", "requests":
                return Answer(200, [("content-type", "application/json")], _dump(simulator))
            case "GET", "oauth":
                return json_answer(200, {"chains": [chain.as_json() for chain in simulator.logins]})
            case "POST", "oauth":
                return json_answer(200, simulator.log_in(_LOGIN.validate_json(call.raw_body).server).as_json())
            case "POST", "faults":
                simulator.set_faults(_FAULTS.validate_json(call.raw_body))
            case "POST", "plan":
                simulator.plan(*_PLANS.validate_json(call.raw_body))
            case "POST", "pace":
                simulator.set_pace(Pace.model_validate_json(call.raw_body))
            case "POST", "reset":
                simulator.reset()
            case _:
                return json_answer(404, {"error": "GET oauth, requests; POST faults, oauth, pace, plan, reset"})
    except ValidationError as error:
        return json_answer(400, {"error": describe(error)})
    return json_answer(200, {"ok": True})


def _dump(simulator: "Simulator") -> bytes:
    return orjson.dumps([seen.as_json() for seen in simulator.requests])
