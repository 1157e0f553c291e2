"""What somebody should know before logging in to an account."""

from router_core.tokens.token import Login

_CLAUDE = """\
Recommended for Claude: let Claude Code make a token for you, which lives for a year and needs no renewal:
  claude setup-token
  {command} token add NAME --provider claude --access-token-stdin
Anthropic's terms: claude.ai logins are for Anthropic's own programs; other programs may not offer them or send requests
with them on behalf of others. Whether to log in here, with your own account and for yourself, is your decision."""

_GEMINI = """\
Since 2026-06-18 Google serves Gemini Code Assist to Standard, Enterprise and Workspace licences only. For a personal
account log in to Antigravity instead ({command} auth login antigravity), or use a Gemini API key."""


def terms_of(login: Login, command: str) -> str:
    """The note of a login; "" mostly.

    Args:
        command: how this program is called.
    """
    text = {"claude": _CLAUDE, "gemini": _GEMINI}.get(login, "")
    return text.format(command=command)
