"""Which report of users about translation is tested where. A report without a test, and a test that is gone, fail here.

The list begins where translation does: reports 1 to 25 and 55 to 72 are about logins, limits, caches and connections;
their tests are in tests/live/test_gotchas.py and tests/router_core/test_gotchas.py.
"""

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

GOTCHAS = "tests/router_core/test_gotchas_translated.py::"
STATE = "tests/router_core/state/"
LIVE = "tests/live/"

TESTED: dict[int, tuple[str, ...]] = {
    # ---- previous_response_id
    26: (
        f"{LIVE}test_routed.py::test_a_response_is_continued_by_its_id_at_any_provider",
        f"{STATE}test_against_providers.py::test_a_response_of_one_account_is_continued_at_the_codex_backend",
    ),
    27: (
        f"{LIVE}test_routed.py::test_a_response_that_nobody_knows_is_refused_in_the_words_clients_look_for",
        f"{STATE}test_previous.py::test_nobody_knowing_is_said_in_the_words_clients_look_for",
    ),
    28: (f"{LIVE}test_websocket.py::test_an_id_of_an_earlier_socket_is_answered_in_full",),
    29: (
        f"{LIVE}test_websocket.py::test_a_turn_is_never_replayed_after_content",
        f"{LIVE}test_websocket.py::test_an_error_before_content_goes_to_the_next_token_in_full",
    ),
    30: (
        f"{LIVE}test_refused_proofs.py::test_replayed_reasoning_is_refused_and_rotating_accounts_does_not_help",
        f"{STATE}test_repair.py::test_refused_ciphertext_is_taken_out",
        f"{STATE}test_against_providers.py::test_another_account_accepts_reasoning_without_its_ciphertext",
    ),
    # ---- thinking
    31: (
        f"{LIVE}test_refused_proofs.py::test_invalid_signature_in_thinking_block",
        f"{STATE}test_repair.py::test_claude_gets_the_turn_without_thinking",
        f"{STATE}test_against_providers.py::test_claude_accepts_a_tool_turn_that_another_provider_began",
    ),
    32: (f"{STATE}test_repair.py::test_claude_on_vertex_gets_no_stand_in",),
    33: (
        f"{STATE}test_against_providers.py::test_gemini_accepts_a_call_it_did_not_sign",
        f"{STATE}test_repair.py::test_a_call_without_signature_gets_the_stand_in",
    ),
    34: (f"{GOTCHAS}test_deepseek_answers_400_because_its_reasoning_content_did_not_come_back",),
    # ---- tool calls
    35: (f"{GOTCHAS}test_tool_arguments_vanished_when_usage_came_with_every_chunk",),
    36: (f"{GOTCHAS}test_bash_calls_arrived_without_their_command",),
    37: (f"{GOTCHAS}test_a_call_cut_off_by_max_tokens_ran_as_an_empty_one",),
    38: (f"{GOTCHAS}test_built_in_and_freeform_tools_became_tools_that_anthropic_refuses",),
    39: (f"{GOTCHAS}test_an_orphan_choice_or_call_or_output_is_a_400",),
    40: (f"{GOTCHAS}test_codex_refused_namespaced_tools_as_unsupported_call",),
    41: (f"{GOTCHAS}test_cursor_sends_the_tools_of_one_api_to_another",),
    42: (f"{GOTCHAS}test_mistral_refuses_ids_that_are_not_nine_characters",),
    43: (
        f"{GOTCHAS}test_a_call_was_run_twice_because_half_of_it_was_committed",
        f"{LIVE}test_broken_streams.py::test_a_stream_that_loses_its_provider_ends_with_an_error_event",
        f"{LIVE}test_sdk_errors.py::test_a_failure_after_content_raises_and_is_never_asked_again",
    ),
    # ---- streams
    44: (
        f"{GOTCHAS}test_stream_closed_before_response_completed_by_another_provider",
        f"{LIVE}test_gotchas.py::test_stream_closed_before_response_completed",
    ),
    45: (f"{LIVE}test_gotchas.py::test_reading_along_with_large_answers_does_not_grow_the_router",),
    46: (
        f"{LIVE}test_keep_alive.py::test_a_silent_provider_does_not_look_dead",
        f"{LIVE}test_timeouts.py::test_a_stream_that_begins_but_says_nothing_yet_is_let_through_in_the_end",
    ),
    47: (
        f"{GOTCHAS}test_the_context_gauge_showed_zero_because_the_provider_counts_at_the_end",
        f"{LIVE}test_gotchas.py::test_message_start_keeps_the_input_tokens_that_the_context_gauge_needs",
    ),
    # ---- usage
    48: (f"{GOTCHAS}test_cached_input_was_counted_twice",),
    49: (f"{GOTCHAS}test_usage_of_the_last_event_was_added_to_that_of_the_first",),
    50: (f"{GOTCHAS}test_openrouters_own_cost_did_not_reach_the_client_that_asked_for_it",),
    # ---- Copilot and others
    51: (
        f"{GOTCHAS}test_newer_models_answer_unsupported_api_for_model_to_chat_clients",
        f"{LIVE}test_copilot.py::"
        "test_newer_models_answered_unsupported_api_for_model_although_the_list_had_not_said_where",
        f"{LIVE}test_copilot.py::test_a_model_is_asked_at_an_api_that_it_answers_at",
        "tests/router_core/models/test_parsing.py::test_copilot_tells_limits_and_endpoints",
        "tests/router_core/models/test_known.py::test_every_gpt_6_belongs_on_responses_whatever_the_client_speaks",
    ),
    52: (
        "tests/router_core/providers/test_copilot.py::"
        "test_each_follow_up_of_a_tool_loop_was_billed_as_a_premium_request",
        f"{LIVE}test_copilot.py::test_a_tool_loop_costs_one_premium_request",
    ),
    53: (
        f"{GOTCHAS}test_the_codex_backend_says_system_messages_are_not_allowed",
        f"{LIVE}test_copilot.py::test_system_messages_were_answered_with_400_and_500_in_some_forms",
    ),
    54: (
        "tests/router_core/models/test_listing.py::"
        "test_gotcha_54_claude_code_gets_the_anthropic_form_with_every_model",
    ),
}  # fmt: skip

WAITING = {
    50: "nothing asks OpenRouter for its cost by itself yet, or adds it up: that comes with spending",
}
"""What of a report cannot be tested before the thing exists that it is about."""


@functools.cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, functions))


@pytest.mark.parametrize("number", range(26, 55))
def test_each_report_has_its_tests(number: int) -> None:
    for node in TESTED[number]:
        file, _, name = node.partition("::")
        assert name.startswith("test_"), node
        assert name in names_in(file), f"{node} is gone"


def test_what_waits_has_a_test_of_what_is_there() -> None:
    assert set(WAITING) <= set(TESTED)
