"""SQL that fills `usage_hourly` and `session_usage`, when they are new, from the requests that are kept and, for what
is not kept any more, from `usage_daily`; the sums agree afterwards."""

_COUNTS = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
    "reasoning_tokens", "cost_nano_usd",
)  # fmt: skip
_ADDED = ", ".join(f"{n} = {n} + excluded.{n}" for n in ("requests", "failures", *_COUNTS, "metered_nano_usd"))
_ADDED_UP = (
    f"count(*), sum(state <> 'ok'), {', '.join(f'coalesce(sum({name}), 0)' for name in _COUNTS)}, sum(metered_nano_usd)"
)
_NOT_KEPT = "requests <> 0 or cost_nano_usd <> 0 or metered_nano_usd <> 0"
_GONE = f"""create temp table gone as
        select * from (
            select unixepoch(day || ' 12:00', 'utc') / 3600 * 3600000 as hour, provider, token, model, session,
                {", ".join(f"sum({name}) as {name}" for name in ("requests", "failures", *_COUNTS, "metered_nano_usd"))}
            from (
                select * from usage_daily union all
                select strftime('%Y-%m-%d', started_at / 1000, 'unixepoch', 'localtime'), provider, token, model,
                    session, -count(*), -sum(state <> 'ok'),
                    {", ".join(f"-coalesce(sum({name}), 0)" for name in _COUNTS)}, -sum(metered_nano_usd)
                from requests where finished_at is not null and provider <> '' group by 1, 2, 3, 4, 5
            ) group by day, provider, token, model, session
        ) where {_NOT_KEPT}"""
"""What usage_daily knows of requests that are not kept any more: at noon of its day."""
TAKE_IN = (
    f"""insert into usage_hourly
        select started_at - started_at % 3600000, provider, token, model, project, client, client_key, scenario,
            {_ADDED_UP}, coalesce(sum(ttft_ms), 0), count(ttft_ms), coalesce(sum(total_ms), 0), count(total_ms)
        from requests where finished_at is not null and provider <> '' group by 1, 2, 3, 4, 5, 6, 7, 8""",
    f"""insert into session_usage
        select session, agent, min(started_at), max(finished_at), {_ADDED_UP},
            coalesce(sum((select sum(cache_lost_tokens) from attempts where request_id = id)), 0), '', '', '', ''
        from requests where finished_at is not null and provider <> '' group by 1, 2""",
    """update session_usage set (provider, model, project, client) = (
        select provider, model, project, client from requests where session = session_usage.session
        and agent = session_usage.agent and finished_at is not null and provider <> '' order by started_at desc limit 1
    )""",
    _GONE,
    f"""insert into usage_hourly select hour, provider, token, model, '', '', '', '', sum(requests), sum(failures),
            {", ".join(f"sum({name})" for name in _COUNTS)}, sum(metered_nano_usd), 0, 0, 0, 0
        from temp.gone group by 1, 2, 3, 4 having true
        on conflict do update set {_ADDED}""",
    f"""insert into session_usage select session, '', min(hour), max(hour), sum(requests), sum(failures),
            {", ".join(f"sum({name})" for name in _COUNTS)}, sum(metered_nano_usd), 0, provider, model, '', ''
        from (select * from temp.gone order by hour) group by session having true
        on conflict do update set first_at = min(first_at, excluded.first_at),
            {_ADDED}""",
    "drop table temp.gone",
)
TAKE_IN_SESSIONS = (
    f"""insert into session_parts
        select session, provider, token, model, project, client, client_key, scenario, min(started_at),
            max(started_at), {_ADDED_UP}, coalesce(sum(ttft_ms), 0), count(ttft_ms), coalesce(sum(total_ms), 0),
            count(total_ms)
        from requests where finished_at is not null and provider <> '' group by 1, 2, 3, 4, 5, 6, 7, 8""",
    _GONE,
    f"""insert into session_parts
        select session, provider, token, model, '', '', '', '', min(hour), max(hour), sum(requests), sum(failures),
            {", ".join(f"sum({name})" for name in _COUNTS)}, sum(metered_nano_usd), 0, 0, 0, 0
        from temp.gone group by 1, 2, 3, 4 having true
        on conflict do update set first_at = min(first_at, excluded.first_at), {_ADDED}""",
    "drop table temp.gone",
)
"""Fills `session_parts`."""
