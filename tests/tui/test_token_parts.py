"""What is said of tokens, without an app: notices, lines of one token, small graphs."""

from dataclasses import replace

import pytest

from router_core.quota.forecast import Forecast, Outlook
from router_core.quota.sample import Sample
from router_core.quota.view import Known
from router_core.store.statistics import Sums
from router_core.tokens.history import History
from router_core.tokens.token import Cooldown, Token, Window
from tui.sanitize import Sanitizer
from tui.token_detail import Shown, detail_lines
from tui.token_notices import notices
from tui.token_words import kind_of, shared_place, shared_program
from tui.widgets.spark import spark

NOW = 1_795_201_751.0
HOUR = 3600.0


def token(name: str = "one", **fields: object) -> Token:
    made = Token(f"id-{name}", name, "claude", "", credential="api-key")
    return replace(made, **fields)  # type: ignore[arg-type]


def window(used: float, left_s: float = HOUR, name: str = "5h") -> Window:
    return Window(name, used, NOW + left_s, 18_000, "allowed", NOW)


def said(tokens: list[Token], known: dict[str, Known] | None = None) -> list[tuple[str, str, str]]:
    return [(n.token.name, n.what, n.do) for n in notices(tokens, known or {}, NOW)]


OTHER = token("two")
ALONE = "no other of claude: a adds one, l logs in"
RESTING = {"cooldowns": (Cooldown(NOW + 60, "window_exhausted", "used up", "", NOW),)}
FORECAST = {"id-one": Known({"5h": Outlook(Forecast(NOW + 1800, NOW + 900, NOW + 2400, ""), "")})}


@pytest.mark.parametrize(
    ("tokens", "known", "expected"),
    [
        ([token()], {}, []),
        ([token(enabled=False, health="unhealthy")], {}, []),
        ([token(health="unhealthy", health_because="401")], {},
         [("one", "401", "⏎ gives it a new credential; t tests it")]),
        ([token(health="unhealthy", health_because="dead", login="claude")], {}, [("one", "dead", "l logs in again")]),
        ([token(**RESTING)], {}, [("one", "rests 1m 00s: used up", ALONE)]),
        ([token(**RESTING), OTHER], {}, [("one", "rests 1m 00s: used up", "meanwhile two pays")]),
        ([token(windows=(window(0.95),)), OTHER], {},
         [("one", "5h 95% used, resets in 1h 00m", "meanwhile two pays")]),
        ([token(windows=(window(0.95, -5),))], {}, []),
        ([token(windows=(window(0.5),))], FORECAST, None),
        ([token(expires_at=NOW + HOUR)], {},
         [("one", "its credential ends in 1h 00m and cannot be renewed", "⏎ gives it a new credential; t tests it")]),
        ([token(expires_at=NOW + HOUR, refresh_token="")], {}, []),
        ([token(refresh_token="", login="codex", refresh_expires_at=NOW - 1)], {},
         [("one", "its credential has run out and cannot be renewed", "l logs in again")]),
    ],
    ids=["fine", "off", "key", "login", "rests alone", "another pays", "nearly", "has reset", "forecast", "ends",
         "is renewed", "login ended"],
)  # fmt: skip
def test_a_notice_says_what_is_wrong_and_what_to_do(
    tokens: list[Token], known: dict[str, Known], expected: list[tuple[str, str, str]] | None
) -> None:
    found = said(tokens, known)
    if expected is None:
        ((name, what, do),) = found
        assert (name, do) == ("one", ALONE)
        assert what.startswith("5h used up about ")
        assert what.endswith(", 30m 00s before its reset")
    else:
        assert found == expected


def test_the_most_urgent_comes_first() -> None:
    rows = [
        token("ends", expires_at=NOW + HOUR), token("soon", windows=(window(0.91),)),
        token("sooner", windows=(window(0.99),)), token("rests", **RESTING), token("dead", health="unhealthy"),
    ]  # fmt: skip
    assert [name for name, _, _ in said(rows)] == ["dead", "rests", "sooner", "soon", "ends"]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "key"), ({"credential": "claude-oauth"}, "setup"), ({"login": "claude"}, "login"),
        ({"credential": "login"}, "login"), ({"login": "vertex"}, "account"), ({"origin": "config"}, "config"),
    ],
)  # fmt: skip
def test_kind_is_one_word(fields: dict[str, object], kind: str) -> None:
    assert kind_of(token(**fields)) == kind


@pytest.mark.parametrize(
    ("shared", "program", "place"),
    [
        ("", "", ""),
        ("claude-file:/home/me/.claude/.credentials.json", "Claude Code", "/home/me/.claude/.credentials.json"),
        ("codex-keyring:cli|0123", "Codex", "the keychain"),
    ],
)
def test_a_shared_login_names_the_program_and_the_place(shared: str, program: str, place: str) -> None:
    of = token(shared=shared)
    assert shared_program(of) == program
    if shared:
        assert shared_place(of) == place


def test_graph_has_blanks_before_bars_then_dots_for_what_is_to_come() -> None:
    samples = [Sample(20, 0.0, 100), Sample(30, 0.5, 100), Sample(45, 1.0, 100)]
    assert spark(samples, 0, 100, 49, 10) == "  ▁▅█·····"
    assert spark([], 0, 100, 49, 10) == "     ·····"


def lines(shown: Shown, width: int = 76) -> list[str]:
    return ["".join(piece if isinstance(piece, str) else piece.text for piece in line) for line in
            detail_lines(shown, width)]  # fmt: skip


def test_every_line_fits_and_every_part_is_there() -> None:
    sums = Sums(12, 1, 1000, 500, 9000, 0, 0, 0, 1_230_000_000, 0, 800.0, 4000.0)
    full = token(
        login="claude", refresh_token="", credential="login", expires_at=NOW + HOUR, account_id="acc-1",
        health="unhealthy", health_because="invalid_grant: the login was ended by its owner, or by somebody else, " * 2,
        shared="claude-file:/home/me/.claude/.credentials.json", facts={"email": "me@example.com", "plan": "max"},
        windows=(window(0.62), Window("7d_opus", None, None, None)), **RESTING,
    )  # fmt: skip
    history = History({"5h": [Sample(NOW - 60, 0.6, NOW + HOUR)]}, {"today": sums}, ())
    for width in (40, 76, 140):
        shown = lines(Shown(full, NOW, history=history, in_flight=3), width)
        together = "\n".join(shown)
        for part in ("3 under way", "Windows", "62%", "1 sample,", "Rests", "Shared", "me@example.com", "today", "90%"):
            assert part in together, (part, width)
        if width >= 76:
            assert max(map(len, shown)) <= width
    sanitized = "\n".join(lines(Shown(full, NOW, history=history, sanitizer=Sanitizer(True))))
    assert not any(own in sanitized for own in ("me@example", "acc-1", "/home/me"))


def test_a_token_that_a_demo_leaves_alone_says_so() -> None:
    assert any("A demo runs" in line for line in lines(Shown(token(), NOW, is_used=False)))
