"""A stand-in for Anthropic, OpenAI, the Codex backend and Gemini, as strict as they are, for `demo` and for tests."""

from router_core.simulator.demo import DEMO_ACCOUNTS
from router_core.simulator.jwt import make_jwt
from router_core.simulator.planned import PlannedCall, PlannedReply
from router_core.simulator.replies import Citation, WebResult, WebSearch
from router_core.simulator.script import (
    Account,
    Fault,
    OAuth,
    Pace,
    Person,
    Script,
    ServiceAccount,
    Window,
    load_script,
)
from router_core.simulator.seen import SeenRequest
from router_core.simulator.server import Simulator, run_simulator
from router_core.simulator.thread import SimulatorThread

__all__ = [
    "DEMO_ACCOUNTS",
    "Account",
    "Citation",
    "Fault",
    "OAuth",
    "Pace",
    "Person",
    "PlannedCall",
    "PlannedReply",
    "Script",
    "SeenRequest",
    "ServiceAccount",
    "Simulator",
    "SimulatorThread",
    "WebResult",
    "WebSearch",
    "Window",
    "load_script",
    "make_jwt",
    "run_simulator",
]
