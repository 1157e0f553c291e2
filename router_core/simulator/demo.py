"""The accounts of `mitmrouter demo`: enough of each kind to watch selection, windows and failover."""

from router_core.simulator.accounts import FIVE_HOURS_S, MINUTE_S, WEEK_S
from router_core.simulator.jwt import make_jwt
from router_core.simulator.script import Account, Window


def _subscription(five_hour: float, week: float, reset_in_s: float) -> list[Window]:
    return [
        Window(name="5h", length_s=FIVE_HOURS_S, capacity_tokens=2_000_000, used=five_hour, reset_in_s=reset_in_s),
        Window(name="7d", length_s=WEEK_S, capacity_tokens=30_000_000, used=week, reset_in_s=3.5 * 86_400),
    ]


DEMO_ACCOUNTS: list[Account] = [
    Account(
        token="sk-ant-oat01-demo-personal-0000000000000000000000000000",  # noqa: S106 - made up
        kind="anthropic_oauth",
        plan="max",
        windows=_subscription(0.62, 0.41, 1.4 * 3600),
    ),
    Account(
        token="sk-ant-oat01-demo-work-00000000000000000000000000000000",  # noqa: S106 - made up
        kind="anthropic_oauth",
        plan="pro",
        windows=_subscription(0.08, 0.17, 4.2 * 3600),
    ),
    Account(
        token="sk-ant-api03-demo-key-000000000000000000000000000000000",  # noqa: S106 - made up
        kind="anthropic_api",
        windows=[
            Window(name="requests", length_s=MINUTE_S, capacity_tokens=1000),
            Window(name="input-tokens", length_s=MINUTE_S, capacity_tokens=2_000_000),
            Window(name="output-tokens", length_s=MINUTE_S, capacity_tokens=400_000),
        ],
    ),
    Account(token=make_jwt("demo-chatgpt-a", "plus"), kind="codex", windows=_subscription(0.35, 0.22, 2.6 * 3600)),
    Account(token=make_jwt("demo-chatgpt-b", "pro"), kind="codex", windows=_subscription(0.05, 0.55, 4.9 * 3600)),
    Account(
        token="sk-proj-demo-platform-00000000000000000000000000000000",  # noqa: S106 - made up
        kind="openai",
        windows=[
            Window(name="requests", length_s=MINUTE_S, capacity_tokens=500),
            Window(name="tokens", length_s=MINUTE_S, capacity_tokens=2_000_000),
        ],
    ),
    Account(
        token="AIzaSyDemo-0000000000000000000000000000",  # noqa: S106 - made up
        kind="gemini",
        windows=[
            Window(name="requests-per-minute", length_s=MINUTE_S, capacity_tokens=150),
            Window(name="input-tokens-per-minute", length_s=MINUTE_S, capacity_tokens=2_000_000),
        ],
    ),
]
