"""What pages load, and from where."""

import re

import pytest

from router_core.portal.cookies import cookie_values, set_cookies
from router_core.portal.pages import PAGES, find_static, page_headers
from router_core.portal.sidecar import Orders, is_secret, read_orders

REFERENCE = re.compile(r'(?:src|href)="([^"]*)"|url\("([^"]*)"\)')


def test_pages_and_styles_load_only_what_is_there() -> None:
    style = find_static("portal.css")
    assert style is not None
    named = [a or b for file in (*PAGES.values(), style.path) for a, b in REFERENCE.findall(file.read_text())]
    assert len(named) > 8
    for reference in named:
        if reference not in ("data:,", "/api/docs"):
            assert reference.startswith("/portal/static/")
            file = find_static(reference.removeprefix("/portal/static/"))
            assert file is not None
            assert file.path.stat().st_size > 100


@pytest.mark.parametrize("name", ["", "..", "../pages.py", "app.html", "/etc/passwd", "background.png"])
def test_other_files_are_not_found(name: str) -> None:
    assert find_static(name) is None


def test_terminal_script_brings_nothing_foreign_and_is_as_our_pages_expect() -> None:
    file = find_static("textual.js")
    assert file is not None
    script = file.path.read_text()
    assert "fonts.googleapis" not in script
    assert "eval(" not in script
    for expected in ("dataset.sessionWebsocketUrl", "-first-byte", "-closed", "${window.location.origin}/download/"):
        assert expected in script


def test_rules_of_a_page_let_nothing_foreign_in_and_name_its_own_socket() -> None:
    headers = page_headers("text/html", "localhost:8100")
    rules = headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self';" in rules
    assert "connect-src 'self' ws://localhost:8100 wss://localhost:8100;" in rules
    assert "frame-ancestors 'none'" in rules
    assert "x;y" not in page_headers("text/html", "x;y")["content-security-policy"]


def test_cookie_is_for_this_router_its_pages_and_no_script() -> None:
    cookies = set_cookies("abc", 8100, 60, secure=False)
    assert cookies[0] == "mitmrouter-portal-8100=abc; Path=/portal; Max-Age=60; HttpOnly; SameSite=Strict"
    assert set_cookies("", 8100, 0, secure=True)[0].endswith("Max-Age=0; HttpOnly; SameSite=Strict; Secure")
    header = "a=b; mitmrouter-portal-8100=one; mitmrouter-portal-8101=two;mitmrouter-portal-8100=three; x"
    assert list(cookie_values(header, 8100)) == ["one", "three"]


def test_orders_survive_their_line() -> None:
    orders = Orders("s", "/home", 3, 9.5)
    assert read_orders(orders.line()) == orders
    for line in (b"", b"[]", b"{}", b'{"secret": 1}'):
        with pytest.raises(ValueError, match=r"."):
            read_orders(line)


def test_empty_secret_lets_nobody_in() -> None:
    assert [is_secret("", ""), is_secret("a", ""), is_secret("", "a"), is_secret("a", "a")] == [
        False,
        False,
        False,
        True,
    ]
