"""How the services that speak this format differ. One row per service; what is not said in a row is what most do.

Sources are the vendors' own API pages and the error reports of users (read 2026-11-20). A service that is not in the
table gets the common subset that all of them take: a refused field costs the whole request, a missing one little.
"""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from router_core.wire.codec import Target
from router_core.wire.openai_chat.thinking_switch import Switch


class Dialect(Struct, frozen=True):
    """What one service takes.

    Args:
        max_tokens: the field's name.
        switch: how thinking is set.
        reasoning_back: the field in which the history's thinking returns; "" where it must not.
        no_reasoning: what that field says in a message of the assistant's without thinking (another provider's, say);
            None: it is left out there.
        no_reasoning_in: which messages must have it all the same: those with tool calls, or all.
        system_anywhere: system messages may stand between turns; else only one, at the beginning.
        stop: most stop sequences; 0 refuses the field.
        seed: the field's name; "" refuses it.
        required: the word for "some tool must be called".
        nine_char_ids: ids of calls are exactly nine letters and digits.
        schema: takes `response_format: json_schema`; `json`: takes `json_object`.
        search: the model's own web search: a request field, OpenRouter's plugin, or "" for none.
    """

    max_tokens: str = "max_tokens"
    switch: Switch = "none"
    reasoning_back: str = ""
    no_reasoning: str | None = None
    no_reasoning_in: Literal["calls", "all"] = "calls"
    developer: bool = False
    system_anywhere: bool = False
    stop: int = 4
    stream_options: bool = True
    seed: str = "seed"
    required: str = "required"
    nine_char_ids: bool = False
    penalties: bool = True
    top_k: bool = False
    n: bool = False
    logprobs: bool = False
    schema: bool = True
    json: bool = True
    strict: bool = False
    parallel: bool = False
    allowed_tools: bool = False
    custom_tools: bool = False
    cache_key: bool = False
    cache_control: bool = False
    user: bool = False
    metadata: bool = False
    service_tier: bool = False
    verbosity: bool = False
    search: str = ""
    names: bool = True
    files: bool = False
    audio: bool = False
    google_signatures: bool = False


COMMON = Dialect()

_OPENAI = Dialect(
    max_tokens="max_completion_tokens",
    switch="effort",
    developer=True,
    system_anywhere=True,
    n=True,
    logprobs=True,
    strict=True,
    parallel=True,
    allowed_tools=True,
    custom_tools=True,
    cache_key=True,
    user=True,
    metadata=True,
    service_tier=True,
    verbosity=True,
    search="web_search_options",
    files=True,
    audio=True,
)
_REASONING_BACK = Dialect(reasoning_back="reasoning_content", system_anywhere=True, switch="thinking", penalties=False)

_SERVICES: tuple[tuple[tuple[str, ...], Dialect], ...] = (
    (("api.openai.com", "openai"), _OPENAI),
    ((".openai.azure.com", ".services.ai.azure.com", "azure"), replace(_OPENAI, cache_key=False, service_tier=False)),
    (
        ("openrouter.ai", "openrouter"),
        Dialect(
            switch="openrouter",
            reasoning_back="reasoning_details",
            system_anywhere=True,
            top_k=True,
            logprobs=True,
            strict=True,
            parallel=True,
            cache_key=True,
            user=True,
            verbosity=True,
            search="plugin",
            files=True,
            audio=True,
        ),
    ),
    (
        (".githubcopilot.com", "copilot"),
        replace(COMMON, parallel=True, switch="effort", n=True, strict=True),
    ),
    (
        ("api.deepseek.com", "deepseek"),
        replace(
            _REASONING_BACK,
            switch="thinking_effort",
            no_reasoning="",
            no_reasoning_in="all",
            schema=False,
            seed="",
            logprobs=True,
        ),
    ),
    (
        ("api.moonshot.ai", "api.moonshot.cn", "api.kimi.com", "moonshot", "kimi"),
        # For Kimi K2.5 and later an empty text is none (earendil-works/pi #4178, theopenco/llmgateway #2093).
        replace(_REASONING_BACK, no_reasoning=" ", cache_key=True, stop=5),
    ),
    (
        ("api.z.ai", "open.bigmodel.cn", "zai", "z.ai", "glm", "bigmodel"),
        replace(_REASONING_BACK, stop=1, seed="", schema=False),
    ),
    (
        (".volces.com", ".bytepluses.com", "volcengine", "ark", "byteplus"),
        replace(_REASONING_BACK, seed="", parallel=True),
    ),
    (
        (".aliyuncs.com", "qwen", "dashscope", "alibaba"),
        replace(
            _REASONING_BACK, switch="enable_thinking", cache_control=True, parallel=True, top_k=True, penalties=True
        ),
    ),
    (
        ("api.siliconflow.cn", "api.siliconflow.com", "siliconflow"),
        replace(COMMON, switch="enable_thinking", top_k=True),
    ),
    (
        ("api.groq.com", "groq"),
        Dialect(
            max_tokens="max_completion_tokens",
            switch="effort",
            system_anywhere=True,
            parallel=True,
            user=True,
            service_tier=True,
            names=False,
        ),
    ),
    (
        (".mistral.ai", "mistral", "codestral"),
        Dialect(
            seed="random_seed",
            required="any",
            nine_char_ids=True,
            stream_options=False,
            parallel=True,
            strict=True,
            n=True,
            names=False,
        ),
    ),
    (
        ("api.x.ai", "xai", "grok"),
        Dialect(
            max_tokens="max_completion_tokens",
            switch="effort",
            system_anywhere=True,
            parallel=True,
            logprobs=True,
            cache_key=True,
            user=True,
            n=True,
        ),
    ),
    (
        ("api.minimax.io", "api.minimaxi.com", "minimax"),
        replace(COMMON, seed="", schema=False, stop=0, penalties=False),
    ),
    (
        ("generativelanguage.googleapis.com", ".aiplatform.googleapis.com", "google", "gemini"),
        replace(COMMON, switch="effort", system_anywhere=True, google_signatures=True, n=True, stop=5, seed=""),
    ),
    (("ollama.com", "ollama"), replace(COMMON, switch="effort")),
)
_CACHE_CONTROL_VENDORS = ("anthropic/", "google/", "qwen/")
_NO_STOP_GROK = ("grok-3-mini", "grok-4", "grok-code")


def dialect_of(target: Target) -> Dialect:
    """The dialect of a target: the one that is said, else by the host of its base URL, else by its configured name."""
    if target.dialect:
        host, provider = "", target.dialect
        found = _row(host, provider, "openai-chat")
    else:
        host, provider = target.host.lower(), target.provider.lower()
        found = _row(host, provider, target.kind)
    model = target.model.lower()
    if found.switch == "openrouter" and model.startswith(_CACHE_CONTROL_VENDORS):
        return replace(found, cache_control=True)
    if (host == "api.x.ai" or provider in ("xai", "grok")) and model.startswith(_NO_STOP_GROK):
        return replace(found, stop=0, penalties=False)
    return found


def _row(host: str, provider: str, kind: str) -> Dialect:
    for names, dialect in _SERVICES:
        for name in names:
            if name.startswith("."):
                if host.endswith(name) or host == name[1:]:
                    return dialect
            elif "." in name and host == name:
                return dialect
    if kind == "openai":
        return _OPENAI
    if kind == "copilot":  # GitHub Enterprise has hosts of its own
        provider = "copilot"
    return next((dialect for names, dialect in _SERVICES if provider in names), COMMON)
