"""The authorization code in what comes back from a browser: the query of a redirect, or what a person pastes.

People paste the whole address that the browser could not open, `code#state` from a page that shows it, or the code
alone. The state is checked whenever it is there; a redirect must have it.
"""

from urllib.parse import parse_qs, quote, urlsplit

from router_core.oauth.token_set import LoginFailed
from router_core.text import printable


class Unusable(LoginFailed):
    """It is not what was asked for; another try may be."""


def code_of_query(query: str, state: str) -> str:
    """The code that a redirect brought.

    Raises:
        Unusable: its state is not ours, or it holds no code.
        LoginFailed: the person, or the server, said no.
    """
    from oauthlib.oauth2 import MismatchingStateError, MissingCodeError, OAuth2Error, WebApplicationClient

    try:
        # the scheme is nobody's business here, but the library wants a secure one
        fields = WebApplicationClient("").parse_request_uri_response(f"https://callback/?{query}", state=state)
    except MismatchingStateError:
        raise Unusable("That answer belongs to another login: its state is not the one that was sent.") from None
    except MissingCodeError:
        raise Unusable("That answer holds no code.") from None
    except OAuth2Error as error:
        raise declined(str(error.error or ""), str(error.description or "")) from None
    except ValueError:
        raise Unusable("That answer cannot be read.") from None
    return str(fields["code"])


def code_of_paste(text: str, state: str) -> str:
    """The code in what a person pasted.

    Raises:
        Unusable: there is none in it, or it belongs to another login.
        LoginFailed: the person, or the server, said no.
    """
    text = "".join(text.split())  # terminals and mail programs break long lines
    if not text:
        raise Unusable("Nothing was pasted.")
    if "://" in text or text.startswith(("?", "code=", "state=", "error=", "/")):
        try:
            parts = urlsplit(text if "://" in text else f"x://x/?{text.rpartition('?')[2]}")
        except ValueError:
            raise Unusable("That address cannot be read.") from None
        if not {"code", "error"} & set(parse_qs(parts.query)):
            raise Unusable("That address holds no code: paste the one that the browser ends up at after you consented.")
        return code_of_query(parts.query, state)
    code, separator, given = text.partition("#")
    if not code:
        raise Unusable("That holds no code.")
    return code_of_query(f"code={quote(code)}&state={quote(given if separator else state)}", state)


def declined(error: str, description: str) -> LoginFailed:
    """The server sent the browser back without a code."""
    if error == "access_denied":
        return LoginFailed("The login was declined in the browser. Nothing was stored.")
    why = printable(": ".join(part for part in (error, description) if part), 200)
    return LoginFailed(f"The login failed ({why or 'no reason given'}). Nothing was stored.")
