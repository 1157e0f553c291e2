"""Tokens: alive, refused, used up, disabled, none."""

from dataclasses import replace

import pytest

from router_core.clock import SystemClock
from router_core.doctor import tokens
from router_core.doctor.finding import Finding
from router_core.doctor.tokens import finding_of
from router_core.simulator import Fault, SimulatorThread
from router_core.store.tokens import open_tokens
from router_core.tokens.probe import ProbeResult
from router_core.tokens.token import Token
from tests.router_core.doctor.conftest import Examine

SECRET = "sk-ant-api03-doctor-000001"


def add(examine: Examine, url: str, *names: str) -> None:
    home = examine().home
    home.config.write_text(f'[providers.claude]\nbase_url = "{url}"\n')
    store = open_tokens(home, SystemClock())
    for number, name in enumerate(names):
        store.add(Token("", name, "claude", f"{SECRET}{number}"))
    store.database.conn.close()


def found(examine: Examine, **changes: object) -> dict[str, Finding]:
    return {finding.check: finding for finding in tokens.check(examine(**changes))}


def test_each_is_asked_and_a_refused_one_is_a_problem_with_its_remedy(examine: Examine) -> None:
    with SimulatorThread() as simulator:
        add(examine, simulator.url, "good", "bad")
        simulator.set_faults([Fault.model_validate({"fault": "unauthorized_401", "token": f"{SECRET}1", "times": 0})])
        answers = found(examine)
    assert answers["token good"].verdict == "ok"
    assert answers["token bad"].verdict == "problem"
    assert "token edit bad" in answers["token bad"].remedy
    assert SECRET not in repr(answers)


def test_one_that_is_used_up_for_now_is_only_a_warning(examine: Examine) -> None:
    with SimulatorThread() as simulator:
        add(examine, simulator.url, "work")
        simulator.set_faults([Fault.model_validate({"fault": "window_exhausted", "token": "*", "times": 0})])
        answers = found(examine)
    assert (answers["token work"].verdict, "mitmrouter usage" in answers["token work"].remedy) == ("warning", True)


def test_having_none_or_only_disabled_ones_is_a_problem(examine: Examine) -> None:
    assert found(examine)["tokens"].verdict == "problem"
    add(examine, "http://127.0.0.1:1", "off")
    store = open_tokens(examine().home, SystemClock())
    store.save(replace(store.named("off"), enabled=False))
    store.database.conn.close()
    problem, disabled = tokens.check(examine())
    assert (problem.verdict, "token enable off" in problem.remedy) == ("problem", True)
    assert disabled.says == "disabled by you: off"


def test_nothing_is_asked_offline(examine: Examine) -> None:
    add(examine, "http://127.0.0.1:1", "work")
    assert found(examine, offline=True)["token work"].verdict == "skipped"


def test_a_demo_token_is_never_asked_about(examine: Examine) -> None:
    store = open_tokens(examine().home, SystemClock())
    store.add(Token("", "demo-claude", "claude", SECRET, origin="demo"))
    store.database.conn.close()
    assert list(found(examine)) == ["tokens"]


@pytest.mark.parametrize("detail", ["https://api.anthropic.com was not reached: [Errno -2] Name or service not known"])
def test_a_provider_that_was_not_reached_says_nothing_against_the_token(detail: str) -> None:
    finding = finding_of(Token("1", "work", "claude", SECRET), ProbeResult(False, detail), "mitmrouter")
    assert finding.remedy == "See the line on the provider claude"


def test_one_whose_provider_is_configured_no_longer_is_a_problem_of_the_configuration(examine: Examine) -> None:
    store = open_tokens(examine().home, SystemClock())
    store.add(Token("", "old", "my-own", SECRET))
    store.database.conn.close()
    finding = found(examine)["token old"]
    assert (finding.verdict, finding.says) == ("problem", "the provider 'my-own' is not configured")
    assert "[providers.my-own]" in finding.remedy
    assert finding.remedy.endswith("mitmrouter token remove old")
