"""What people paste and what browsers bring back: the code is found, and nobody else's is taken."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router_core.oauth.redirect import Unusable, code_of_paste, code_of_query
from router_core.oauth.token_set import LoginFailed

URL = "http://localhost:1455/auth/callback?code=c-1&scope=openid&state=s-1"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(URL, id="whole address"),
        pytest.param(f"  {URL}\n", id="white space around it"),
        pytest.param(f"{URL[:30]}\r\n  {URL[30:]}", id="broken over lines"),
        pytest.param(f"{URL}#_=_", id="with a fragment"),
        pytest.param(
            "localhost:1455/auth/callback?code=c-1&state=s-1".replace("localhost", "http://localhost"), id="2"
        ),
        pytest.param("/auth/callback?code=c-1&state=s-1", id="path and query"),
        pytest.param("?code=c-1&state=s-1", id="query"),
        pytest.param("code=c-1&state=s-1", id="query without its mark"),
        pytest.param("state=s-1&code=c-1", id="in the other order"),
        pytest.param("c-1#s-1", id="code and state"),
        pytest.param("c-1", id="code alone"),
    ],
)
def test_code_is_found_in_whatever_people_paste(text: str) -> None:
    assert code_of_paste(text, "s-1") == "c-1"


@pytest.mark.parametrize("code", ["4/0AeanS0a_b-c", "ac_x.y~z", "a+b/c=="])
def test_code_comes_out_as_it_went_in(code: str) -> None:
    assert code_of_paste(code, "s-1") == code
    assert code_of_paste(f"{code}#s-1", "s-1") == code


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "Nothing was pasted", id="nothing"),
        pytest.param(" \n", "Nothing was pasted", id="white space"),
        pytest.param("#s-1", "no code", id="state alone"),
        pytest.param("https://auth.openai.com/oauth/authorize?state=s-1", "holds no code", id="the first address"),
        pytest.param("c-1#s-2", "another login", id="another login's code and state"),
        pytest.param(URL.replace("s-1", "s-2"), "another login", id="another login's address"),
        pytest.param("http://[::1/auth/callback?code=c-1&state=s-1", "cannot be read", id="no address at all"),
        pytest.param("http://localhost:1455/auth/callback?code=c-1", "another login", id="address without state"),
    ],
)
def test_what_cannot_be_used_says_why(text: str, message: str) -> None:
    with pytest.raises(Unusable, match=message):
        code_of_paste(text, "s-1")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("error=access_denied&state=s-1", "declined in the browser"),
        ("error=server_error&error_description=Try+%1b%5b2Jlater&state=s-1", r"server_error: Try later"),
        ("error=x&state=s-1", r"\(x\)"),
    ],
)
def test_refusal_of_the_server_is_told_and_harmless_to_a_terminal(query: str, message: str) -> None:
    with pytest.raises(LoginFailed, match=message) as failed:
        code_of_query(query, "s-1")
    assert not isinstance(failed.value, Unusable), "pasting it again would not help"
    assert "\x1b" not in failed.value.message


@pytest.mark.parametrize("query", ["", "code=", "state=s-1", "code=&state=s-1"])
def test_redirect_without_a_code_is_none(query: str) -> None:
    with pytest.raises(Unusable):
        code_of_query(query, "s-1")


def test_message_never_repeats_the_code() -> None:
    with pytest.raises(Unusable) as failed:
        code_of_paste("secret-code#s-2", "s-1")
    assert "secret-code" not in failed.value.message


@given(text=st.text() | st.from_regex(r"(https?://|/|\?)[\[\]a-z.:/?=&%#@]*code=[a-z#%&=]*", fullmatch=True))
def test_whatever_is_pasted_gives_a_code_or_says_why_not(text: str) -> None:
    with contextlib.suppress(LoginFailed):
        assert code_of_paste(text, "s-1")
