"""What people type to find requests: `model:opus status:429 token:work free words`.

`name:value` looks in one column, everything else is words that must occur somewhere; a value with blanks stands in
quotes. The same in the TUI, in `trace list` and wherever else somebody types.
"""

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from router_core.config.spelling import near
from router_core.store.trace_search import STATES, Search

COLUMNS: Mapping[str, str] = {
    "model": "model",
    "provider": "provider",
    "token": "token",
    "session": "session",
    "project": "project",
    "client": "client",
    "key": "client_key",
    "state": "state",
    "status": "status",
}
"""Name as it is typed → what it is called in a `TraceFilter`."""
TIMES: Mapping[str, str] = {"since": "since_ms", "until": "until_ms"}
NAMES = (*COLUMNS, *TIMES)
_ALIASES = {"client_key": "key", "id": "session", "http": "status"}
_TERM = re.compile(
    r'(?P<name>[A-Za-z_]+):(?:"(?P<quoted>[^"]*)"?|(?P<value>[^\s"]\S*|))|"(?P<words>[^"]*)"?|(?P<word>\S+)'
)
_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w)")
_AGO_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_STATUS = re.compile(r"[1-5](?:\d\d|xx)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FilterText:
    """What a text asks for.

    Args:
        wanted: by the names of `COLUMNS`' values; texts, times apart.
        times: `since_ms`, `until_ms`.
        words: what must occur somewhere, with blanks between.
        problems: what of it cannot be understood and is left out, each with the remedy.
    """

    wanted: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, int] = field(default_factory=dict)
    words: str = ""
    problems: tuple[str, ...] = ()

    @property
    def search(self) -> Search:
        """What to look for in the database."""
        return Search(
            tuple(self.words.split()),
            self.wanted,
            since_ms=self.times.get("since_ms"),
            until_ms=self.times.get("until_ms"),
        )


def read_filter(text: str, now: float) -> FilterText:
    """Understand what was typed; never fails.

    Args:
        now: epoch seconds; `since:2h` counts back from here.
    """
    wanted: dict[str, str] = {}
    times: dict[str, int] = {}
    words: list[str] = []
    problems: list[str] = []
    for term in _TERM.finditer(text):
        name = (term["name"] or "").lower()
        name = _ALIASES.get(name, name)
        value = (term["quoted"] if term["quoted"] is not None else term["value"] or "").strip()
        if not name:
            words += (term["words"] or term["word"] or "").split()
        elif name not in NAMES:
            words += term.group().replace('"', "").split()
            problems.append(f"there is no {name}: to filter by; {_meant(name)}there are {', '.join(NAMES)}")
        elif not value:
            continue  # still being typed
        elif name in TIMES:
            at = moment_of(value, now)
            if at is None:
                problems.append(f"{name}:{value} is no time; try 30m, 2h, 7d, 14:30 or 2026-11-20")
            else:
                times[TIMES[name]] = at
        elif name == "status" and not _STATUS.fullmatch(value):
            problems.append(f"status:{value} is no HTTP status; try 429 or 4xx")
        else:
            wanted[COLUMNS[name]] = value.lower() if name in ("status", "state") else value
    return FilterText(wanted, times, " ".join(words), tuple(problems))


def _meant(name: str) -> str:
    close = near(name, [*NAMES, *_ALIASES])
    return f"did you mean {close}:? " if close else ""


def moment_of(text: str, now: float) -> int | None:
    """Epoch ms of `2h` (ago), `14:30` (the last time that it was), `2026-11-20` or `2026-11-20T14:30`, all local."""
    if ago := _AGO.fullmatch(text.lower()):
        return round((now - float(ago[1]) * _AGO_S[ago[2]]) * 1000)
    local = datetime.datetime.fromtimestamp(now).astimezone()
    try:
        if re.fullmatch(r"\d{1,2}:\d\d(?::\d\d)?", text):
            clock = datetime.time.fromisoformat(text.zfill(len(text) + (text.index(":") == 1)))
            then = datetime.datetime.combine(local.date(), clock).astimezone()
            if then > local:
                then = datetime.datetime.combine(local.date() - datetime.timedelta(days=1), clock).astimezone()
        else:
            then = datetime.datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
    return round(then.timestamp() * 1000)


def with_value(text: str, name: str, value: str) -> str:
    """The text with this one more thing to filter by; if it was there with the same value, without it."""
    term = f"{name}:{quoted(value)}"
    kept = [each for each in _terms(text) if not each.lower().startswith(f"{name}:")]
    return " ".join(kept if term in _terms(text) else [*kept, term])


def as_typed(arguments: Sequence[str]) -> str:
    """The arguments of a command as one text: what the shell took the quotes of gets them back."""
    texts = []
    for argument in arguments:
        name, colon, value = argument.partition(":")
        blank = re.search(r"\s", value) and '"' not in value
        texts.append(f"{name}:{quoted(value)}" if colon and blank and name.lower() in NAMES else argument)
    return " ".join(texts)


def quoted(value: str) -> str:
    """A value as it has to be typed."""
    clean = value.replace('"', "")
    return f'"{clean}"' if not clean or re.search(r"\s", clean) else clean


def completions(text: str, values: Mapping[str, Sequence[str]], most: int = 8) -> list[str]:
    """How the last word of a text may go on: whole texts, best first.

    Args:
        values: by name, those that are known.
    """
    done, last = _last_word(text)
    name, colon, begun = last.partition(":")
    if not colon:
        found = [f"{each}:" for each in NAMES if last and each.startswith(last.lower()) and each != last]
        return [done + each for each in found][:most]
    begun = begun.lstrip('"').lower()
    known = values.get(_ALIASES.get(name.lower(), name.lower()), ())
    beginning = [each for each in known if each.lower().startswith(begun)]
    within = [each for each in known if begun in each.lower() and each not in beginning]
    return [f"{done}{name}:{quoted(each)}" for each in (*beginning, *within) if each.lower() != begun][:most]


def _last_word(text: str) -> tuple[str, str]:
    """(all before it, the word that is being typed)."""
    if not text or (text[-1].isspace() and text.count('"') % 2 == 0):
        return text, ""
    terms = list(_TERM.finditer(text))
    return (text[: terms[-1].start()], terms[-1].group()) if terms else (text, "")


def _terms(text: str) -> list[str]:
    return [term.group() for term in _TERM.finditer(text)]


def hint(text: str) -> str:
    """What may be typed next, in a line."""
    _, last = _last_word(text)
    name, colon, _ = last.partition(":")
    match _ALIASES.get(name.lower(), name.lower()) if colon else "":
        case "status":
            return "a status: 200, 429, or 4xx for all of them"
        case "state":
            return f"a state: {', '.join(STATES)}"
        case "since" | "until":
            return "a time: 30m, 2h, 7d (ago), 14:30, 2026-11-20"
        case "":
            return f"words, or {' '.join(f'{each}:' for each in NAMES)}"
        case each if each in COLUMNS:
            return f"part of the {each}'s name"
        case _:
            return f"there is no {name}: to filter by; there are {', '.join(NAMES)}"


def known_values(rows: Iterator[Mapping[str, object]] | Sequence[Mapping[str, object]]) -> dict[str, list[str]]:
    """What can be filtered by, as it occurs in some requests, the most frequent first."""
    counts: dict[str, dict[str, int]] = {name: {} for name in COLUMNS}
    for row in rows:
        for name, column in COLUMNS.items():
            if value := str(row.get(column) or ""):
                counts[name][value] = counts[name].get(value, 0) + 1
    return {name: sorted(found, key=lambda each: -found[each]) for name, found in counts.items()}
