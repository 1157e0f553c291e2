"""What was used by address and by how it was answered: a table of its own, because few questions are asked about that.

`usage_paths` has what `usage_hourly` has, and path and status. An address is counted without ids and models in it, so
that there are few; what was used before the table was there has neither path nor status.
"""

import re
from functools import lru_cache

from router_core.store.usage_columns import HOUR_MS, HOURLY, SUMMED, TIMES

MOST_SEGMENTS = 6
_WORD = re.compile(r"(v\d[a-z0-9]{0,8}|[A-Za-z][A-Za-z_-]{0,31})(:[A-Za-z]+)?")
_SUMS = ", ".join((*SUMMED, *TIMES))
_DIMENSIONS = ", ".join(HOURLY)
_ADDED_UP = ", ".join(f"coalesce(sum({name}), 0)" for name in SUMMED[2:])
TAKE_IN_PATHS = (
    f"""insert into usage_paths
        select started_at - started_at % {HOUR_MS}, path_group(path), coalesce(cast(status as text), ''), {_DIMENSIONS},
            count(*), sum(state <> 'ok'), {_ADDED_UP}, coalesce(sum(ttft_ms), 0), count(ttft_ms),
            coalesce(sum(total_ms), 0), count(total_ms)
        from requests where finished_at is not null and provider <> '' group by 1, 2, 3, {_DIMENSIONS}""",
    f"""insert into usage_paths
        select hour, '', '', {_DIMENSIONS}, {", ".join(f"sum({name})" for name in (*SUMMED, *TIMES))} from (
            select hour, {_DIMENSIONS}, {_SUMS} from usage_hourly union all
            select hour, {_DIMENSIONS}, {", ".join(f"-{name}" for name in (*SUMMED, *TIMES))} from usage_paths
        ) group by hour, {_DIMENSIONS} having sum(requests) <> 0 or sum(cost_nano_usd) <> 0""",
)
"""SQL that fills the table when it is new; both parts together are `usage_hourly`. Needs `path_group`."""


@lru_cache(10_000)
def path_group(path: str) -> str:
    """An address as it is counted: `/v1/messages`, `/claude/v1/models/*`, `/v1beta/models/*:generateContent`."""
    segments = path.partition("?")[0].split("/")[1:]
    counted = [
        "" if not segment else _counted(before, segment)
        for before, segment in zip(["", *segments], segments, strict=False)
    ]
    more = ["*"] if len(segments) > MOST_SEGMENTS else []
    return "/" + "/".join([*counted[:MOST_SEGMENTS], *more])


def _counted(before: str, segment: str) -> str:
    found = _WORD.fullmatch(segment)
    if found and before != "models":
        return segment
    return "*" + re.sub(r"^.*?(:[A-Za-z]+)?$", r"\1", segment, flags=re.S)


def status_text(status: int | None) -> str:
    return "" if status is None else str(status)
