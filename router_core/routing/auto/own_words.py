"""What of a user's turn the user wrote: the rest was put there by the client, or is code, a file, a log.

Claude Code and Codex put reminders, the environment and whole instruction files into the user's message; words such as
"think step by step" in there say nothing about this turn. Nor do those in a pasted log. What is told apart: known
blocks of clients, any other block in tags, fenced code, quoted lines, lines that look like logs, stack traces, diffs,
code or data, and a long text behind a line that ends with a colon.
"""

import re
from typing import Literal

from msgspec import Struct

HEAD, TAIL = 8_000, 4_000
"""Characters that are looked at, at either end: what is wanted stands there, and a pasted megabyte costs nothing."""
_CLIENTS = frozenset(
    (
        "system-reminder", "environment_context", "user_instructions", "instructions", "ide_opened_file",
        "ide_selection", "local-command-stdout", "local-command-stderr", "local-command-caveat", "command-name",
        "command-message", "command-contents", "user-prompt-submit-hook", "task-notification", "turn_aborted",
        "permissions", "collaboration_mode", "apps_instructions", "skills_instructions", "plugins_instructions",
        "skill", "editor_context", "open_files", "attached_files", "mitmrouter-model", "ccr-subagent-model",
        "session_context", "additional_context", "recommended_plugins", "codex_internal_context",
    )
)  # fmt: skip
_OPEN = re.compile(r"<([A-Za-z][\w.:-]{1,48})(?:\s[^<>\n]{0,200})?>")
_CODEX_HEADING = re.compile(r"^# AGENTS\.md instructions[^\n]*\n+", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[^\n]*$", re.MULTILINE)
_STRONG = re.compile(
    r"\s*(?:>+ |\[?\d{4}[-/]\d\d[-/]\d\d[T ,]|\[?\d\d:\d\d:\d\d|[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d "
    r"|\[?(?:INFO|WARN(?:ING)?|ERROR|DEBUG|FATAL|TRACE)\b[\]: ]|at [\w.$<>]+ ?\(|Traceback \(most|File \""
    r"|\.\.\. \d+ more"
    r"|Caused by: |diff --git |@@ |\+\+\+ |--- a/|index [0-9a-f]{7}|[\w.]+(?:Error|Exception): |goroutine \d|panic: "
    r"|\d+\.\d+\.\d+\.\d+ - )"
)
_WEAK = re.compile(
    r"\s*(?:[{}\[\]()|\"'<@#/*]|//|\$ |[+-](?! )\S|import |from \S+ import |def \w|class \w+[:({ ]|return\b"
    r"|const |let \w+ ?[=:]"
    r"|var \w+ ?[=:]|func |fn |public |private |static |SELECT |INSERT |UPDATE |DELETE FROM|CREATE |export "
    r"|package |use \w+::"
    r"|(?:if|for|while|switch|elif|else if|catch|except)\b[^.?]*[:{]$|else:?$|try:?$"
    r"|\w+ ?[-+*/]?= ?\S|[\w.]+\(.*\)[;:]?$)"
    r"|[\w.-]{1,40}: ?\S*$"
)
_LIST = re.compile(r"\s*(?:[-*] +|[•·・]|\d{1,2}[.)、]|[（(]?[一二三四五六七八九十\d][)）、.])\s*\S")
_LONG_TEXT = 500


class OwnWords(Struct, frozen=True):
    """A user's turn, taken apart."""

    text: str
    """The user's own words."""
    code_chars: int
    """In fences and lines of code."""
    pasted_chars: int
    """Of everything else that was pasted: logs, quotes, documents."""


def own_words(text: str) -> OwnWords:
    """Take a user's turn apart."""
    pasted = max(0, len(text) - HEAD - TAIL)
    if pasted:
        text = f"{text[:HEAD]}\n{text[-TAIL:]}"
    if "<" in text:
        text, in_tags = _without_blocks(text)
        pasted += in_tags
    code = 0
    if "```" in text or "~~~" in text:
        text, code = _without_fences(text)
    if '"""' in text:
        text, quoted = _without_quotes(text)
        pasted += quoted
    if "\n" in text.strip():
        text, coded, logged = _without_lines(text)
        code, pasted = code + coded, pasted + logged
        text, document = _without_document(text)
        pasted += document
    return OwnWords(text.strip(), code, pasted)


def _without_blocks(text: str) -> tuple[str, int]:
    """Without the clients' blocks, which count for nothing, and other blocks in tags, which are pasted."""
    if "# AGENTS.md" in text:
        text = _CODEX_HEADING.sub("", text)
    kept: list[str] = []
    at = pasted = 0
    for opening in _OPEN.finditer(text):
        if opening.start() < at:
            continue
        name = opening[1].lower()
        end = text.find(f"</{opening[1]}>", opening.end())
        ours = name in _CLIENTS
        if end < 0:
            if not ours:
                continue
            end = len(text)  # cut in the middle
        elif not ours and (name == "command-args" or "\n" not in text[opening.end() : end]):
            continue  # a word or two in tags: a question about HTML, or what was typed behind a slash command
        kept.append(text[at : opening.start()])
        at = end + len(opening[1]) + 3
        pasted += 0 if ours else end - opening.end()
    kept.append(text[at:])
    return "\n".join(kept), pasted


def _without_fences(text: str) -> tuple[str, int]:
    kept: list[str] = []
    at = code = 0
    opened: re.Match[str] | None = None
    for mark in _FENCE.finditer(text):
        if opened is None:
            kept.append(text[at : mark.start()])
            opened = mark
        elif mark[1].startswith(opened[1]):
            code += mark.start() - opened.end()
            at, opened = mark.end(), None
    if opened is None:
        kept.append(text[at:])
    else:
        code += len(text) - opened.end()
    return "".join(kept), code


def _without_quotes(text: str) -> tuple[str, int]:
    parts = text.split('"""')
    quoted = parts[1::2] if len(parts) % 2 else parts[1:-1:2]
    own = parts[0::2] if len(parts) % 2 else [*parts[0:-1:2], parts[-1]]
    return "\n".join(own), sum(map(len, quoted))


def _without_lines(text: str) -> tuple[str, int, int]:
    """Without lines that nobody writes by hand: logs, traces, diffs; code and data where several lines follow."""
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    kinds = ["own", *map(_kind, lines), "own"]
    kept: list[str] = []
    code = logged = 0
    for n, line in enumerate(lines, 1):
        if kinds[n] == "log":
            logged += len(line) + 1
        elif kinds[n] == "code" and (kinds[n - 1] != "own" or kinds[n + 1] != "own"):
            code += len(line) + 1  # one line that looks like code may be a sentence; beside another one it is code
        else:
            kept.append(line)
    if not code and not logged:
        return text, 0, 0
    return "\n".join(kept), code, logged


def _kind(line: str) -> Literal["own", "code", "log"]:
    start = line.lstrip()[0]
    listed = not start.isalpha() and _LIST.match(line) is not None
    if line.endswith((";", "{", "}", ",", "\\")) or line.startswith(("    ", "\t")):
        return "own" if listed else "code"
    if _STRONG.match(line):
        return "log"
    return "code" if not listed and _WEAK.match(line) else "own"


def _without_document(text: str) -> tuple[str, int]:
    """Without the long text behind "…:" that is neither a list nor the last short paragraph."""
    head, colon, rest = text.partition(":\n")
    if not colon:
        head, colon, rest = text.partition("：\n")
    rest = rest.strip("\n")
    if not colon or len(rest) < _LONG_TEXT or len(head) > 600 or _LIST.match(rest):
        return text, 0
    body, _, last = rest.rpartition("\n\n")
    if not body or len(last) > 240 or _LIST.match(last):
        body, last = rest, ""
    return f"{head}:\n{last}", len(body)
