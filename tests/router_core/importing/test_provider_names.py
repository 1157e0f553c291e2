import pytest

from router_core.importing.provider_names import host_of, is_local, provider_at, provider_named
from tests.router_core.importing.conftest import BASE_URLS


@pytest.mark.parametrize(
    ("url", "anthropic", "provider"),
    [
        ("https://api.openai.com/v1/chat/completions", False, "openai"),
        ("https://api.anthropic.com", True, "claude"),
        ("https://api.anthropic.com/v1/messages", True, "claude"),
        ("https://openrouter.ai/api/v1/chat/completions", False, "openrouter"),
        ("https://openrouter.ai/api", True, "openrouter-anthropic"),
        ("https://api.deepseek.com/chat/completions", False, "deepseek"),
        ("https://api.deepseek.com/anthropic/v1/messages", True, "deepseek-anthropic"),
        ("https://API.Moonshot.AI/anthropic", True, "moonshot-anthropic"),
        ("https://api.z.ai/api/coding/paas/v4", False, "zai-coding"),
        ("https://api.z.ai/api/paas/v4/", False, "zai"),
        ("https://ark.cn-beijing.volces.com/api/coding/v3/chat/completions", False, "volcengine-coding"),
        ("https://ark.cn-beijing.volces.com/api/v3/chat/completions", False, "volcengine"),
        ("https://ark.cn-beijing.volces.com/api/coding", True, "volcengine-anthropic"),
        ("https://api.siliconflow.cn/v1/chat/completions", False, "siliconflow"),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions", False, "qwen"),
        ("https://dashscope.aliyuncs.com/somewhere/else", False, None),
        ("https://llm.example.com/v1", False, None),
        ("https://api.openai.com.example.com/v1", False, None),
        ("not a url", False, None),
        ("http://[", False, None),
    ],
)
def test_a_url_belongs_to_the_service_that_is_there(url: str, anthropic: bool, provider: str | None) -> None:
    assert provider_at(url, BASE_URLS, anthropic=anthropic) == provider


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("anthropic", "claude"),
        ("OpenAI-Codex", "codex"),
        ("github-copilot", "copilot"),
        ("google", "gemini"),
        ("kimi", "moonshot"),
        ("something-new", "something-new"),
    ],
)
def test_names_of_other_programs_become_ours(name: str, provider: str) -> None:
    assert provider_named(name) == provider


def test_another_router_on_this_machine_is_told_from_a_service() -> None:
    assert is_local("http://127.0.0.1:3456/v1")
    assert is_local("http://localhost")
    assert not is_local("https://api.openai.com")
    assert not is_local("http://[")
    assert host_of("https://api.openai.com/v1") == "api.openai.com"
