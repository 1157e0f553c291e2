"""Which report of users is tested where. A report without a test, and a test that is gone, fail here.

The reports are those of our own list: 1 to 5 logins, 6 to 17 limits and quota, 18 to 25 caches and affinity, 26 to 54
translation. 55 to 72 are about connections, pools and identity; their tests carry the number at their end.
"""

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

GOTCHAS = "tests/router_core/test_gotchas_translated.py::"
STATE = "tests/router_core/state/"
LIVE = "tests/live/"

LOGINS = "tests/router_core/test_gotchas_logins.py::"
LIMITS = "tests/live/test_gotchas.py::"
AFFINITY = "tests/live/test_affinity.py::"
BINDINGS = "tests/router_core/tokens/test_bindings.py::"

TESTED: dict[int, tuple[str, ...]] = {
    # ---- logins
    1: (
        f"{LOGINS}test_the_loser_of_a_refresh_race_blanked_the_stored_credentials",
        "tests/router_core/oauth/test_stress.py::test_200_rounds_of_2_times_8_processes_with_random_kills",
    ),
    2: (f"{LOGINS}test_a_stale_copy_of_the_file_undid_the_login_of_an_mcp_server",),
    3: (f"{LOGINS}test_a_file_with_mcp_logins_only_was_called_corrupt",),
    4: ("tests/router_core/test_gotchas.py::test_a_verdict_on_the_shape_of_a_request_is_not_one_on_the_token",),
    5: (f"{LIMITS}test_the_users_own_login_did_not_go_on_to_another_service",),
    # ---- limits and quota
    6: (
        f"{LIMITS}test_the_usage_endpoint_is_not_polled_until_it_answers_429_for_hours",
        "tests/live/test_usage.py::test_it_is_not_asked_again_within_the_endpoints_own_limit",
    ),
    7: (f"{LIMITS}test_a_429_without_any_window_does_not_bench_the_account",),
    8: (f"{LIMITS}test_out_of_credits_for_one_model_does_not_bench_the_account",),
    9: (f"{LIMITS}test_a_full_weekly_window_of_one_model_does_not_cool_the_whole_credential",),
    10: (f"{LIMITS}test_a_codex_usage_limit_is_not_asked_about_again_for_each_model",),
    11: (
        f"{LIMITS}test_a_stored_reset_does_not_stay_in_force_when_a_test_of_the_token_succeeds",
        "tests/live/test_usage.py::test_a_poll_that_shows_room_ends_a_rest_that_the_provider_ended_early",
        "tests/router_core/tokens/test_trying_again.py::test_a_stored_reset_is_not_believed_for_days",
    ),
    12: (
        f"{LIMITS}test_an_upstream_520_is_not_shown_as_a_429_cooldown",
        "tests/router_core/test_gotchas.py::test_a_transport_failure_is_never_read_as_used_up_quota",
    ),
    13: (f"{LIMITS}test_one_failing_account_does_not_put_a_pool_of_eight_into_cooldown",),
    14: (
        "tests/router_core/test_gotchas.py::"
        "test_a_plan_that_puts_the_weekly_window_first_is_not_read_as_five_hours",
    ),
    15: ("tests/router_core/quota/test_endpoints.py::test_extra_usage_of_12_dollars_is_not_shown_as_1234",),
    16: (f"{LIMITS}test_the_client_does_not_hang_until_the_window_resets",),
    17: (
        "tests/live/test_copilot_accounts.py::test_the_limits_that_only_headers_show_are_seen",
        "tests/router_core/quota/test_endpoints.py::test_copilot_tells_premium_requests_of_the_month",
    ),
    # ---- caches and affinity
    18: (f"{AFFINITY}test_the_first_turn_after_an_account_switch_is_a_full_price_miss_and_is_counted",),
    19: (
        "tests/router_core/test_outgoing.py::test_a_conversation_keeps_its_cache_key_as_it_grows",
        f"{AFFINITY}test_prompts_and_cache_keys_pass_byte_for_byte",
    ),
    20: (f"{BINDINGS}test_a_recovered_token_of_better_rank_does_not_steal_a_warm_session",),
    21: (f"{AFFINITY}test_without_a_session_header_the_conversation_is_told_by_its_beginning",),
    22: (
        "tests/router_core/test_outgoing.py::"
        "test_a_cache_key_of_each_session_stopped_the_sharing_of_the_prompt_between_sessions",
        f"{AFFINITY}test_prompts_and_cache_keys_pass_byte_for_byte",
    ),
    23: (f"{BINDINGS}test_an_unbounded_affinity_map_does_not_leak",),
    24: (
        f"{AFFINITY}test_prompts_and_cache_keys_pass_byte_for_byte",
        "tests/router_core/test_session.py::"
        "test_a_billing_line_that_changes_with_each_request_does_not_make_a_new_conversation",
    ),
    25: (
        f"{AFFINITY}test_conversations_take_turns_not_requests",
        f"{BINDINGS}test_round_robin_turns_conversations_not_requests",
    ),
    # ---- previous_response_id
    26: (
        f"{LIVE}test_routed.py::test_a_response_is_continued_by_its_id_at_any_provider",
        f"{STATE}test_against_providers.py::test_a_response_of_one_account_is_continued_at_the_codex_backend",
    ),
    27: (
        f"{LIVE}test_routed.py::test_a_response_that_nobody_knows_is_refused_in_the_words_clients_look_for",
        f"{STATE}test_previous.py::test_nobody_knowing_is_said_in_the_words_clients_look_for",
    ),
    28: (f"{LIVE}test_websocket_failover.py::test_an_id_of_an_earlier_socket_is_answered_in_full",),
    29: (
        f"{LIVE}test_websocket_failover.py::test_a_turn_is_never_replayed_after_content",
        f"{LIVE}test_websocket_failover.py::test_an_error_before_content_goes_to_the_next_token_in_full",
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
    50: (
        f"{GOTCHAS}test_openrouters_own_cost_did_not_reach_the_client_that_asked_for_it",
        f"{LIVE}test_spend.py::test_openrouters_own_cost_is_what_is_written_down",
    ),
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

WAITING: dict[int, str] = {}
"""What of a report cannot be tested before the thing exists that it is about."""


@functools.cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, functions))


@pytest.mark.parametrize("number", range(1, 55))
def test_each_report_has_its_tests(number: int) -> None:
    for node in TESTED[number]:
        file, _, name = node.partition("::")
        assert name.startswith("test_"), node
        assert name in names_in(file), f"{node} is gone"


def test_what_waits_has_a_test_of_what_is_there() -> None:
    assert set(WAITING) <= set(TESTED)
