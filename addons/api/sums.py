"""What was used, added up (router_core/store/statistics.py)."""

from addons.api.endpoint import View


class SumsView(View):
    """Finished requests, added up; money in nano-USD."""

    requests: int
    failures: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int
    reasoning_tokens: int
    cost_nano_usd: int
    """At list prices."""
    metered_nano_usd: int
    """The part of it that is real money."""


class TimedSumsView(SumsView):
    """The same with how long it took, in milliseconds."""

    mean_ttft_ms: float | None
    """Until the first byte of content; null: nobody was sent any."""
    mean_total_ms: float | None
