from dataclasses import replace

import pytest

from router_core.importing import environment_source
from router_core.importing.machine import Machine
from tests.router_core.vendors.logins import put

KEY = "made-up-key-0123456789"
AT = "ANTHROPIC_BASE_URL"
SERVICE_ACCOUNT = (
    '{"type": "service_account", "project_id": "proj-1", "client_email": "sa@proj-1.example", "private_key": "made up"}'
)


@pytest.mark.parametrize(
    ("environ", "provider"),
    [
        ({"ANTHROPIC_API_KEY": "sk-ant-api03-" + KEY}, "claude"),
        ({"CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-" + KEY}, "claude"),
        ({"ANTHROPIC_AUTH_TOKEN": "sk-ant-oat01-" + KEY}, "claude"),
        ({"OPENAI_API_KEY": "sk-proj-" + KEY}, "openai"),
        ({"GEMINI_API_KEY": KEY}, "gemini"),
        ({"GOOGLE_API_KEY": KEY}, "gemini"),
        ({"OPENROUTER_API_KEY": KEY}, "openrouter"),
        ({"DEEPSEEK_API_KEY": KEY}, "deepseek"),
        ({"GROQ_API_KEY": KEY}, "groq"),
        ({"MISTRAL_API_KEY": KEY}, "mistral"),
        ({"XAI_API_KEY": KEY}, "xai"),
        ({"DASHSCOPE_API_KEY": KEY}, "qwen"),
        ({"MOONSHOT_API_KEY": KEY}, "moonshot"),
        ({"ZAI_API_KEY": KEY}, "zai"),
        ({"ZHIPUAI_API_KEY": KEY}, "bigmodel"),
        ({"ARK_API_KEY": KEY}, "volcengine"),
        ({"SILICONFLOW_API_KEY": KEY}, "siliconflow"),
        ({"COPILOT_GITHUB_TOKEN": "ghu_" + KEY}, "copilot"),
        ({"ANTHROPIC_AUTH_TOKEN": KEY, AT: "https://api.deepseek.com/anthropic"}, "deepseek-anthropic"),
        ({"ANTHROPIC_AUTH_TOKEN": KEY, AT: "https://api.z.ai/api/anthropic/"}, "zai-anthropic"),
        ({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "https://openrouter.ai/api/v1"}, "openrouter"),
        ({"OPENAI_API_KEY": KEY, "OPENAI_API_BASE": "https://api.groq.com/openai/v1"}, "groq"),
        ({"ANTHROPIC_API_KEY": "sk-ant-api03-" + KEY, AT: "http://127.0.0.1:8100"}, "claude"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else value,
)  # fmt: skip
def test_each_variable_belongs_to_its_provider(machine: Machine, environ: dict[str, str], provider: str) -> None:
    (found,) = environment_source.find(replace(machine, environ=environ))
    assert (found.provider, found.problem) == (provider, "")
    assert set(found.secrets) <= set(environ.values())
    assert found.secrets
    assert provider == "copilot" or provider in machine.providers


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({"ANTHROPIC_AUTH_TOKEN": KEY}, "a gateway's token"),
        ({"ANTHROPIC_AUTH_TOKEN": KEY, AT: "http://localhost:3456"}, "another router on this machine"),
        ({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "https://llm.example.com/v1"}, "no provider has that base URL"),
    ],
)  # fmt: skip
def test_a_key_of_another_service_is_not_taken_for_the_vendor_s(
    machine: Machine, environ: dict[str, str], why: str
) -> None:
    (found,) = environment_source.find(replace(machine, environ=environ))
    assert why in found.problem
    assert not found.secrets


def test_a_claude_subscription_token_is_no_api_key(machine: Machine) -> None:
    (found,) = environment_source.find(replace(machine, environ={"CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-" + KEY}))
    assert (found.sort, found.login) == ("long-lived token", "")


def test_an_empty_variable_is_none(machine: Machine) -> None:
    assert environment_source.find(replace(machine, environ={"OPENAI_API_KEY": "  "})) == []


def test_google_s_credentials_file_is_kept_whole(machine: Machine) -> None:
    path = put(machine.home / "sa.json", SERVICE_ACCOUNT)
    environ = {"GOOGLE_APPLICATION_CREDENTIALS": str(path), "GOOGLE_CLOUD_LOCATION": "europe-west1"}
    (found,) = environment_source.find(replace(machine, environ=environ))
    assert (found.provider, found.login, found.sort) == ("vertex", "vertex", "service account")
    assert found.extra == {"service_account": SERVICE_ACCOUNT}
    assert found.facts == {
        "email": "sa@proj-1.example", "project": "proj-1", "location": "europe-west1", "source": "service_account",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "{}", '{"type":"external_account"}', '{"type":"service_account"}'])
def test_other_files_of_google_are_told(machine: Machine, text: str) -> None:
    path = put(machine.home / "sa.json", text)
    (found,) = environment_source.find(replace(machine, environ={"GOOGLE_APPLICATION_CREDENTIALS": str(path)}))
    assert found.problem
    (found,) = environment_source.find(replace(machine, environ={"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/x.json"}))
    assert "can be read" in found.problem


def test_an_env_file_is_read_as_shells_and_dotenv_write_it(machine: Machine) -> None:
    text = f"""# keys
export OPENAI_API_KEY='{KEY}-a'  # mine
GROQ_API_KEY={KEY}-b # yours

XAI_API_KEY="{KEY}-c"
not a line
"""
    path = put(machine.home / ".env", text)
    found = environment_source.read(path, machine)
    assert [(one.provider, one.access_token) for one in found] == [
        ("openai", f"{KEY}-a"), ("groq", f"{KEY}-b"), ("xai", f"{KEY}-c"),
    ]  # fmt: skip
    assert found[0].place == f"{path} OPENAI_API_KEY"
