"""config.toml."""

from router_core.config.schema import Config
from router_core.doctor import configuration
from tests.router_core.doctor.conftest import Examine


def test_none_and_a_valid_one_are_well(examine: Examine) -> None:
    examined = examine()
    assert [finding.verdict for finding in configuration.check(examined)] == ["ok"]
    examined.home.config.write_text("[server]\nport = 8123\n")
    assert [finding.verdict for finding in configuration.check(examined)] == ["ok"]


def test_each_wrong_line_is_a_problem_with_its_place(examine: Examine) -> None:
    examined = examine()
    examined.home.config.write_text('[server]\nprot = 8123\nauth = "none"\n')
    found = list(configuration.check(examined))
    assert [finding.verdict for finding in found] == ["problem", "problem"]
    assert any("config.toml:2" in finding.says and "Did you mean 'port'?" in finding.says for finding in found)
    assert any("config.toml:3" in finding.says for finding in found)


def test_a_variable_that_is_not_set_is_a_problem(examine: Examine) -> None:
    examined = examine()
    examined.home.config.write_text('[providers.deepseek]\napi_key = "$DEEPSEEK_KEY"\n')
    (finding,) = configuration.check(examined)
    assert (finding.verdict, "DEEPSEEK_KEY" in finding.says) == ("problem", True)
    assert {f.verdict for f in configuration.check(examine(environ={"DEEPSEEK_KEY": "sk-1"}))} == {"ok"}


def test_having_disabled_every_provider_is_a_problem(examine: Examine) -> None:
    examined = examine()
    examined.home.config.write_text("".join(f"[providers.{name}]\nenabled = false\n" for name in Config().providers))
    *_, finding = configuration.check(examined)
    assert (finding.verdict, finding.says) == ("problem", "every provider is disabled")
    assert "enabled = true" in finding.remedy
