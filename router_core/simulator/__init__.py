"""A stand-in for Anthropic, OpenAI and the ChatGPT Codex backend, as strict as they are, for `demo` and for tests."""

from router_core.simulator.demo import DEMO_ACCOUNTS
from router_core.simulator.jwt import make_jwt
from router_core.simulator.script import Account, Fault, Pace, Script, Window, load_script
from router_core.simulator.seen import SeenRequest
from router_core.simulator.server import Simulator, run_simulator
from router_core.simulator.thread import SimulatorThread

__all__ = [
    "DEMO_ACCOUNTS",
    "Account",
    "Fault",
    "Pace",
    "Script",
    "SeenRequest",
    "Simulator",
    "SimulatorThread",
    "Window",
    "load_script",
    "make_jwt",
    "run_simulator",
]
